"""The components, rendered one by one."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from tests.web.styleguide import DATA, ERRORS, EVENTS, FORM, NOW, OPTIONS, STATES, STEPS, WEB, styleguide_app

Render = Callable[..., html.HtmlElement]
FILLED = {"form": FORM["components"], "data": DATA, "errors": ERRORS, "options": OPTIONS}


@pytest.fixture
def render() -> Iterator[Render]:
    app = styleguide_app()

    def render(file: str, call: str, **values: Any) -> html.HtmlElement:
        name = call.split("(")[0]
        source = f"{{% from 'components/{file}.html' import {name} %}}{{{{ {call} }}}}"
        return html.fromstring("<div>" + app.jinja_env.from_string(source).render(**values) + "</div>")

    with app.test_request_context("/inbox?state=open&after=old"):
        yield render


def text(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def test_time_left_has_a_bar_words_and_the_exact_instant_on_hover(render: Render) -> None:
    page = render(
        "time_left",
        "time_left(due, now, '遇周末顺延', 'running', start)",
        due=NOW + timedelta(days=1, hours=4),
        now=NOW,
        start=NOW - timedelta(days=1),
    )
    assert page.xpath("//progress/@value") == ["54"]
    assert "还剩 1 天 4 小时" in text(page)
    (due,) = page.xpath("//time")
    assert due.get("datetime") == "2026-11-24T04:30:00+00:00"
    assert due.get("title") == "2026年11月24日 星期二 12:30:00（UTC+08:00） 到期；遇周末顺延"


def test_every_state_has_an_icon_and_a_word(render: Render) -> None:
    for state in STATES:
        page = render("status", "status(state)", state=state)
        assert page.xpath("//svg"), state
        assert text(page), state
        assert text(page) != state, f"{state} has no word of its own"


def test_a_state_without_a_word_is_shown_by_its_key(render: Render) -> None:
    assert text(render("status", "status('unheard-of')")) == "unheard-of"


def test_names_are_escaped(render: Render) -> None:
    page = render("people", "person(name, '街道', '处理员')", name="<b>王</b>")
    assert not page.xpath("//b")
    assert "<b>王</b>" in text(page)


def test_a_case_number_links_only_where_there_is_a_page(render: Render) -> None:
    assert render("case_number", "case_number('SQ1', '/cases/1')").xpath("//a/@href") == ["/cases/1"]
    assert not render("case_number", "case_number('SQ1')").xpath("//a")


def test_the_error_summary_leads_to_the_fields(render: Render) -> None:
    summary = render("messages", "error_summary(errors)", errors=ERRORS)
    fields = render("form_fields", "form_fields(form, data, errors, options=options)", **FILLED)
    targets = [href.removeprefix("#") for href in summary.xpath("//a/@href")]
    assert len(targets) == 4
    assert [fields.xpath(f"//*[@id='{target}']") != [] for target in targets] == [True] * 4


def test_no_errors_no_summary(render: Render) -> None:
    assert text(render("messages", "error_summary({})")) == ""


def test_the_timeline_keeps_the_order_and_links_files(render: Render) -> None:
    page = render("timeline", "timeline(events)", events=EVENTS)
    titles = [text(title) for title in page.xpath("//*[contains(@class, 'timeline-title')]")]
    assert titles == [event["title"] for event in EVENTS]
    assert page.xpath("//ul[@class='files']//a/@href") == ["#"]


def test_the_steps_table_marks_the_current_step(render: Render) -> None:
    page = render("diagram", "steps_table(rows)", rows=STEPS)
    assert page.xpath("//tr[@aria-current='step']/@data-element") == ["verify"]
    assert len(page.xpath("//tbody/tr")) == 3


def test_the_pager_keeps_the_filters_and_replaces_the_cursor(render: Render) -> None:
    assert render("buttons", "pager('new one')").xpath("//a/@href") == ["/inbox?state=open&after=new+one"]
    assert not render("buttons", "pager(none)").xpath("//a")


def test_a_confirmed_button_submits_its_name_and_value_without_scripts(render: Render) -> None:
    page = render("buttons", "confirm_button('撤回', '确定吗？', name='_action', value='withdraw')")
    (button,) = page.xpath("//details//button[@type='submit']")
    assert (button.get("name"), button.get("value")) == ("_action", "withdraw")


def test_the_diagram_names_its_sources_and_has_a_label(render: Render) -> None:
    (picture,) = render("diagram", "diagram('/d.bpmn', '/t.json')").xpath("//*[@data-diagram-url]")
    assert (picture.get("data-diagram-url"), picture.get("data-tokens-url")) == ("/d.bpmn", "/t.json")
    assert picture.get("aria-label")


@pytest.fixture
def fields(render: Render) -> html.HtmlElement:
    return render("form_fields", "form_fields(form, data, errors, options=options)", **FILLED)


@pytest.mark.parametrize(
    ("name", "tag", "kind"),
    [
        ("applicant.name", "input", "text"),  # a key with a dot nests
        ("applicant.phone", "input", "tel"),  # validated as a phone number
        ("people", "input", "number"),
        ("seen", "input", "date"),
        ("visit", "input", "time"),
        ("category", "select", None),
        ("urgent", "input", "radio"),
        ("channels", "input", "checkbox"),
        ("units", "input", "checkbox"),  # many tags are boxes with a filter
        ("story", "textarea", None),
        ("photos", "input", "file"),
        ("place.address", "input", "text"),  # a group with a path nests
        ("rows.0.x", "input", "text"),  # rows are numbered
        ("rows.1.y", "input", "number"),
        ("hidden_name", "input", "checkbox"),
    ],
)
def test_every_component_becomes_a_named_and_labelled_input(
    fields: html.HtmlElement, name: str, tag: str, kind: str | None
) -> None:
    inputs = [each for each in fields.xpath(f"//{tag}[@name='{name}']") if not each.xpath("ancestor::template")]
    assert inputs
    assert {each.get("type") for each in inputs} == {kind}
    for each in inputs:
        assert fields.xpath(f"//label[@for='{each.get('id')}']")


def test_values_are_kept(fields: html.HtmlElement) -> None:
    assert fields.xpath("//input[@name='applicant.phone']/@value") == ["1380000"]
    assert fields.xpath("//select[@name='category']/option[@selected]/@value") == ["noise"]
    assert fields.xpath("//input[@name='channels'][@checked]/@value") == ["sms", "visit"]
    assert text(fields.xpath("//textarea[@name='story']")[0]) == "三楼楼道堆满纸箱。"
    assert fields.xpath("//input[@name='rows.1.x']/@value") == ["旧沙发"]


def test_an_error_stands_beside_its_field_and_is_announced_with_it(fields: html.HtmlElement) -> None:
    (field,) = fields.xpath("//input[@name='applicant.name']")
    assert field.get("aria-invalid") == "true"
    described = [text(fields.xpath(f"//*[@id='{each}']")[0]) for each in field.get("aria-describedby").split()]
    assert described == ["此项必填。", "只给办理人看，不对外公开。"]


def test_html_of_a_schema_is_sanitised(fields: html.HtmlElement) -> None:
    assert not fields.xpath("//script")
    assert fields.xpath("//b[text()='1 个工作日']")


def test_rows_come_and_go_without_scripts(fields: html.HtmlElement) -> None:
    assert fields.xpath("//button[@name='_add']/@value") == ["rows"]
    shown = [each for each in fields.xpath("//button[@name='_remove']") if not each.xpath("ancestor::template")]
    assert [each.get("value") for each in shown] == ["rows.0", "rows.1"]


def test_hidden_components_are_left_out_by_id_or_in_one_row(render: Render) -> None:
    page = render(
        "form_fields",
        "form_fields(form, data, {}, hidden)",
        form=FORM["components"],
        data=DATA,
        hidden={"n", "rows.1.ry"},
    )
    names = set(page.xpath("//@name"))
    assert "people" not in names
    assert {"rows.0.y", "rows.1.x"} <= names
    assert "rows.1.y" not in names


def test_a_component_of_an_unknown_type_says_so(render: Render) -> None:
    page = render(
        "form_fields", "form_fields(form)", form=[{"type": "hologram", "id": "x", "key": "x", "label": "全息"}]
    )
    assert "hologram" in text(page)


def test_no_template_has_inline_scripts_handlers_or_styles() -> None:
    page = styleguide_app().test_client().get("/").get_data(as_text=True)
    tree = html.fromstring(page)
    assert not tree.xpath("//script[not(@src)]")
    assert not tree.xpath("//@style | //style")
    assert not [name for element in tree.iter() for name in element.attrib if str(name).startswith("on")]


def test_every_icon_that_templates_name_is_in_the_sprite() -> None:

    sprite = set(re.findall(r'symbol id="([^"]+)"', (WEB / "static/vendor/icons.svg").read_text(encoding="utf-8")))
    sources = {path: path.read_text(encoding="utf-8") for path in Path(WEB / "templates").rglob("*.html")}
    named = {(path.name, icon) for path, source in sources.items() for icon in re.findall(r'icon\("([^"]+)"', source)}
    named |= {
        ("status.html", icon)
        for icon in re.findall(r': \("([a-z-]+)", "', sources[WEB / "templates/components/status.html"])
    }
    assert len(named) > 40
    assert {pair for pair in named if pair[1] not in sprite} == set()
