"""The style of the pages on its way to browsers: packed where they take it so, and kept while it is the same."""

import gzip
import re
from pathlib import Path

import pytest

from api import static_files
from api.look.build import STYLE, BuildFailed, build, node
from cli import the_style_is_built
from settings import SettingsRefused
from tests.api.staff_world import Office

API = Path(static_files.__file__).parent
LOOK, TEMPLATES = API / "look", API / "templates"


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    if not STYLE.exists():
        build()


async def test_a_page_names_a_style_that_browsers_may_keep_for_ever(office: Office) -> None:
    address = static_files.address(static_files.STYLE)
    assert f'href="{address}"' in (await office.jo.get("/cases")).text
    kept = await office.jo.client.get(address)
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    for other in (address[:-1], address.partition("?")[0]):
        asked_again = await office.jo.client.get(other)
        assert asked_again.headers["cache-control"] == "no-cache"
        same = await office.jo.client.get(other, headers={"if-none-match": asked_again.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")


@pytest.mark.parametrize("accepts", ["gzip", "br, gzip;q=0.5", "gzip;q=1.0, *;q=0"])
async def test_it_is_packed_for_whoever_takes_it_so(office: Office, accepts: str) -> None:
    answer = await office.jo.client.get("/static/built/service.css", headers={"accept-encoding": accepts})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.content == STYLE.read_bytes()  # as unpacked by the client
    assert int(answer.headers["content-length"]) < len(answer.content) / 4


@pytest.mark.parametrize("accepts", ["identity", "br", "gzip;q=0", "gzip; q=0.0, identity"])
async def test_and_as_it_is_for_all_others(office: Office, accepts: str) -> None:
    answer = await office.jo.client.get("/static/built/service.css", headers={"accept-encoding": accepts})
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.content == STYLE.read_bytes()


async def test_what_is_not_packed_comes_as_it_is(office: Office) -> None:
    answer = await office.jo.client.get("/static/mark.svg", headers={"accept-encoding": "gzip"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert "content-encoding" not in answer.headers


async def test_what_is_packed_is_the_same(office: Office) -> None:
    assert gzip.decompress(STYLE.with_name("service.css.gz").read_bytes()) == STYLE.read_bytes()


def test_nothing_of_governments_is_in_it() -> None:
    """Its font and its crown are for gov.uk alone."""
    style = STYLE.read_text().lower()
    for theirs in ("gds transport", "crown", "url("):
        assert theirs not in style


def test_the_style_of_each_component_that_is_used_is_built_and_of_no_other() -> None:
    templates = "".join(one.read_text() for one in TEMPLATES.rglob("*.html"))
    used = {name.replace("_", "-") for name in re.findall(r"\bgovuk\.([a-z_]+)\(", templates)}
    built = set(re.findall(r"dist/govuk/components/([a-z-]+)", (LOOK / "_govuk.scss").read_text()))
    inside_others = {"error-message", "fieldset", "hint", "label"}
    of_plain_html = {"button", "details", "table", "tag"}  # _elements.scss
    assert used <= built
    assert built == used | inside_others | of_plain_html


def test_nobody_is_shown_pages_without_their_style(monkeypatch: pytest.MonkeyPatch) -> None:
    the_style_is_built()
    monkeypatch.setattr(static_files, "version", lambda _: "")
    with pytest.raises(SettingsRefused, match="make style"):
        the_style_is_built()


def test_a_build_that_fails_names_the_way_out() -> None:
    with pytest.raises(BuildFailed, match=r"NPM_CONFIG_REGISTRY.*make style"):
        node("no-such-program.js")
