"""Brings the index in line with files: new and changed ones are parsed, classified and embedded.

It is `ray-app ingest`, with the same arguments: `ray-app submit ingest URI... [--source NAME] ...`, or by Ray's own
client `ray job submit -- python jobs/ingest.py URI... ...`.
"""

from ray_app.cli.job import command
from ray_app.cli.main import main

COMMAND = command("ingest")

if __name__ == "__main__":
    main(COMMAND.words)
