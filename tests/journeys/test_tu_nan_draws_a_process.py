"""Tu Nan, a designer: she draws a process from nothing and sees its first case end."""

import re
import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser import violations
from tests.journeys import people
from tests.journeys.people import Town

pytestmark = pytest.mark.journey

#: what the libraries draw and is not ours to judge: a heading without words of the decision table
_LIBRARIES = ("th.index-column",)


#: a running demonstration may have seen these journeys before
_ONCE = secrets.token_hex(3)


def _judge(town: Town, page: Page, shot: str) -> None:
    town.shot(page, f"tunan-{shot}")
    assert violations(page, exclude=_LIBRARIES) == []


def _opened(page: Page) -> None:
    expect(page.locator("[data-workshop][data-ready]")).to_be_visible()


def _saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_contain_text("已保存")


def test_a_process_is_drawn_from_nothing_deployed_and_run(town: Town) -> None:
    page = town.designer()
    page.goto("/workshop")
    page.get_by_label("名称").fill("上门看望")
    page.get_by_label("标识").fill(f"visit_{_ONCE}")
    page.get_by_role("button", name="新建").click()
    expect(page.get_by_role("heading", name="上门看望 草稿")).to_be_visible()
    _judge(town, page, "01-draft")
    draft = page.url
    _draw_form(town, page)
    page.goto(draft)
    _draw_decision(town, page)
    page.goto(f"{draft}/edit/process.bpmn")
    _draw_diagram(town, page)
    page.goto(draft)
    expect(page.get_by_text("没有发现问题，可以部署。")).to_be_visible()
    page.get_by_label("改了什么，为什么").fill("独居老人每月看望一次")
    page.get_by_role("button", name="部署", exact=True).click()
    expect(page.get_by_role("heading", name="第 1 版")).to_be_visible()
    _run_a_case(town, f"visit_{_ONCE}")
    assert [each for each in town.complaints if "untranslated" in each] == []


def _draw_form(town: Town, page: Page) -> None:
    """Add a form with one field, and see it as staff will."""
    page.get_by_label("新增").select_option("form")
    page.get_by_role("textbox", name="标识").fill("visit_report")
    page.get_by_role("button", name="新增", exact=True).click()
    _opened(page)
    page.locator(".fjs-palette-field[data-field-type=textarea]").focus()
    page.keyboard.press("Enter")
    field = "(() => window.chuishaoForms.get('formFieldRegistry').getAll().find((each) => each.type === 'textarea'))()"
    page.evaluate(
        f"window.chuishaoForms.get('modeling').editFormField({field}, {{ key: 'seen', label: '看到的情况' }})"
    )
    page.evaluate(
        f"window.chuishaoForms.get('modeling').editFormField({field}, 'properties', {{ label_en: 'What was seen' }})"
    )
    _saved(page)
    page.get_by_role("button", name="预览", exact=True).click()
    expect(page.get_by_label("看到的情况").last).to_be_visible()
    _judge(town, page, "02-form")


def _draw_decision(town: Town, page: Page) -> None:
    """Add a decision, write a cell, and try it on a row of data."""
    page.get_by_label("新增").select_option("decision")
    page.get_by_role("textbox", name="标识").fill("visit_again")
    page.get_by_role("button", name="新增", exact=True).click()
    _opened(page)
    page.locator("td.output-cell").first.click()
    page.keyboard.press("Control+a")
    page.keyboard.type('"monthly"')
    page.locator(".decision-table-name, .decision-table-properties").first.click()
    _saved(page)
    page.get_by_role("button", name="试一试").click()
    expect(page.get_by_text("第 1 条规则命中")).to_be_visible()
    expect(page.locator("[data-tried]")).to_contain_text("monthly")
    _judge(town, page, "03-decision")


