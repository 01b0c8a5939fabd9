"""Signing in and out with real keys, against an API that needs one."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from ray_app.settings import AuthSettings, OidcSettings
from tests.page.browser import settle
from tests.page.people import hits, search_for, sign_in
from tests.serving.conftest import listening

DAY_S = 86400
COOKIE = "ray_app_key"


@pytest.fixture
def outside(visit, books, watch):
    """The page as somebody without a key opens it: each first request of theirs is refused."""
    watch.expected.append("^401 GET /v1/me")

    def go(address="/", **options):
        return visit(address, url=books.guarded, **options)

    return go


def cookie(page):
    (found,) = (one for one in page.context.cookies() if one["name"] == COOKIE)
    return found


@pytest.mark.quick
def test_who_comes_without_a_key_signs_in_and_goes_on_where_they_were(outside, books):
    page = outside("/?q=lease&label=contract")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_label("API key")).to_be_focused()
    sign_in(page, books.keys["reader"])
    page.wait_for_url("**/?q=lease&label=contract")
    settle(page)
    assert hits(page).count() > 0


def test_a_wrong_key_is_told_of_and_may_be_typed_again(outside, books, watch):
    watch.expected.append("^401 POST /v1/session")
    page = outside()
    sign_in(page, "ray_0123456789abcdef_" + "0" * 64)
    expect(page.get_by_role("alert")).to_contain_text("This key is not known here")
    expect(page.get_by_label("API key")).to_be_focused()
    assert page.context.cookies() == []
    sign_in(page, f"  {books.keys['reader']}\t")  # as it comes out of a mail
    page.wait_for_url(f"{books.guarded}/")


def test_the_key_is_kept_where_no_script_reads_it(outside, books):
    page = outside()
    sign_in(page, books.keys["reader"])
    page.wait_for_url(f"{books.guarded}/")
    kept = cookie(page)
    assert (kept["httpOnly"], kept["sameSite"], kept["expires"]) == (True, "Strict", -1)
    told = page.evaluate(
        "[document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.body.innerHTML]"
    )
    assert not any(books.keys["reader"] in one for one in told)


def test_who_stays_signed_in_is_so_for_as_long_as_the_settings_say(outside, books):
    page = outside()
    sign_in(page, books.keys["reader"], stay=True)
    page.wait_for_url(f"{books.guarded}/")
    days = (cookie(page)["expires"] - time.time()) / DAY_S
    assert days == pytest.approx(AuthSettings().session_days, abs=0.1)


@pytest.mark.quick
def test_signing_out_forgets_the_key(outside, books):
    page = outside()
    sign_in(page, books.keys["reader"])
    page.wait_for_url(f"{books.guarded}/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    assert page.context.cookies() == []
    page.goto("/?q=lease")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(
    "elsewhere", ["https://example.com/", "//example.com/", "javascript:alert(1)", "\\\\example.com"]
)
def test_an_address_of_another_site_is_not_gone_to(outside, books, elsewhere):
    page = outside(f"/sign-in?{httpx.QueryParams({'next': elsewhere})}")
    sign_in(page, books.keys["reader"])
    page.wait_for_url(lambda url: "/sign-in" not in url)
    assert f"{urlsplit(page.url).scheme}://{urlsplit(page.url).netloc}" == books.guarded


def test_who_has_a_key_that_ends_meanwhile_is_asked_for_another(outside, books, watch):
    watch.expected.append("^401 ")
    admin = {"Authorization": f"Bearer {books.keys['admin']}"}
    made = httpx.post(f"{books.guarded}/v1/keys", json={"name": "short"}, headers=admin).raise_for_status().json()
    page = outside()
    sign_in(page, made["key"])
    page.wait_for_url(f"{books.guarded}/")
    search_for(page, "lease")
    httpx.delete(f"{books.guarded}/v1/keys/{made['id']}", headers=admin).raise_for_status()
    page.get_by_label("Order").select_option("newest")
    page.wait_for_url("**/sign-in?**")
    assert parse_qs(urlsplit(page.url).query)["next"] == ["/?q=lease&sort=newest"]


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("reader", ["Search", "Ask", "Privacy", "Operations"]),
        ("editor", ["Search", "Ask", "Upload", "Review", "Privacy", "Operations"]),
        ("admin", ["Search", "Ask", "Upload", "Review", "Models", "Privacy", "Operations"]),
    ],
)
def test_people_are_offered_what_their_role_may_do(outside, books, role, seen):
    page = outside()
    sign_in(page, books.keys[role])
    page.wait_for_url(f"{books.guarded}/")
    expect(page.get_by_role("navigation").get_by_role("link")).to_have_text(seen)


def test_an_invitation_becomes_a_key_that_signs_in(outside, books):
    admin = {"Authorization": f"Bearer {books.keys['admin']}"}
    made = httpx.post(f"{books.guarded}/v1/invitations", json={"name": "bo"}, headers=admin).raise_for_status().json()
    page = outside(None)
    page.goto(made["link"])
    page.get_by_role("button", name="Get my key").click()
    key = page.locator("output")
    expect(key).to_contain_text("ray_")
    text = key.inner_text()
    page.goto("/")
    sign_in(page, text)
    page.wait_for_url(f"{books.guarded}/")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


@pytest.fixture
def by_provider(visit, books, embedder, watch, provider, servers):
    """The page as somebody opens it whose organisation has a provider."""
    watch.expected.append("^401 GET /v1/me")
    oidc = OidcSettings(issuer=provider.url, audience="ray-app", client_id="page")
    auth = AuthSettings(mode="required", requests_per_minute=None, oidc=oidc)
    url = servers.enter_context(listening(books.settings.model_copy(update={"auth": auth}), embedder))
    return lambda address="/": visit(address, url=url)


def at_provider(page):
    return page.get_by_role("link", name="Sign in at 127.0.0.1")


@pytest.mark.quick
def test_who_has_an_account_at_the_provider_signs_in_there_and_goes_on_where_they_were(by_provider):
    page = by_provider("/?q=lease&label=contract")
    at_provider(page).click()
    page.wait_for_url("**/?q=lease&label=contract")
    settle(page)
    assert hits(page).count() > 0
    kept = cookie(page)
    assert (kept["httpOnly"], kept["sameSite"]) == (True, "Strict")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    assert page.context.cookies() == []


def test_who_is_refused_by_the_provider_is_told_so_and_tries_again(by_provider, provider):
    provider.refusal = "access_denied"
    page = by_provider("/?q=lease")
    at_provider(page).click()
    expect(page.get_by_role("alert")).to_contain_text("The sign-in service did not let you in")
    provider.refusal = None
    at_provider(page).click()
    page.wait_for_url("**/?q=lease")
    settle(page)


def test_without_a_provider_there_is_no_button_for_one(outside):
    page = outside()
    expect(page.get_by_label("API key")).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("link", name="Sign in at")).to_have_count(0)
