"""Every page, on a phone and at a desk, light and dark: accessible, no wider than the window, no complaint."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser import violations
from tests.journeys import people
from tests.journeys.people import DESK, PHONE, Town

pytestmark = pytest.mark.journey

_RESIDENTS = ("/", "/file", "/follow", "/sign-in", "/demo/", "/demo/mail", "/receipt", "/matter/", "/matter/copy")
#: icons in sight that the sprite does not have
_EMPTY_ICONS = """[...document.querySelectorAll('svg.icon')]
  .filter(icon => icon.getClientRects().length && !icon.getBBox().width)
  .map(icon => icon.firstElementChild.getAttribute('href'))"""
#: whose page, and where it is
_STAFF = (
    ("xingfu.shequ", ("/inbox", "task", "case", "/notices", "/account")),
    ("taoyuan.fenguan", ("/escalations",)),
    ("yunwei", ("/cockpit/incidents", "/cockpit/notices")),
)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_every_page_can_be_read_by_everybody(town: Town, size: dict[str, int]) -> None:
    problems = [
        f"{name} {theme}: {problem}"
        for page, name in _pages(town, size)
        for theme in ("light", "dark")
        for problem in _problems(town, page, f"page-{name}-{size['width']}-{theme}", theme)
    ]
    assert problems == []


def _pages(town: Town, size: dict[str, int]) -> Iterator[tuple[Page, str]]:
    """Open one page after the other; yield each with a name for its picture."""
    resident = town.window(size)
    people.file_matter(resident, title="楼道堆了旧家具", text="二楼楼道堆了旧沙发，老人下楼不方便。")
    resident.get_by_role("link", name="查看办理进度").click()
    for path in _RESIDENTS:
        resident.goto(path)
        yield resident, "portal" + path.rstrip("/").replace("/", "-")
    resident.goto("/demo/mail")
    resident.locator("tbody a").first.click()
    yield resident, "letter"
    for login, paths in _STAFF:
        page = town.window(size)
        people.sign_in(page, login)
        for path in paths:
            _open(page, path)
            yield page, path.strip("/").replace("/", "-")


def _open(page: Page, path: str) -> None:
    if path == "task":
        page.goto("/inbox")
        page.locator("[data-open]").first.click()
        claim = page.get_by_role("button", name="认领", exact=True)
        if claim.count():
            claim.click()
    elif path == "case":
        page.locator("main .page-head a.case-number").click()
    else:
        page.goto(path)
    page.wait_for_load_state()


def _problems(town: Town, page: Page, name: str, theme: str) -> Iterator[str]:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.wait_for_load_state("networkidle")
    yield from violations(page)
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    if width[0] > width[1]:
        yield f"{width[0]} px wide in a window of {width[1]}"
    yield from (f"no icon {href}" for href in page.evaluate(_EMPTY_ICONS))
    town.shot(page, name)
