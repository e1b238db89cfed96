"""Tu Nan without a mouse: form, decision, diagram, play, deployment and the first case, by keyboard alone."""

import re
import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser import violations
from tests.journeys import people
from tests.journeys.keyboard import choose, enter, pick, press, refuse_mouse, sign_in, tab_to
from tests.journeys.people import Town

pytestmark = pytest.mark.journey

#: what the libraries draw and is not ours to judge: a heading without words of the decision table
_LIBRARIES = ("th.index-column",)
#: a running demonstration may have seen this journey before
_ONCE = secrets.token_hex(3)


def _judge(town: Town, page: Page, shot: str) -> None:
    town.shot(page, f"tunan-keyboard-{shot}")
    assert violations(page, exclude=_LIBRARIES) == []


def _opened(page: Page) -> None:
    expect(page.locator("[data-workshop][data-ready]")).to_be_visible()


def _saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_contain_text("已保存")


def test_a_process_is_drawn_played_deployed_and_run_without_a_mouse(town: Town) -> None:
    page = town.window(people.DESK)
    pointed: list[str] = []
    refuse_mouse(page, pointed)
    sign_in(page, "sheji")
    page.goto("/workshop")
    enter(page, "名称", "电话问候")
    enter(page, "标识", f"call_{_ONCE}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="电话问候 草稿")).to_be_visible()
    draft = page.url
    _make_form(town, page)
    page.goto(draft)
    _make_decision(town, page)
    page.goto(draft)
    _outline(town, page)
    page.goto(draft)
    expect(page.get_by_text("没有发现问题，可以部署。")).to_be_visible()
    _play(town, page)
    page.goto(draft)
    enter(page, "改了什么，为什么", "先试一个月")
    press(page, "部署")
    expect(page.get_by_role("heading", name="第 1 版")).to_be_visible()
    _run_a_case(town, pointed)
    assert pointed == []
    assert [each for each in town.complaints if "untranslated" in each] == []


def _add(page: Page, kind: str, key: str) -> None:
    pick(page, "新增", kind)
    enter(page, "标识", key)
    page.keyboard.press("Enter")
    _opened(page)


def _make_form(town: Town, page: Page) -> None:
    """Add a field from the components, choose it in the list of fields, and say what it asks and where it goes."""
    _add(page, "表单", "call_report")
    press(page, "添加“多行文本”")
    press(page, re.compile("多行文本（.*）"), section="字段")
    expect(page.locator(".bio-properties-panel")).to_contain_text("常规")
    page.keyboard.press("Enter")  # the panel's first section has the focus
    enter(page, "字段标题", "通话情况")
    enter(page, "变量", "said")
    page.keyboard.press("Tab")
    _saved(page)
    press(page, "预览")
    expect(page.locator("[data-previewed]").get_by_label("通话情况")).to_be_visible()
    _judge(town, page, "01-form")


def _make_decision(town: Town, page: Page) -> None:
    """Write a cell of a decision, and try it on a row of data."""
    _add(page, "决策", "call_again")
    enter(page, "输出", '"weekly"')
    tab_to(page, "注释")
    _saved(page)
    press(page, "试一试")
    expect(page.get_by_text("第 1 条规则命中")).to_be_visible()
    expect(page.locator("[data-tried]")).to_contain_text("weekly")
    _judge(town, page, "02-decision")


def _outline(town: Town, page: Page) -> None:
    """A task and a decision on the way from the start to the end, in a lane that says who does them."""
    press(page, "大纲 process.bpmn")
    expect(page.get_by_role("tree")).to_be_visible()
    choose(page, "开始事件 “提出”")
    enter(page, "名称", "打电话", section="在后面加一步")
    press(page, "加上")
    expect(page.get_by_role("heading", name="任务 “打电话”")).to_be_visible()
    enter(page, "表单", "call_report")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已保存。")).to_be_visible()
    pick(page, "类型", "决策步骤", section="在后面加一步")
    enter(page, "名称", "下次问候", section="在后面加一步")
    press(page, "加上")
    expect(page.get_by_role("heading", name="决策步骤 “下次问候”")).to_be_visible()
    enter(page, "决策", "call_again")
    enter(page, "结果变量", "again")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已保存。")).to_be_visible()
    _lanes(page)
    _judge(town, page, "03-outline")


def _lanes(page: Page) -> None:
    """The first lane takes every step; a second one comes, takes the decision, and goes again."""
    choose(page, "流程 “电话问候”")
    enter(page, "泳道名称", "社区")
    press(page, "加上泳道")
    expect(page.get_by_role("heading", name="泳道 “社区”")).to_be_visible()
    enter(page, "办理角色", "community")
    enter(page, "办理单位", "=place.community")
    page.keyboard.press("Enter")
    expect(page.get_by_text("已保存。")).to_be_visible()
    enter(page, "泳道名称", "街道")
    press(page, "加上泳道")
    expect(page.get_by_role("heading", name="泳道 “街道”")).to_be_visible()
    choose(page, "决策步骤 “下次问候”")
    pick(page, "放进泳道", "街道")
    press(page, "移过去")
    expect(page.get_by_role("treeitem", name="决策步骤 “下次问候” 泳道：街道")).to_be_visible()
    choose(page, "泳道 “街道”")
    press(page, "去掉泳道")
    press(page, "去掉泳道")
    expect(page.get_by_role("treeitem", name="决策步骤 “下次问候” 泳道：社区")).to_be_visible()


def _play(town: Town, page: Page) -> None:
    """Play a matter to its end, and keep the run as a scenario, which the deployment replays."""
    press(page, "在虚构辖区演练")
    expect(page.get_by_role("heading", name="打电话")).to_be_visible()
    enter(page, re.compile("通话情况.*"), "都好，不缺什么。")
    press(page, "办结这一步")
    expect(page.get_by_text("已结束：已解决").first).to_be_visible()
    _judge(town, page, "04-played")
    enter(page, "场景名称", "on-time")
    press(page, "存为草稿的场景")
    expect(page.get_by_text("已存为草稿里的场景“on-time”")).to_be_visible()


def _run_a_case(town: Town, pointed: list[str]) -> None:
    """Staff file a matter of the new kind, do its one task, and it ends."""
    page = town.window(people.DESK)
    refuse_mouse(page, pointed)
    sign_in(page, "xingfu.shequ")
    page.goto(f"/desk/file?kind=call_{_ONCE}")
    tab_to(page, "当面")
    page.keyboard.press("Space")
    enter(page, re.compile("一句话说清什么事.*"), "问候独居的丁爷爷")
    enter(page, re.compile("详细情况.*"), "丁爷爷独居，请每周打一次电话。")
    pick(page, re.compile("属于哪一类.*"), "其他")
    pick(page, re.compile("社区.*"), "幸福社区")
    enter(page, re.compile("您的称呼.*"), "丁爷爷")
    enter(page, re.compile("电话.*"), "13900002222")
    press(page, "提交")
    number = page.locator(".case-number").first.inner_text()
    page.goto(f"/inbox?q={number}")
    press(page, "打电话")
    expect(page).to_have_url(re.compile("/tasks/"))
    press(page, "认领")
    expect(page.get_by_role("heading", name="办理", exact=True)).to_be_visible()
    enter(page, re.compile("通话情况.*"), "都好，不缺什么。")
    press(page, "办结这一步")
    expect(page.get_by_role("main")).to_contain_text("已解决")
