"""Nobody signs for the matter: deadlines pass, mails go out, and a department's lead reads one in a lift."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys import people
from tests.journeys.people import Receipt, Town, do

pytestmark = pytest.mark.journey

#: milliseconds until the deadlines of a whole district have passed and its letters have come
_POST = 180_000


def test_missed_deadlines_reach_the_lead_and_the_supervision_office(town: Town) -> None:
    visitor = town.phone()
    matter = people.file_matter(visitor, title="井盖缺失", text="小区东门井盖丢了，夜里很危险。", category="sanitation")
    _street_assigns_it_to_the_water_bureau(town, matter)
    town.go_home()

    _nobody_acts_until(visitor, matter.number, "环节时限 L2")
    town.shot(visitor, "missed-01-clock")
    expect(_letter(visitor, matter.number, "water.fuzeren@", "环节到期未办")).to_be_visible(timeout=_POST)
    _nobody_acts_until(visitor, matter.number, "法定时限 L2")
    expect(_letter(visitor, matter.number, "dudao@", "催办通知书")).to_be_visible(timeout=_POST)
    town.shot(visitor, "missed-02-mailbox")
    _the_lead_acknowledges_on_his_phone(town, matter)


def _street_assigns_it_to_the_water_bureau(town: Town, matter: Receipt) -> None:
    community, grid, street = (town.staff(who) for who in ("xingfu.shequ", "xingfu.wangge", "taoyuan.zhongxin"))
    do(community, matter.number, "登记工单", category="sanitation")
    do(grid, matter.number, "核实诉求联系居民", contacted="yes", visited=True, facts_found="井盖确实没有，已围挡。")
    do(grid, matter.number, "就地试办", attempt_result="unsolved", attempt_note="社区没有同规格井盖。")
    do(community, matter.number, "研判能否自办", community_can="no")
    do(
        community, matter.number, "发吹哨单",
        whistle_reason="井盖归水务局管护。", whistle_need="请水务局到场更换井盖。",
    )  # fmt: skip
    people.take(street, matter.number, "研判交办")
    people.assign(street, "water", demand="今天到场更换。")
    people.send(street)


def _nobody_acts_until(page: Page, number: str, deadline: str) -> None:
    """Move the demonstration's clock from one of the matter's deadlines to the next, up to and past `deadline`."""
    page.goto("/demo/")
    page.get_by_label("只看一件（编号，可不填）").fill(number)
    page.get_by_role("button", name="只看这一件").click()
    upcoming = page.get_by_text(re.compile(rf"下一个时限在.*（{number}"))
    for _ in range(20):
        reached = deadline in upcoming.inner_text()
        with page.expect_navigation():
            page.get_by_role("button", name="到下一个时限", exact=True).click()
        expect(page.get_by_text("演示时间已快进到")).to_be_visible()
        if reached:
            return
    raise AssertionError(f"{deadline} is not among the next deadlines of {number}")


def _letter(page: Page, number: str, to: str, subject: str) -> Locator:
    """Open the mailbox of `to`; return the newest letter about the matter, which appears there by itself."""
    page.goto(f"/demo/mail?to={to}")
    return page.get_by_role("row").filter(has_text=number).get_by_role("link", name=subject).first


def _the_lead_acknowledges_on_his_phone(town: Town, matter: Receipt) -> None:
    lead = town.phone()
    _letter(lead, matter.number, "water.fuzeren@", "环节到期未办").click()
    expect(lead.get_by_role("heading", level=1)).to_contain_text(matter.number)
    town.shot(lead, "missed-03-letter")
    lead.get_by_role("article").get_by_role("link", name=re.compile("escalations")).click()
    people.give_name_and_password(lead, "water.fuzeren")
    expect(lead).to_have_url(re.compile("/escalations"))  # signed in, he is where the letter led
    expect(lead.get_by_role("main")).to_contain_text(matter.number)
    expect(lead.get_by_text("只显示通知里的这一件。")).to_be_visible()
    town.shot(lead, "missed-04-escalation")
    lead.get_by_role("button", name=f"知悉 {matter.number}").click()
    expect(lead.get_by_text("您已知悉")).to_be_visible()
    expect(lead.get_by_role("button", name=f"知悉 {matter.number}")).to_have_count(0)
    town.shot(lead, "missed-05-acknowledged")
