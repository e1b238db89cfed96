"""Grandpa Ding on his phone: mistakes, an impatient thumb, a forgotten PIN, and a matter taken back."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.journeys import people
from tests.journeys.people import Town

pytestmark = pytest.mark.journey


def test_a_form_with_a_mistake_keeps_every_word_and_photo(town: Town, tmp_path: Path) -> None:
    photo = tmp_path / "站牌.jpg"
    Image.effect_noise((320, 240), 60).convert("RGB").save(photo, "JPEG")
    ding = town.phone()
    ding.goto("/file")
    people.fill_matter(ding, title="公交站牌被树挡住", text="望江路站牌被树枝挡住，看不到班次。")
    ding.get_by_label("电话").fill("12")
    ding.get_by_label("照片（可不传）").set_input_files(str(photo))
    ding.get_by_role("button", name="提交").click()
    expect(ding.get_by_role("alert").get_by_text("您填写的内容都已保留", exact=False)).to_be_visible()
    town.shot(ding, "ding-01-mistake")
    expect(ding.get_by_label("一句话说清什么事")).to_have_value("公交站牌被树挡住")
    expect(ding.get_by_label("您的称呼")).to_have_value("陈阿姨")
    expect(ding.get_by_role("checkbox", name="站牌.jpg")).to_be_checked()
    ding.get_by_label("电话").fill("13900005678")
    ding.get_by_role("button", name="提交").click()
    matter = people.read_receipt(ding)
    people.follow(ding, matter)
    expect(ding.get_by_role("img", name="站牌")).to_be_visible()


def test_a_double_tap_files_one_matter(town: Town) -> None:
    ding = town.phone()
    ding.goto("/file")
    people.fill_matter(ding, title="路口红绿灯坏了", text="红绿灯一直黄闪，过马路害怕。")
    ding.get_by_role("button", name="提交").dblclick()
    first = people.read_receipt(ding)
    ding.go_back()
    ding.get_by_role("button", name="提交").click()
    assert people.read_receipt(ding).number == first.number
    clerk = town.staff("xingfu.shequ")
    clerk.goto("/inbox?q=路口红绿灯坏了")
    expect(clerk.locator("[data-row]")).to_have_count(1)


def test_a_wrong_pin_opens_nothing_and_a_matter_is_taken_back(town: Town) -> None:
    matter = people.file_matter(town.phone(), title="健身器材松动", text="双人漫步机螺丝松了，孩子玩很危险。")
    ding = town.phone()  # another phone: it knows nothing of the first one's receipt
    ding.goto("/follow")
    ding.get_by_label("编号").fill(matter.number)
    ding.get_by_label("PIN").fill("000000" if matter.pin != "000000" else "111111")
    ding.get_by_role("button", name="查询").click()
    expect(ding.get_by_role("alert")).to_be_visible()
    expect(ding.get_by_label("编号")).to_have_value(matter.number)
    town.shot(ding, "ding-02-wrong-pin")
    people.follow(ding, matter)
    ding.get_by_role("link", name="撤回这件诉求").click()
    expect(ding.get_by_role("heading", name="撤回这件诉求")).to_be_visible()
    ding.get_by_role("textbox").fill("已经自己修好了")
    town.shot(ding, "ding-03-take-back")
    ding.get_by_role("button", name="撤回这件诉求").click()
    expect(ding).to_have_url(re.compile("/matter/$"))
    expect(ding.get_by_role("main")).to_contain_text("已撤回")
    expect(ding.get_by_role("link", name="撤回这件诉求")).to_have_count(0)
    town.shot(ding, "ding-04-taken-back")
    clerk = town.staff("xingfu.shequ")
    clerk.goto(f"/inbox?q={matter.number}")
    expect(clerk.get_by_text("没有符合条件的待办")).to_be_visible()
