"""Tu Nan shortens a deadline: she sees what is different, tries it on recorded matters, deploys it, moves a hundred."""

import re
import secrets

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import violations
from tests.journeys.behind import Behind, Standing, behind
from tests.journeys.people import Town

pytestmark = pytest.mark.journey

#: matters under way, how many of them are a task further, and how many a page takes at a time
_RUNNING, _FURTHER, _BATCH = 100, 20, 40
#: milliseconds for what plays, replays or moves many matters, on a busy machine
_SLOW = 60_000
#: a running demonstration may have seen this journey before
_ONCE = secrets.token_hex(3)
_KEY = f"slow_{_ONCE}"
_SENTENCE = "核实诉求联系居民时限 3→2 个工作日"


def test_a_shorter_deadline_is_compared_tried_deployed_and_a_hundred_matters_move(town: Town) -> None:
    with behind(town.demo) as engine:
        engine.deploy_slow_petition(_KEY, "慢诉求")
        [first, *_] = engine.run(_KEY, _RUNNING, then=_FURTHER)
        engine.begin_draft(first, {"attempt_note": "已约好明天上门"})
        before = engine.standing(_KEY)
        page = town.designer()
        page.goto(f"/processes/{_KEY}/1")
        page.get_by_role("button", name="修改").click()
        expect(page.get_by_role("heading", name="慢诉求 草稿")).to_be_visible()
        draft = page.url
        _shorten(town, page, draft)
        _compare(town, page, draft)
        _rehearse(town, page, draft)
        _deploy(page, draft)
        _move(town, page)
        _judge_what_became_of_them(engine, before, engine.standing(_KEY))
        _a_new_one_has_the_shorter_time(engine)


def _judge(town: Town, page: Page, shot: str) -> None:
    town.shot(page, f"tunan-deadline-{shot}")
    assert violations(page) == []


def _shorten(town: Town, page: Page, draft: str) -> None:
    """Open the step's settings in the modeller as the template of a task, and write a 2."""
    page.goto(f"{draft}/edit/whistle.bpmn")
    expect(page.locator("[data-workshop][data-ready]")).to_be_visible()
    page.locator("[data-element-id=verify] .djs-hit").first.click()
    panel = page.locator(".bio-properties-panel")
    expect(panel).to_contain_text("核实诉求")
    panel.get_by_role("button", name="选择", exact=True).click()
    page.keyboard.type("办理任务")
    page.keyboard.press("Enter")
    _group(panel, "时限")
    amount = panel.get_by_label("时限", exact=True)
    expect(amount).to_have_value("3")
    amount.fill("2")
    amount.press("Tab")
    expect(page.locator("[data-save-state]")).to_contain_text("已保存")
    expect(page.locator("[data-findings]")).to_contain_text("没有发现问题")
    _judge(town, page, "01-modeller")


def _group(panel: Locator, name: str) -> None:
    panel.locator(".bio-properties-panel-group-header").filter(has_text=name).first.click()


def _compare(town: Town, page: Page, draft: str) -> None:
    """What is different is said on the draft's page, and marked on both drawings of its own page."""
    page.goto(draft)
    expect(page.get_by_role("region", name="与第 1 版相比")).to_contain_text(_SENTENCE)
    _judge(town, page, "02-draft")
    page.get_by_role("link", name="在图上看").click()
    expect(page.get_by_role("region", name="改了什么")).to_contain_text(_SENTENCE)
    for name in ("草稿的流程图", "第 1 版的流程图"):
        drawing = page.get_by_role("region", name=name)
        drawing.get_by_role("button", name="打开子页：吹哨与报到 1 处不同").click()  # the step is on a page of its own
        expect(drawing.locator(".djs-overlay", has_text="±")).to_have_count(1)
    _judge(town, page, "03-differences")


def _rehearse(town: Town, page: Page, draft: str) -> None:
    """The draft is held against recorded matters: who would have another date, and that none gets stuck."""
    page.goto(draft)
    page.get_by_role("link", name="用已有事项试行").click()
    page.get_by_role("button", name="试行").click(timeout=_SLOW)
    result = page.get_by_role("region", name="结果")
    expect(result).to_contain_text("0 件会卡住")
    assert int(re.findall(r"(\d+) 件的期限会变", result.inner_text())[0]) > 0
    expect(page.get_by_role("cell").filter(has_text="核实").first).to_contain_text("→")
    _judge(town, page, "04-rehearsed")


def _deploy(page: Page, draft: str) -> None:
    page.goto(draft)
    page.get_by_label("改了什么，为什么").fill("核实从三天缩到两天")
    page.get_by_role("button", name="部署", exact=True).click(timeout=_SLOW)
    expect(page.get_by_role("heading", name="第 2 版")).to_be_visible()


def _move(town: Town, page: Page) -> None:
    """The plan, its rehearsal, and the migration, some at a time as a page can take them."""
    page.goto(f"/processes/{_KEY}")
    expect(page.get_by_role("row", name="第 2 版")).to_contain_text("现行")
    page.get_by_role("link", name=f"迁移 {_RUNNING} 件").click()
    expect(page.get_by_text("每一步在新版里都有同一个编号")).to_be_visible()
    page.get_by_role("button", name="试一试").click(timeout=_SLOW)
    expect(page.locator("p[role=status]")).to_contain_text("不能迁 0 件")
    _judge(town, page, "05-plan")
    page.get_by_label("为什么迁移").fill("新的核实时限")
    page.locator("summary", has_text=f"迁移 {_RUNNING} 件").click()
    page.get_by_role("button", name=f"迁移 {_RUNNING} 件").click(timeout=_SLOW)
    for moved in range(_BATCH, _RUNNING, _BATCH):
        expect(page.locator("p[role=status]")).to_contain_text(f"已迁 {moved} 件")
        page.get_by_role("button", name=f"继续迁移余下 {_RUNNING - moved} 件").click(timeout=_SLOW)
    expect(page.locator("p[role=status]")).to_contain_text(f"已迁 {_RUNNING} 件，不能迁 0 件")
    _judge(town, page, "06-moved")


def _judge_what_became_of_them(engine: Behind, before: dict[str, Standing], after: dict[str, Standing]) -> None:
    """All are on the new version at the same tasks; no date moved, and what somebody had typed is there."""
    assert {each.version for each in before.values()} == {1}
    assert len(after) == _RUNNING
    assert {each.version for each in after.values()} == {2}
    for number, stood in before.items():
        now = after[number]
        assert (now.tasks, now.clocks, now.drafts) == (stood.tasks, stood.clocks, stood.drafts)
    assert {task for each in after.values() for task in each.tasks} == {"verify", "attempt"}
    assert [each.drafts for each in after.values() if each.drafts] == [[{"attempt_note": "已约好明天上门"}]]


def _a_new_one_has_the_shorter_time(engine: Behind) -> None:
    [case] = engine.run(_KEY, 1)
    older = next(
        each for number, each in engine.standing(_KEY).items() if number != case.number and each.clocks.get("verify")
    )
    newer = engine.standing(_KEY)[case.number]
    assert newer.version == 2
    assert newer.clocks["verify"] < older.clocks["verify"]
