"""No view is wider than the screen."""

from __future__ import annotations

import pytest

from tests.page.browser import overflow, settle
from tests.page.views import each

WIDTHS = (1440, 800, 360)  # the widest first: what was laid out for it has to shrink


@pytest.mark.parametrize("view", each())
def test_no_view_is_wider_than_the_screen(visit, books, watch, view):
    watch.expected += view.expected
    page = visit(view.at(books), url=books.guarded if view.signed_out else books.url)
    settle(page)
    if view.prepare:
        view.prepare(page)
    wide = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        settle(page, quiet_ms=150)
        wide[width] = overflow(page)
    assert wide == {width: [] for width in WIDTHS}
