"""Gives documents in quarantine another try.

It is `ray-app quarantine retry`, with the same arguments: `ray-app submit retry [DOCUMENT...]`.
"""

from ray_app.cli.job import command
from ray_app.cli.main import main

COMMAND = command("quarantine", "retry")

if __name__ == "__main__":
    main(COMMAND.words)
