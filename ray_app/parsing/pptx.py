"""PowerPoint presentations (pptx, ppsx) by python-pptx: a slide is a page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from typing import Any

from ray_app.errors import ParsingError
from ray_app.parsing import media
from ray_app.parsing.charts import chart_text, written_text
from ray_app.parsing.pictures import Open, Pictures
from ray_app.parsing.properties import zipped_properties
from ray_app.parsing.tables import table_text
from ray_app.records import Page, Parsed
from ray_app.settings import ParsingSettings

# Parts of a slide that python-pptx has no face for, and in which all text is text of people.
_OTHER_TEXT = ("/diagramData", "/comments")
_EMBED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}embed"


def parse(data: bytes, settings: ParsingSettings) -> Parsed:
    """Each slide's text, tables, charts, notes, comments and pictures; the title falls back to the first slide's.

    Pictures of masters and layouts are decoration. Raises ParsingError(damaged) where the file is no presentation
    inside.
    """
    from pptx.package import Package

    try:
        presentation = Package.open(io.BytesIO(data)).presentation_part.presentation
        slides = list(presentation.slides)
        for slide in slides:
            _show_choices(slide)
        pictures = Pictures(settings.ocr)
        pages = tuple(
            pictures.add(Page(number, _slide_text(slide)), _pictures(slide))
            for number, slide in enumerate(slides, start=1)
        )
    except ParsingError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # python-pptx raises whatever a broken part leads it to
        raise ParsingError("damaged", f"cannot be opened as a presentation: {error}") from error
    said = zipped_properties(data, "docProps/core.xml")
    return Parsed(
        media.PPTX, pages, title=said.title or _first_title(slides), date=said.date, metadata=pictures.notes()
    )


def _first_title(slides: list[Any]) -> str:
    shape = slides[0].shapes.title if slides else None
    return shape.text_frame.text if shape is not None else ""


def _show_choices(slide: Any) -> None:
    """Puts shapes that newer programs show (with an equation, a drawing of ink) beside those for older ones.

    python-pptx sees none of them; the older ones stay where they are, for the pictures in them.
    """
    for alternate in list(slide.element.iter("{*}AlternateContent")):
        choice = alternate.find("{*}Choice")
        for shape in reversed(choice if choice is not None else ()):
            alternate.addnext(shape)


def _slide_text(slide: Any) -> str:
    parts = [text for shape in slide.shapes for text in _shape_texts(shape)]
    parts += [text for part in _other_parts(slide) if (text := written_text(part))]
    if slide.has_notes_slide and (notes := slide.notes_slide.notes_text_frame) is not None:
        parts.append(notes.text)
    return "\n".join(part.replace("\v", "\n").strip() for part in parts if part.strip())


def _shape_texts(shape: Any) -> Iterator[str]:
    if getattr(shape, "shapes", None) is not None:  # a group
        for inner in shape.shapes:
            yield from _shape_texts(inner)
    elif shape.has_text_frame:
        yield shape.text_frame.text
    elif getattr(shape, "has_table", False):
        yield table_text([cell.text for cell in row.cells] for row in shape.table.rows)
    elif getattr(shape, "has_chart", False):
        yield chart_text(shape.chart.part.blob)


def _pictures(slide: Any) -> Iterator[Open]:
    """Pictures, fills of shapes and the ground, in groups too, from the back to the front."""
    for blip in slide.element.iter("{*}blip"):
        relation = slide.part.rels.get(blip.get(_EMBED, ""))
        if relation is not None and not relation.is_external:
            yield partial(io.BytesIO, relation.target_part.blob)


def _other_parts(slide: Any) -> list[bytes]:
    return [
        relation.target_part.blob
        for relation in slide.part.rels.values()
        if not relation.is_external and relation.reltype.endswith(_OTHER_TEXT)
    ]
