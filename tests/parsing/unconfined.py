"""A parsing process on a machine that has neither libseccomp's binding nor Landlock's."""

from __future__ import annotations

import sys

from ray_app.parsing import parse, worker

if __name__ == "__main__":
    sys.modules["pyseccomp"] = sys.modules["landlock"] = None
    worker.serve(parse)
