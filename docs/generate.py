"""Writes docs/reference/ from the code: `make docs`. A test fails while the pages are out of date."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.cli import get_docs_for_click

from ray_app.cli.main import app
from ray_app.serving.http import create_app
from ray_app.settings import Settings

REFERENCE = Path(__file__).parent / "reference"

_SETTINGS = """# Settings

A setting comes from the first of these that has it: an environment variable, the YAML file given by
`ray-app --config FILE`, the default. In the file, groups are mappings:

```yaml
data_dir: /var/lib/ray-app
search:
  fusion: rrf
```
"""


def pages() -> dict[str, str]:
    """Name and text of every generated page."""
    return {
        "settings.md": "\n".join(_settings_page()),
        "cli.md": _commands_page(),
        "openapi.json": json.dumps(schema(), indent=1, ensure_ascii=False) + "\n",
    }


def schema() -> dict[str, Any]:
    """The HTTP API in OpenAPI's form; what it works with is not needed for that."""
    nothing: Any = None
    return create_app(Settings(), nothing, nothing).openapi()


def _settings_page() -> Iterator[str]:
    yield _SETTINGS
    yield from _group("General", "Where things are, and whose documents they are.", "", Settings)


def _group(title: str, purpose: str, path: str, group: type[BaseModel]) -> Iterator[str]:
    """The group's own settings, then those of the groups within."""
    own = {name: field for name, field in group.model_fields.items() if not _is_group(field)}
    yield from _table(title, purpose, "RAY_APP_" + path.upper().replace(".", "__"), own)
    for name, field in group.model_fields.items():
        if _is_group(field):
            inner: type[BaseModel] = field.annotation  # type: ignore[assignment]
            yield from _group(f"`{path}{name}`", inner.__doc__ or "", f"{path}{name}.", inner)


def _table(title: str, purpose: str, prefix: str, fields: dict[str, FieldInfo]) -> Iterator[str]:
    yield f"## {title}\n\n{purpose}\n"
    yield "| setting | variable | type | default | |\n|---|---|---|---|---|"
    for name, field in fields.items():
        cells = (f"`{name}`", f"`{prefix}{name.upper()}`", _type(field), _default(field), field.description or "")
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""


def _is_group(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)


def _type(field: FieldInfo) -> str:
    if get_origin(field.annotation) is dict:
        return "mapping"
    annotation = field.annotation
    several = get_args(annotation) if get_origin(annotation) in (Union, UnionType, Literal) else (annotation,)
    parts = [part for part in several if part is not type(None)]
    return " or ".join(f"`{part}`" if isinstance(part, str) else _name(part) for part in parts)


def _name(annotation: Any) -> str:
    if get_origin(annotation) is tuple:
        return f"list of {_name(get_args(annotation)[0])}"
    names = {"str": "text", "int": "integer", "float": "number", "SecretStr": "secret", "Path": "folder"}
    name: str = getattr(annotation, "__name__", str(annotation))
    return names.get(name, name)


def _default(field: FieldInfo) -> str:
    if field.default_factory:
        return "the user's data folder" if field.annotation is Path else "built in"
    return "unset" if field.default in (None, ()) else f"`{field.default}`"


def _commands_page() -> str:
    command = typer.main.get_command(app)
    text = get_docs_for_click(obj=command, ctx=typer.Context(command), name="ray-app")
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


if __name__ == "__main__":
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")
