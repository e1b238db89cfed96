"""Aunt Chen's matter from the first photo to the last star: filed, whistled for, returned, handled twice, solved."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.journeys.people import Receipt, Town, do

pytestmark = pytest.mark.journey

_TITLE = "向阳巷口烧烤摊夜里吵得睡不着"
_ARRIVED = {"arrived_at": "2026-11-23T21:30", "arrival_way": "site", "resident_contacted": "yes"}
_TEXT = "烧烤摊营业到凌晨两点，油烟进屋，喇叭放歌。家里有老人和要高考的孩子，希望管一管。"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo as a phone takes it."""
    path = tmp_path / "烧烤摊.jpg"
    Image.effect_noise((640, 480), 80).convert("RGB").save(path, "JPEG")
    return path


def test_chen_ayi_files_and_rates(town: Town, photo: Path) -> None:
    chen = town.phone()
    matter = _she_files_on_her_phone(town, chen, photo)
    _community_and_grid_worker_try(town, matter)
    _street_assigns_and_refuses_a_return(town, matter)
    _departments_handle(town, matter, handlers=("urban.1", "police.1", "environment.1"))
    _lead_department_merges(town, matter)
    _she_is_not_satisfied(town, chen, matter)
    _another_person_does_it_again(town, matter)
    _she_is_satisfied(town, chen, matter)


def _she_files_on_her_phone(town: Town, chen: Page, photo: Path) -> Receipt:
    chen.goto("/")
    town.shot(chen, "chen-01-home")
    chen.get_by_role("link", name="提出诉求").click()
    people.fill_matter(chen, title=_TITLE, text=_TEXT)
    finer = chen.get_by_label("小区或楼栋（可不选）")
    expect(finer).to_be_visible()
    finer.select_option(label="幸福一里2号楼")
    chen.get_by_label("照片（可不传）").set_input_files(str(photo))
    expect(chen.locator(".file-preview img")).to_be_visible()
    town.shot(chen, "chen-02-form")
    chen.get_by_role("button", name="提交").click()
    matter = people.read_receipt(chen)
    assert re.fullmatch(r"SQ\d{4}-\d{6}", matter.number)
    assert re.fullmatch(r"\d{6}", matter.pin)
    expect(chen.locator(".receipt-code svg")).to_be_visible()
    expect(chen.get_by_role("region", name="回执")).to_contain_text("最迟答复")
    town.shot(chen, "chen-03-receipt")
    chen.get_by_role("link", name="查看办理进度").click()
    expect(chen.get_by_role("heading", name=_TITLE)).to_be_visible()
    expect(chen.get_by_role("img", name="烧烤摊")).to_be_visible()
    town.shot(chen, "chen-04-matter")
    return matter


def _community_and_grid_worker_try(town: Town, matter: Receipt) -> None:
    community, grid = town.staff("xingfu.shequ"), town.staff("xingfu.wangge")
    people.take(community, matter.number, "登记工单")
    town.shot(community, "chen-05-register")
    people.fill(community, category="noise")
    people.send(community)
    do(grid, matter.number, "核实诉求联系居民", contacted="yes", visited=True, facts_found="夜里到现场，噪声属实。")
    do(grid, matter.number, "就地试办", attempt_result="unsolved", attempt_note="劝说无效，摊主第二天照旧。")
    do(community, matter.number, "研判能否自办", community_can="no")
    do(
        community, matter.number, "发吹哨单",
        whistle_reason="社区没有执法权。", whistle_need="请城管牵头，生态环境、公安到场。",
    )  # fmt: skip


def _street_assigns_and_refuses_a_return(town: Town, matter: Receipt) -> None:
    street = town.staff("taoyuan.zhongxin")
    people.take(street, matter.number, "研判交办")
    expect(street.get_by_text("社区没有执法权。")).to_be_visible()
    people.assign(street, "urban", "police", demand="三天内到场，联合处理。")
    town.shot(street, "chen-06-assign")
    people.send(street)

    do(town.staff("urban.1"), matter.number, "签收或退单", sign_decision="accept")
    police = town.staff("police.1")
    people.take(police, matter.number, "签收或退单")
    people.fill(police, sign_decision="return")
    expect(police.get_by_label("退单理由")).to_be_visible()  # comes as soon as the answer needs it
    people.fill(police, return_reason="噪声扰民由城管负责。", return_basis="权责清单第12项")
    town.shot(police, "chen-07-return")
    people.send(police)

    do(street, matter.number, "裁定退单", ruling="refused", ruling_reason="公安协助夜间秩序，请继续办理。")


