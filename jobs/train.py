"""Trains the classifier on labelled documents, on the labels that people stated, or on both.

It is `ray-app train`, with the same arguments: `ray-app submit train --from-index`.
"""

from ray_app.cli.job import command
from ray_app.cli.main import main

COMMAND = command("train")

if __name__ == "__main__":
    main(COMMAND.words)
