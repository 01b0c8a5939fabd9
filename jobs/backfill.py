"""Does what was left for later, or has changed since, over what the index holds: vectors, labels, or entities.

It is `ray-app backfill`, with the same arguments: `ray-app submit backfill [labels] [--limit N]`, or by Ray's own
client `ray job submit -- python jobs/backfill.py ...`.
"""

from ray_app.cli.job import command
from ray_app.cli.main import main

COMMAND = command("backfill")

if __name__ == "__main__":
    main(COMMAND.words)
