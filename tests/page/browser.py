"""Chromium as it is installed here, and a watch over what goes wrong in it while a test runs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

# It runs as root in containers, has no graphics card, and shall ask nobody but the server under test.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


def chromium() -> str | None:
    """Where the system's browser is, if there is one."""
    usual = Path("/usr/bin/chromium")
    return str(usual) if usual.exists() else shutil.which("chromium")


@dataclass
class Watch:
    """Notes each error of the console or of a script, and each request that failed or was refused.

    `expected` holds patterns of those that a test brings about itself.
    """

    expected: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self.seen.append(f"script: {error.error}"))
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def unexpected(self) -> list[str]:
        return [one for one in self.seen if not any(re.search(pattern, one) for pattern in self.expected)]

    def _console(self, message: ConsoleMessage) -> None:
        # What the server refused is noted with its status by `_response`.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.seen.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        # Aborted is what the page itself has let go of: a search that is no longer wanted, or a page that is left.
        if request.failure != "net::ERR_ABORTED":
            self.seen.append(f"failed: {request.method} {urlsplit(request.url).path}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.seen.append(f"{response.status} {response.request.method} {urlsplit(response.url).path}")


# Resolves once nothing of the document has changed for so many milliseconds.
_STILL = """(quiet) => new Promise((resolve) => {
  let timer = setTimeout(done, quiet);
  const watcher = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(done, quiet); });
  function done() { watcher.disconnect(); resolve(); }
  watcher.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
})"""


def settle(page: Page, quiet_ms: int = 350) -> None:
    """Waits until the view is there, waits for nothing more, and has stood still for a moment."""
    page.locator("main h1").first.wait_for(state="attached")
    page.locator("main [aria-busy=true], main .wait").first.wait_for(state="detached")
    page.evaluate(_STILL, quiet_ms)


def overflow(page: Page) -> list[str]:
    """What reaches beyond the right edge of the screen, unless it scrolls by itself. Empty is good."""
    found: list[str] = page.evaluate(
        """() => {
          const wide = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= wide) return [];
          return [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > wide + 1)
            .map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 60)}`)
            .slice(0, 8);
        }"""
    )
    return found


def paths(some: Iterable[str]) -> list[str]:
    """The paths of these addresses."""
    return [urlsplit(one).path for one in some]