def _departments_handle(town: Town, matter: Receipt, handlers: tuple[str, ...]) -> None:
    for login in handlers[:2]:
        handler = town.staff(login)
        unit = login.partition(".")[0]
        do(
            handler, matter.number, "报到联系居民",
            **_ARRIVED, arrival_note="已到现场，与居民见面。",
        )  # fmt: skip
        do(handler, matter.number, "现场办理", handle_measures="责令整改，夜间巡查一周。", handle_result="solved")
        do(handler, matter.number, "拟定答复意见", reply_text="我们已责令摊主整改，夜间不再使用扩音器。")
        do(town.staff(f"{unit}.fuzeren"), matter.number, "负责人审签", sign_off_decision="approve")


def _lead_department_merges(town: Town, matter: Receipt) -> None:
    do(
        town.staff("urban.1"), matter.number, "汇总答复意见",
        merged_result="solved", merged_reply="城管、公安已联合处理，夜间不再扰民。",
    )  # fmt: skip


def _she_is_not_satisfied(town: Town, chen: Page, matter: Receipt) -> None:
    people.follow(chen, matter)
    expect(chen.locator(".matter-now")).to_have_text("已答复，请您评价")
    expect(chen.get_by_role("region", name="等您处理")).to_be_visible()
    town.shot(chen, "chen-08-answered")
    chen.get_by_role("link", name="现在填写").click()
    expect(chen.get_by_text("城管、公安已联合处理，夜间不再扰民。")).to_be_visible()
    people.fill(chen, rated_solved="no", stars="2")
    expect(chen.get_by_label("哪里不满意，希望怎样")).to_be_visible()
    people.fill(chen, rated_grounds="只安静了两天，昨晚又吵到一点。")
    town.shot(chen, "chen-09-unsatisfied")
    chen.get_by_role("button", name="提交").click()
    expect(chen.get_by_text("谢谢，已收到。")).to_be_visible()


def _another_person_does_it_again(town: Town, matter: Receipt) -> None:
    judge = town.staff("huifang")
    people.take(judge, matter.number, "审核理由")
    town.shot(judge, "chen-10-judge")
    people.fill(judge, grounds_hold="yes", judge_reason="回访核实，确实又扰民。")
    people.send(judge)
    do(town.staff("dudao"), matter.number, "开具重办单", rework_demand="请换人到场，夜里十二点后复查三次。")
    street = town.staff("taoyuan.zhongxin")
    people.take(street, matter.number, "研判交办")
    people.assign(street, "urban", demand="换人重办。")
    people.send(street)

    first, second = town.staff("urban.1"), town.staff("urban.2")
    do(second, matter.number, "签收或退单", sign_decision="accept")
    do(second, matter.number, "报到联系居民", **_ARRIVED, arrival_note="夜里到场。")
    task = people.task_in_inbox(second, matter.number, "现场办理").get_by_role("link", name="现场办理")
    first.goto(str(task.get_attribute("href")))
    first.get_by_role("button", name="认领", exact=True).click()
    town.shot(first, "chen-11-not-him-again")
    expect(first.get_by_role("heading", name="办理", exact=True)).to_have_count(0)
    do(second, matter.number, "现场办理", handle_measures="摊位迁入夜市，点对点盯守。", handle_result="solved")
    do(second, matter.number, "拟定答复意见", reply_text="摊位已迁走，连续三夜复查安静。")
    do(town.staff("urban.fuzeren"), matter.number, "负责人审签", sign_off_decision="approve")


def _she_is_satisfied(town: Town, chen: Page, matter: Receipt) -> None:
    chen.goto(matter.link)
    chen.get_by_role("link", name="现在填写").click()
    people.fill(chen, rated_solved="yes", stars="5")
    chen.get_by_role("button", name="提交").click()
    expect(chen.get_by_text("已解决").first).to_be_visible()
    town.shot(chen, "chen-12-solved")
    documents = chen.get_by_role("region", name="给您的文书").get_by_role("link")
    assert documents.count() >= 2
    documents.first.click()
    expect(chen.locator("article.official")).to_be_visible()
    town.shot(chen, "chen-13-document")
    chen.goto("/matter/copy")
    expect(chen.get_by_text(_TEXT)).to_be_visible()
    town.shot(chen, "chen-14-copy")
