"""Removes a source on record with its documents from the index. The files themselves are left alone.

It is `ray-app sources remove`, with the same arguments: `ray-app submit remove_source NAME --yes`.
"""

from ray_app.cli.job import command
from ray_app.cli.main import main

COMMAND = command("sources", "remove")

if __name__ == "__main__":
    main(COMMAND.words)
