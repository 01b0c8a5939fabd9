"""Entry point of an ingest as a Ray job: `ray job submit -- python jobs/ingest.py URI... [--source NAME] ...`.

It takes the arguments of `ray-app ingest` and is the same function.
"""

from ray_app.cli.main import main

if __name__ == "__main__":
    main(["ingest"])
