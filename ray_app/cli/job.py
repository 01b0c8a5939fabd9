"""What a script in jobs/ says of itself: which command of `ray-app` it is, and so what it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import typer

from ray_app.cli.main import app
from ray_app.cluster.scripts import Parameter
from ray_app.errors import QueryError

_TYPES: dict[Any, str] = {str: "text", int: "integer", float: "number", bool: "flag"}


@dataclass(frozen=True, slots=True)
class CommandOf:
    """A command of the command line, found by its words."""

    words: tuple[str, ...]

    def parameters(self) -> list[Parameter]:
        return [_parameter(one) for one in self._found().params if one.name != "help"]

    def parse(self, arguments: Sequence[str]) -> dict[str, Any]:
        with _told():
            context = self._found().make_context(self.words[-1], list(arguments), help_option_names=[])
        return dict(context.params)

    def _found(self) -> Any:
        """Typer's own classes have no public names."""
        command: Any = typer.main.get_command(app)
        for word in self.words:
            command = command.commands[word]
        return command


def command(*words: str) -> CommandOf:
    """The command `ray-app WORDS...`."""
    return CommandOf(words)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except typer.TyperException as error:
        said = getattr(error, "format_message", error.__str__)()
        raise QueryError("invalid-arguments", f"the job does not take these arguments: {said}") from error


def _parameter(one: Any) -> Parameter:
    annotation = one.type_descriptor.annotation
    many = get_origin(annotation) in (list, tuple)
    return Parameter(
        name=one.name,
        flags=[*one.opts, *one.secondary_opts] if one.param_type_name == "option" else [],
        type=_type(get_args(annotation)[0] if many else annotation),
        required=one.required,
        many=many,
        default=one.default if isinstance(one.default, str | int | float) else None,
        help=one.help or "",
    )


def _type(annotation: Any) -> str:
    """`text`, `integer`, ..., or what there is to choose from."""
    if get_origin(annotation) is Literal:
        return " | ".join(map(str, get_args(annotation)))
    return _TYPES.get(annotation, getattr(annotation, "__name__", str(annotation)))
