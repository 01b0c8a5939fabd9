"""Brings the index in line with a source on record: new and changed files come in, those that are gone go.

It is `ray-app sources crawl`, with the same arguments: `ray-app submit crawl NAME`.
"""

from ray_app.cli.job import command
from ray_app.cli.main import main

COMMAND = command("sources", "crawl")

if __name__ == "__main__":
    main(COMMAND.words)
