"""No view stumbles anybody, in light or dark."""

from __future__ import annotations

import pytest

from tests.page import axe
from tests.page.browser import settle
from tests.page.views import VIEWS, View

QUICK = ("search, found", "sign in")


def cases():
    """Each view in both schemes; all but a few of them are slow."""
    for view in VIEWS:
        marks = [] if view.name in QUICK else [pytest.mark.slow]
        for scheme in ("light", "dark"):
            yield pytest.param(view, scheme, marks=marks, id=f"{view.name}, {scheme}")


@pytest.mark.skipif(not axe.SCRIPT.is_file(), reason=axe.MISSING)
@pytest.mark.parametrize(("view", "scheme"), list(cases()))
def test_a_view_has_no_violations(visit, books, watch, view: View, scheme):
    watch.expected += view.expected
    url = books.guarded if view.signed_out else books.url
    page = visit(view.at(books), url=url, color_scheme=scheme, init=axe.script())
    settle(page)
    if view.prepare:
        view.prepare(page)
    assert axe.violations(page) == []
