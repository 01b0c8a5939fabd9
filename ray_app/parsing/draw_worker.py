"""The process that draws pages, with the limits and the confinement of the one that parses."""

from ray_app.parsing.drawing import draw
from ray_app.parsing.worker import serve

if __name__ == "__main__":
    from PIL import Image, ImageDraw, PngImagePlugin  # noqa: F401 - before files are out of reach

    Image.init()
    serve(draw)
