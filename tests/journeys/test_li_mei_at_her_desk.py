"""Li Mei at the community's desk: by keyboard alone, with a draft that survives, and a colleague who was faster."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.journeys.people import DESK, Town
from web.demo.district import PASSWORD

pytestmark = pytest.mark.journey


def test_a_clerk_works_by_keyboard_alone(town: Town) -> None:
    matter = people.file_matter(town.phone(), title="墙上的广告贴满了", text="单元门口墙上贴满小广告，撕不完。")
    clerk = town.window(DESK)
    clerk.goto("/sign-in")
    clerk.keyboard.type("xingfu.shequ")
    clerk.keyboard.press("Tab")
    clerk.keyboard.type(PASSWORD)
    clerk.keyboard.press("Enter")
    expect(clerk).to_have_url(re.compile("/inbox"))
    clerk.wait_for_load_state()  # she sees the page before she types into it
    clerk.keyboard.press("/")
    clerk.keyboard.type(matter.number)
    clerk.keyboard.press("Enter")
    expect(clerk.locator("[data-row]")).to_have_count(1)
    clerk.wait_for_load_state()  # keys are heard once the page is there whole
    clerk.locator("body").focus()
    clerk.keyboard.press("j")
    expect(clerk.locator("[data-row].is-here")).to_contain_text(matter.number)
    clerk.keyboard.press("k")
    clerk.keyboard.press("?")
    expect(clerk.get_by_role("dialog", name="键盘快捷键")).to_be_visible()
    clerk.keyboard.press("Escape")
    clerk.keyboard.press("c")
    expect(clerk.locator("[data-row]")).to_contain_text("李梅")
    town.shot(clerk, "limei-01-claimed")
    clerk.keyboard.press("j")
    clerk.keyboard.press("Enter")
    expect(clerk).to_have_url(re.compile("/tasks/"))
    _tab_to(clerk, "select[name=category]")
    clerk.keyboard.type("市容")  # chooses by typing, as in every list
    expect(clerk.locator("select[name=category]")).not_to_have_value("")
    _tab_to(clerk, "form[data-draft-url] button[type=submit]")
    clerk.keyboard.press("Enter")
    expect(clerk.get_by_text("“登记工单”已办结。")).to_be_visible()


def test_a_draft_survives_the_closing_of_the_browser(town: Town) -> None:
    matter = people.file_matter(town.phone(), title="楼顶漏水", text="顶楼天花板漏水，下雨接好几个盆。")
    clerk = town.window(DESK)
    people.sign_in(clerk, "xingfu.shequ")
    people.take(clerk, matter.number, "登记工单")
    people.fill(clerk, category="property", remit=True, competent_body="市房屋安全鉴定中心")
    expect(clerk.locator("[data-draft-status]")).to_contain_text("已保存")
    address = clerk.url
    clerk.context.close()
    at_home = town.window(DESK)
    people.sign_in(at_home, "xingfu.shequ")
    at_home.goto(address)
    expect(at_home.locator("[name=category]")).to_have_value("property")
    expect(at_home.locator("[name=competent_body]")).to_have_value("市房屋安全鉴定中心")
    town.shot(at_home, "limei-02-draft")


def test_the_second_to_complete_reads_who_was_first(town: Town) -> None:
    matter = people.file_matter(town.phone(), title="门口井盖响", text="车一过井盖就响，夜里睡不着。")
    first, second = town.window(DESK), town.window(DESK)
    for desk in (first, second):
        people.sign_in(desk, "xingfu.shequ")
        people.take(desk, matter.number, "登记工单")
        people.fill(desk, category="roads")
    people.send(first)
    second.get_by_role("button", name="办结这一步").click()
    expect(second.get_by_role("button", name="办结这一步")).to_have_count(0)
    expect(second.get_by_role("main")).to_contain_text("已由李梅")
    town.shot(second, "limei-03-too-late")
    second.get_by_role("main").get_by_role("link", name=matter.number).first.click()  # to see what became of it
    expect(second).to_have_url(re.compile("/cases/"))


def _tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")
