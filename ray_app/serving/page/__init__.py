"""The web page: static files that speak to the same API as any application.

The files lie under an address that changes with them, so that browsers keep them for good and never mix two releases.
"""

from __future__ import annotations

import hashlib
import os
import re
from functools import cache
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER = Path(__file__).resolve().parent
MOUNT = "/page"
# The addresses of its views (`app.js`: ROUTES); each is answered with the same document.
VIEWS = (
    *("/", "/documents/{document_id}", "/answer", "/upload", "/review"),
    *("/models", "/privacy", "/operations", "/sign-in"),
)
# No script or style but the page's own files, and nothing that makes markup of a text (Trusted Types).
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types "
    "'none'"
)
# The scripts of those whose address does not say it.
_SCRIPTS = {"/": "search", "/documents/{document_id}": "document", "/sign-in": "signin"}
# What is imported at once; `import()` waits until it is needed.
_IMPORT = re.compile(r'^(?:import|export)\b.*?from "(\.{1,2}/[^"]+)";$', re.MULTILINE)
_SUFFIXES = frozenset((".js", ".css", ".json", ".svg", ".html"))
_GIVEN = _SUFFIXES - {".html"}
_FOR_GOOD = "public, max-age=31536000, immutable"
_COMPRESS_FROM = 500


def is_page(path: str) -> bool:
    """Whether a path is of the page, which anybody may have: it tells nothing of what is in the index.

    Any word behind the first slash is: who mistypes an address gets the page that says so.
    """
    return path.count("/") == 1 or path.startswith((f"{MOUNT}/", "/documents/"))


@cache
def document(view: str = "/") -> str:
    """The HTML that a view starts from: it names all modules that the view needs, so that they come at once."""
    base = f"{MOUNT}/{version()}"
    modules = sorted({path.relative_to(FOLDER).as_posix() for path in _modules(view)})
    preloads = "\n".join(f'<link rel="modulepreload" href="{base}/{module}">' for module in modules)
    text = (FOLDER / "index.html").read_text(encoding="utf-8")
    return text.replace("{base}", base).replace("{preloads}", preloads)


def _modules(view: str) -> set[Path]:
    """Those that the script of the page and the view import, and what these import."""
    found: set[Path] = set()
    waiting = [FOLDER / "app.js", FOLDER / "views" / f"{_SCRIPTS.get(view, view.strip('/'))}.js"]
    while waiting:
        module = waiting.pop()
        if module not in found and module.is_file():
            found.add(module)
            imported = _IMPORT.findall(module.read_text(encoding="utf-8"))
            waiting += [(module.parent / path).resolve() for path in imported]
    return found


@cache
def version() -> str:
    """Of all files together: another one where any of them differs."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix in _SUFFIXES:
            digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def static_files() -> ASGIApp:
    """The application to mount at `/page/{version}`. It has this release's files whichever one is asked for."""
    return _Kept(GZipMiddleware(_Files(directory=FOLDER), minimum_size=_COMPRESS_FROM))


class _Files(StaticFiles):
    """Only what belongs to the page: modules of this package lie beside it."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return super().lookup_path(path) if Path(path).suffix in _GIVEN else ("", None)


class _Kept:
    """Tells browsers to keep what lies under this release's address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kept = scope["path_params"].get("version") == version()

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = _FOR_GOOD if kept and message["status"] == 200 else "no-cache"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self._app(scope, receive, tell)
