"""No view stumbles anybody, in light or dark."""

from __future__ import annotations

import pytest

from tests.page import axe
from tests.page.browser import settle
from tests.page.views import View, each


@pytest.mark.skipif(not axe.SCRIPT.is_file(), reason=axe.MISSING)
@pytest.mark.parametrize(("view", "scheme"), each("light", "dark"))
def test_a_view_has_no_violations(visit, books, watch, view: View, scheme):
    watch.expected += view.expected
    url = books.guarded if view.signed_out else books.url
    page = visit(view.at(books), url=url, color_scheme=scheme, init=axe.script())
    settle(page)
    if view.prepare:
        view.prepare(page)
    assert axe.violations(page) == []
