"""Every page, on a phone and at a desk, light and dark: accessible, no wider than the window, no complaint."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import violations
from tests.journeys import people
from tests.journeys.people import DESK, PHONE, Town

pytestmark = pytest.mark.journey

_RESIDENTS = (
    "/", "/file", "/follow", "/sign-in", "/demo/", "/demo/mail", "/receipt", "/matter/", "/matter/copy", "/nowhere",
)  # fmt: skip
#: icons in sight that the sprite does not have
_EMPTY_ICONS = """[...document.querySelectorAll('svg.icon')]
  .filter(icon => icon.getClientRects().length && !icon.getBBox().width)
  .map(icon => icon.firstElementChild.getAttribute('href'))"""
#: whose page, and where it is
_STAFF = (
    ("xingfu.shequ", ("/inbox", "/inbox?q=zzz", "task", "case", "/notices", "/account")),
    ("taoyuan.fenguan", ("/escalations",)),
    ("yunwei", ("/cockpit/incidents", "/cockpit/notices")),
)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_can_be_read_by_everybody(town: Town, size: dict[str, int]) -> None:
    problems = [
        f"{name}: {problem}"
        for page, name in _pages(town, size)
        for problem in _problems(town, page, f"page-{name}-{size['width']}")
    ]
    assert problems == []


def _pages(town: Town, size: dict[str, int]) -> Iterator[tuple[Page, str]]:
    """Open one page after the other; yield each with a name for its picture."""
    resident = town.window(size)
    people.file_matter(resident, title="楼道堆了旧家具", text="二楼楼道堆了旧沙发，老人下楼不方便。")
    resident.get_by_role("link", name="查看办理进度").click()
    expect(resident).to_have_url(re.compile("/matter/$"))
    for path in _RESIDENTS:
        resident.goto(path)
        yield resident, "portal" + path.rstrip("/").replace("/", "-")
    resident.goto("/demo/mail")
    resident.get_by_role("row").get_by_role("link").first.click()
    expect(resident.get_by_role("article")).to_be_visible()
    yield resident, "letter"
    for login, paths in _STAFF:
        page = town.window(size)
        people.sign_in(page, login)
        for path in paths:
            _open(page, path)
            yield page, re.sub(r"\W+", "-", path.strip("/"))


def _open(page: Page, path: str) -> None:
    if path == "task":
        number = people.file_matter(page, title="路面坑洼", text="门口路面坑洼，下雨积水。").number
        people.take(page, number, "登记工单")
        _see_the_diagram(page)
    elif path == "case":
        page.get_by_role("main").get_by_role("link", name=re.compile(r"^SQ\d")).first.click()
        expect(page).to_have_url(re.compile("/cases/"))
        _see_the_diagram(page)
    else:
        page.goto(path)


def _see_the_diagram(page: Page) -> None:
    expect(page.locator("[data-diagram-url] .djs-shape").first).to_be_attached()


def _problems(town: Town, page: Page, name: str) -> Iterator[str]:
    page.emulate_media(color_scheme="light")
    yield from violations(page)
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if width[0] > width[1]:
        yield f"{width[0]} px wide in a window of {width[1]}"
    yield from (f"no icon {href}" for href in page.evaluate(_EMPTY_ICONS))
    town.shot(page, name)
    page.emulate_media(color_scheme="dark")  # changes colours and nothing else
    yield from (f"dark: {problem}" for problem in violations(page, rules=("color-contrast",)))
    town.shot(page, f"{name}-dark")
