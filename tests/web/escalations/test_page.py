"""A lead's escalations in a real browser: on a phone, at a desk, by keyboard."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from tests.browser import violations
from tests.factories import District
from tests.web.browsing import PASSWORD
from tests.web.escalations.test_views import make_late

pytestmark = pytest.mark.browser


@pytest.fixture
def address(app: Flask, session: Session, district: District, now: datetime) -> Iterator[str]:
    """The application on a port of its own, with three matters of the water department."""
    for title, rung, hours in (("甲", "L4", 300), ("乙", "L2", 27), ("丙", "L1", -7)):
        original = {"original_due_at": now - timedelta(days=20)} if title == "乙" else {}
        make_late(session, district, now, title=f"事项{title}", rung=rung, by=timedelta(hours=hours), **original)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def open_escalations(browser: Browser, address: str, width: int, scheme: str, language: str = "zh") -> Page:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.fill("[name=login]", "water-lead")
    page.fill("[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.goto(f"{address}/escalations?lang={language}")
    return page


def test_page_fits_every_screen_and_is_accessible(browser: Browser, address: str) -> None:
    # English words are longer than a phone is wide
    for width, scheme, language in ((390, "light", "en"), (390, "dark", "zh"), (1280, "light", "zh")):
        page = open_escalations(browser, address, width, scheme, language)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert violations(page) == []


def test_first_thing_on_a_phone_is_what_is_latest(browser: Browser, address: str) -> None:
    page = open_escalations(browser, address, 390, "light")
    card = page.locator(".matter-card").first
    expect(card).to_contain_text("事项甲")
    box = card.locator(".time-left-words").bounding_box()
    assert box is not None
    assert box["y"] < 500  # no scrolling


def test_matters_are_selected_and_acknowledged_by_keyboard(browser: Browser, address: str) -> None:
    page = open_escalations(browser, address, 1280, "light")
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-bar]")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.locator(".notice-success")).to_contain_text("您已知悉 1 条提醒")
    expect(page.locator(".head-figures")).to_contain_text("2 件待您知悉")
