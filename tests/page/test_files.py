"""What can be said of the page's files without a browser: their words, their size, and what none of them may use."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ray_app.serving.page import FOLDER, VIEWS, document
from tests.page.views import VIEWS as LOOKED_AT

MODULES = sorted(path for path in FOLDER.rglob("*.js") if "node_modules" not in path.parts)
LANGUAGES = ("en", "da")
AREAS = sorted(path.stem for path in (FOLDER / "words" / "en").glob("*.json"))
ROUTES = re.findall(
    r'words: "(\w+)", view: \(\) => import\("\./views/(\w+)\.js"\)', (FOLDER / "app.js").read_text(encoding="utf-8")
)
# Keys that are put together from a value: t(`nav.${tab}`), named("risk", value).
_TEMPLATE = re.compile(r"\bt\(\s*`([^`]*)`")
# Wherever they stand, also in `on ? "a" : `b.${c}``.
_MIXED = re.compile(r"`([\w.${}-]*\$\{\w+(?:\.\w+)*\}[\w.${}-]*)`")
_LITERAL = re.compile(r"""\bt\(\s*(?:[^"'`()]*?\?\s*)?["']([\w.-]+)["'](?:\s*:\s*["']([\w.-]+)["'])?""")
_NAMED = re.compile(r"""\bnamed\(\s*["']([\w.-]+)["']""")
_QUOTED = re.compile(r"""["'`]([\w./+-]+)["'`]""")
_FORBIDDEN = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|eval|new Function|document\.write|srcdoc|DOMParser)\b"
)
_STYLE = re.compile(r"""\b(?:h|svg)\(\s*["'\w]+,\s*\{[^{}]*\bstyle["']?\s*:|setAttribute\(\s*["']style""")


def words(language: str, area: str) -> dict[str, object]:
    found: dict[str, object] = json.loads((FOLDER / "words" / language / f"{area}.json").read_text(encoding="utf-8"))
    return found


def placeholders(value: object) -> list[set[str]]:
    """The names in braces, of each form of a word."""
    forms = value.values() if isinstance(value, dict) else [value]
    return [set(re.findall(r"\{(\w+)\}", str(form))) for form in forms]


def all_words() -> dict[str, object]:
    return {key: value for area in AREAS for key, value in words("en", area).items()}


def literal_keys(text: str) -> set[str]:
    """Keys that stand in the text as they are: `t("a")`, also `t(on ? "a" : "b")`."""
    return {key for match in _LITERAL.findall(text) for key in match if key}


def prefixes(text: str) -> set[str]:
    """How keys begin that are put together."""
    found = {template.split("${")[0] for template in _TEMPLATE.findall(text)}
    return {*found, *(f"{area}." for area in _NAMED.findall(text))}


def test_languages_have_the_same_areas():
    assert sorted(path.stem for path in (FOLDER / "words" / "da").glob("*.json")) == AREAS


@pytest.mark.parametrize("area", AREAS)
def test_languages_have_the_same_keys(area):
    assert list(words("en", area)) == list(words("da", area))


@pytest.mark.parametrize("area", AREAS)
def test_words_take_the_same_values_in_both_languages(area):
    english, danish = words("en", area), words("da", area)
    differing = [key for key in english if key in danish and placeholders(english[key]) != placeholders(danish[key])]
    assert differing == []


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_are_empty(language, area):
    forms = [
        form
        for value in words(language, area).values()
        for form in (value.values() if isinstance(value, dict) else [value])
    ]
    assert all(isinstance(form, str) and form.strip() for form in forms)


@pytest.mark.parametrize("area", [area for area in AREAS if area != "common"])
def test_an_area_does_not_change_the_words_that_all_share(area):
    shared = words("en", "common")
    assert [key for key, value in words("en", area).items() if shared.get(key, value) != value] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_uses_words_that_exist(path):
    text = path.read_text(encoding="utf-8")
    known = all_words()
    assert sorted(key for key in literal_keys(text) if key not in known) == []
    assert sorted(one for one in prefixes(text) if one and not any(key.startswith(one) for key in known)) == []


def with_parts(path: Path) -> set[Path]:
    """A module and the parts of the page that it is made of."""
    imported = re.findall(r"""\bfrom\s+["'](\.[^"']+)["']""", path.read_text(encoding="utf-8"))
    parts = [(path.parent / one).resolve() for one in imported if "/core/" not in one]
    return {path, *(module for part in parts for module in with_parts(part))}


@pytest.mark.parametrize(("area", "view"), ROUTES)
def test_a_view_finds_its_words_in_its_area_or_in_common(area, view):
    """Only these two are loaded where it is the first that somebody opens."""
    path = FOLDER / "views" / f"{view}.js"
    if not path.is_file():
        pytest.skip("this view is not here yet")
    loaded = {**words("en", "common"), **(words("en", area) if area in AREAS else {})}
    missing = {
        module.name: sorted(literal_keys(module.read_text(encoding="utf-8")) - loaded.keys())
        for module in with_parts(path)
    }
    assert {name: keys for name, keys in missing.items() if keys} == {}


def forms_of_keys(text: str) -> re.Pattern[str]:
    """What keys look like that are put together, such as `.*\\.end\\.ask` for `${what}.end.ask`."""
    templates = {*_MIXED.findall(text), *(f"{area}.${{}}" for area in _NAMED.findall(text))}
    forms = {".*".join(re.escape(part) for part in re.split(r"\$\{[^}]*\}", one)) for one in templates}
    return re.compile("|".join(sorted(form for form in forms if form.replace(".*", ""))))


def test_no_words_are_left_over():
    text = "\n".join(path.read_text(encoding="utf-8") for path in MODULES)
    quoted, form = set(_QUOTED.findall(text)), forms_of_keys(text)
    assert sorted(key for key in all_words() if key not in quoted and not form.fullmatch(key)) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_is_small_and_says_what_it_is(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) < 200
    assert lines[0].startswith("//")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_module_makes_no_markup_of_text_and_no_code(path):
    code = re.sub(r"^\s*(//|\*|/\*).*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert _FORBIDDEN.findall(code) == []
    assert _STYLE.findall(code) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_what_a_module_imports_exists(path):
    """Views are imported when they are opened; a checkout may not have all of them yet."""
    imported = re.findall(r"""\bfrom\s+["'](\.[^"']+)["']""", path.read_text(encoding="utf-8"))
    assert [one for one in imported if not (path.parent / one).resolve().is_file()] == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed here")
def test_modules_are_sound_javascript():
    checks = {
        path.name: subprocess.run(
            ["node", "--check", "--input-type=module", "-"],
            input=path.read_text(encoding="utf-8"),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        for path in MODULES
    }
    assert {name: done.stderr for name, done in checks.items() if done.returncode} == {}


def test_the_document_has_no_script_and_no_style_of_its_own():
    text = document()
    assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", text) == []


def test_every_file_that_the_document_names_exists():
    named = re.findall(r'(?:src|href)="/page/\w+/([^"]+)"', document())
    assert "app.js" in named
    assert [name for name in named if not (FOLDER / name).is_file()] == []


def test_every_view_is_looked_at_by_the_browser_tests():
    assert {path.stem for path in (FOLDER / "views").glob("*.js")} <= {view.module for view in LOOKED_AT}


def test_each_address_of_the_page_is_answered_by_the_server():
    """`app.js` and the server name the same ones."""
    patterns = re.findall(r"path: /\^(.+?)\$/,", (FOLDER / "app.js").read_text(encoding="utf-8"))
    plain = {pattern.replace("\\/", "/") for pattern in patterns}
    named = {re.sub(r"\(\?<(\w+)>[^)]*\)", "{document_id}", one) for one in plain}
    assert named == set(VIEWS)


def test_packages_of_the_checks_are_pinned_and_name_no_registry():
    folder = Path(__file__).parent
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())
    assert all(re.fullmatch(r"[\d.]+", version) for version in wanted.values())
    assert {name: locked["packages"][f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert "resolved" not in (folder / "package-lock.json").read_text()
