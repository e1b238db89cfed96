"""Anna reads no Chinese: her browser asks for English, and she files, follows and takes back a matter in it."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.people import Town

pytestmark = pytest.mark.journey

#: texts in Chinese outside of what is Chinese in every language: names of places, and what says that it is Chinese
_CHINESE_LEFT = """[...document.querySelectorAll('main *')]
  .filter(e => !e.children.length && !e.closest('[lang=zh-CN], option, optgroup, dd'))
  .map(e => e.textContent.trim())
  .filter(text => /[\\u4e00-\\u9fff]/.test(text))"""


def test_anna_files_follows_and_takes_back_in_english(town: Town) -> None:
    anna = town.phone(locale="en-GB")
    anna.goto("/")
    _reads(town, anna, "01-home", heading="Communities whistle, departments report")
    anna.get_by_role("link", name="File a matter").click()
    _reads(town, anna, "02-form", heading="File a matter")
    anna.get_by_label("What is it, in one sentence").fill("Loud music at night")
    anna.get_by_label("Details").fill("The bar downstairs plays music until two.")
    anna.get_by_role("combobox", name="Community").select_option(label="幸福社区")
    anna.get_by_label("Your name").fill("Anna")
    anna.get_by_label("Telephone").fill("13900007777")
    anna.get_by_role("button", name="Send").click()
    expect(anna.get_by_role("region", name="Receipt")).to_contain_text("SQ20")
    _reads(town, anna, "03-receipt")
    anna.get_by_role("link", name="See where it stands").click()
    _reads(town, anna, "04-matter", heading="Loud music at night")
    anna.get_by_role("link", name="Withdraw this petition").click()
    _reads(town, anna, "05-withdraw", heading="Withdraw this petition")
    anna.get_by_role("button", name="Withdraw this petition").click()
    expect(anna.get_by_role("main")).to_contain_text("Withdrawn")
    _reads(town, anna, "06-withdrawn")


def _reads(town: Town, page: Page, shot: str, heading: str | None = None) -> None:
    """See a page in English, all of it, and no wider than the phone."""
    expect(page.get_by_role("heading", name=heading, level=1) if heading else page.get_by_role("main")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    town.shot(page, f"anna-{shot}")
    assert page.evaluate(_CHINESE_LEFT) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