def _draw_diagram(town: Town, page: Page) -> None:
    """Put a task on the way from the start to the end with the mouse; the rest through the modeller."""
    _opened(page)
    page.locator(".djs-palette [data-action='create.task']").click()
    way = page.locator("g.djs-connection[data-element-id=flow_1]").bounding_box()
    assert way
    middle = (way["x"] + way["width"] / 2, way["y"] + way["height"] / 2)
    page.mouse.move(middle[0] - 40, middle[1] + 60, steps=5)
    page.mouse.move(*middle, steps=8)
    page.mouse.down()
    page.mouse.up()
    expect(page.locator(".djs-direct-editing-content")).to_be_visible()
    page.keyboard.type("上门看望")
    page.keyboard.press("Escape")
    _see_what_is_wrong_before_it_is_saved(page)
    page.evaluate(_FINISH)
    _saved(page)
    expect(page.locator("[data-findings]")).to_contain_text("没有发现问题")
    expect(page.locator(".bio-properties-panel")).to_contain_text("规则任务")
    _judge(town, page, "04-diagram")


def _see_what_is_wrong_before_it_is_saved(page: Page) -> None:
    """A connection that is gone is marked by the drawing alone, and its undoing takes the mark away."""
    page.route("**/findings*", lambda route: route.abort())
    page.evaluate(
        "window.chuishaoModeler.get('modeling').removeConnection(window.chuishaoModeler.get('elementRegistry').get('flow_1'))"
    )
    sign = page.locator(".finding-sign[title*='没有线到这里']")
    expect(sign).to_be_visible()
    page.get_by_role("button", name="撤销").click()
    expect(sign).to_have_count(0)
    page.unroute("**/findings*")


#: The task becomes one of people with our element template; a decision follows it.
_FINISH = """() => {
  const modeler = window.chuishaoModeler;
  const [modeling, registry, replace] = ['modeling', 'elementRegistry', 'bpmnReplace'].map((name) => modeler.get(name));
  const moddle = modeler.get('moddle');
  const extend = (element, values) => modeling.updateProperties(element, {
    extensionElements: moddle.create('bpmn:ExtensionElements', { values }),
  });
  const properties = (settings) => moddle.create('zeebe:Properties', {
    properties: Object.entries(settings).map(([name, value]) => moddle.create('zeebe:Property', { name, value })),
  });
  let task = registry.find((each) => each.type === 'bpmn:Task');
  task = replace.replaceElement(task, { type: 'bpmn:UserTask' });
  modeling.updateProperties(task, { name: '上门看望' });
  extend(task, [
    moddle.create('zeebe:UserTask'),
    moddle.create('zeebe:FormDefinition', { formId: 'visit_report' }),
    properties({ 'chuishao:role': 'community', 'chuishao:unit': '=place.community' }),
  ]);
  const end = registry.get('end');
  modeling.moveElements([end], { x: 160, y: 0 });
  const rule = modeler.get('elementFactory').createShape({ type: 'bpmn:BusinessRuleTask' });
  const flow = task.outgoing[0];
  modeling.createShape(rule, { x: task.x + 260, y: task.y + 40 }, flow.parent);
  modeling.reconnectEnd(flow, rule, { x: rule.x, y: rule.y + 40 });
  modeling.connect(rule, end);
  modeling.updateProperties(rule, { name: '下次看望' });
  extend(rule, [moddle.create('zeebe:CalledDecision', { decisionId: 'visit_again', resultVariable: 'again' })]);
  modeler.get('selection').select(rule);
}"""


def _run_a_case(town: Town, kind: str) -> None:
    """Staff file a matter of the new kind, do its one task, and it ends."""
    clerk = town.staff("xingfu.shequ")
    clerk.goto(f"/desk/file?kind={kind}")
    clerk.get_by_label("一句话说清什么事").fill("看望独居的丁爷爷")
    clerk.get_by_label("详细情况").fill("丁爷爷独居，请每月看望。")
    clerk.get_by_label("属于哪一类").select_option("other")
    clerk.get_by_role("combobox", name=re.compile("^社区")).select_option(label="幸福社区")
    people.fill(clerk, channel="visit", name="丁爷爷", phone="13900002222")
    clerk.get_by_role("button", name="提交").click()
    number = clerk.locator(".case-number").first.inner_text()
    people.do(clerk, number, "上门看望", seen="精神很好，米面都有。")
    expect(clerk.get_by_role("main")).to_contain_text("已解决")
