"""Nobody does anything: the deadlines pass, mails go out, and a leader reads one in a lift."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.journeys.people import Town

pytestmark = pytest.mark.journey


def test_missed_deadline_reaches_the_leader_and_the_supervision_office(town: Town) -> None:
    resident = town.phone()
    matter = people.file_matter(resident, title="下水道返水没有人来", text="一楼厨房地漏返水，已经淹了两次。")

    resident.goto("/demo/")
    resident.get_by_role("button", name="到下一个时限", exact=True).click()
    expect(resident.get_by_text(re.compile("演示时间已快进到"))).to_be_visible()
    resident.get_by_role("button", name="快进7天").click()
    expect(resident.get_by_text(re.compile("演示时间已快进到"))).to_be_visible()

    _wait_for_letter(resident, matter.number, "dudao@")
    _wait_for_letter(resident, matter.number, "taoyuan.fenguan@")
    town.shot(resident, "missed-01-mailbox")

    leader = town.phone()
    people.sign_in(leader, "taoyuan.fenguan")
    letter = _wait_for_letter(leader, matter.number, "taoyuan.fenguan@")
    letter.click()
    town.shot(leader, "missed-02-letter")
    leader.locator(".letter-body a").first.click()
    expect(leader).to_have_url(re.compile("/cases/"))
    town.shot(leader, "missed-03-case")
    leader.get_by_role("link", name="去知悉").click()
    expect(leader.get_by_text("只显示通知里的这一件。")).to_be_visible()
    town.shot(leader, "missed-04-escalation")
    leader.get_by_role("button", name=f"知悉 {matter.number}").click()
    expect(leader.get_by_text(re.compile("您已知悉"))).to_be_visible()
    expect(leader.get_by_role("button", name=f"知悉 {matter.number}")).to_have_count(0)
    town.shot(leader, "missed-05-acknowledged")


def _wait_for_letter(page: Page, number: str, to: str) -> people.Locator:
    """Reload the demonstration's mailbox until a letter about the matter has come for `to`; the latest one."""
    letter = page.locator("tbody tr", has_text=to).filter(has_text=number).get_by_role("link").first
    for _ in range(40):
        page.goto(f"/demo/mail?to={to}")
        if letter.count():
            return letter
        page.wait_for_timeout(1000)
    raise AssertionError(f"no letter about {number} for {to}")
