"""Embeds and classifies what `ingest --embed later` left, the most recent documents first.

It is `ray-app backfill`, with the same arguments: `ray-app submit backfill [--limit N]`, or by Ray's own client
`ray job submit -- python jobs/backfill.py ...`.
"""

from ray_app.cli.job import command
from ray_app.cli.main import main

COMMAND = command("backfill")

if __name__ == "__main__":
    main(COMMAND.words)
