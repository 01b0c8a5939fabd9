"""axe-core, which looks for what people with a screen reader, a keyboard or weak eyes would stumble over."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
MISSING = "axe-core is not installed: npm ci in tests/page"
# The page's policy lets in no other script. What comes by the browser's debugger is not bound by it, so that the
# page is looked at with its policy in force; `init` of a visit is how it comes.
_RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"], rules: {
    "region": { enabled: true }, "target-size": { enabled: true }, "color-contrast": { enabled: true },
  } });
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")}: ` +
    node.failureSummary));
}"""


def script() -> str:
    """Its source."""
    return SCRIPT.read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """All that it finds on the page as it is now."""
    found: list[str] = page.evaluate(_RUN)
    return found
