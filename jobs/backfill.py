"""Entry point of a backfill as a Ray job: `ray job submit -- python jobs/backfill.py [--limit N] ...`.

It takes the arguments of `ray-app backfill` and is the same function.
"""

from ray_app.cli.main import main

if __name__ == "__main__":
    main(["backfill"])
