"""The settings of this process as variables, for processes that Ray starts elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic_core import to_jsonable_python

from ray_app.settings import Settings

_PREFIX = "RAY_APP_"


def as_environment(settings: Settings) -> dict[str, str]:
    """Every setting that is not the default, without secrets.

    Whoever may look at a job sees its variables. Secrets come from where the job runs: its own environment, or the
    settings file, whose name is handed on.
    """
    return {_PREFIX + name.upper(): _text(value) for name, value in _changed(settings).items()}


def _changed(group: BaseModel) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for name, field in type(group).model_fields.items():
        value = getattr(group, name)
        if isinstance(value, BaseModel):
            inner = _changed(value)
            changed |= {name: inner} if inner else {}
        elif value != field.get_default(call_default_factory=True) and not _is_secret(value):
            changed[name] = value
    return changed


def _is_secret(value: Any) -> bool:
    """Also a collection of secrets."""
    inner = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return isinstance(value, SecretStr) or any(map(_is_secret, inner))


def _text(value: Any) -> str:
    plain = to_jsonable_python(value)
    return plain if isinstance(plain, str) else json.dumps(plain)
