"""Conditions, locked fields, lists, options, drafts, pages and languages of a form."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Invalid
from engine.forms import Form, Part
from tests.engine.forms.test_reading import field, form

NOW = datetime(2026, 3, 18, 2, 0, tzinfo=UTC)
VISIT = Form.read((Path(__file__).parent / "data" / "visit.form").read_bytes())


def rows(*components: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "dynamiclist", "id": "l", "path": "rows", "components": list(components), **more}


def fields_of(form: Form, submitted: dict[str, Any], **context: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        form.load(submitted, context, now=NOW)
    found: dict[str, list[str]] = caught.value.facts["fields"]
    return found


def by_name(parts: list[Part] | Any) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for part in parts:
        found[part.name or part.id] = part
        found |= by_name(part.parts)
    return found


def test_what_the_form_does_not_ask_is_not_taken() -> None:
    assert Form.read(form(field())).load({"a": "x", "case": {"id": 1}}, {}, now=NOW) == {"a": "x"}


@pytest.mark.parametrize("lock", [{"readonly": True}, {"readonly": '=role = "reader"'}])
def test_a_read_only_field_has_the_servers_value(lock: dict[str, Any]) -> None:
    read = Form.read(form(field(**lock)))
    assert read.load({"a": "forged"}, {"a": "true", "role": "reader"}, now=NOW) == {"a": "true"}


def test_a_disabled_field_is_neither_taken_nor_checked() -> None:
    assert Form.read(form(field(disabled=True, validate={"required": True}))).load({"a": "x"}, {}, now=NOW) == {}


def test_a_client_cannot_open_a_branch_by_a_field_that_is_not_its_own() -> None:
    # `level` is process data; sending it must not show what it hides
    secret = field(id="b", key="b", conditional={"hide": "=level != 2"})
    read = Form.read(form(field(id="level", key="level", disabled=True), secret))
    assert read.load({"level": 2, "b": "x"}, {"level": 1}, now=NOW) == {}
    assert read.load({"b": "x"}, {"level": 2}, now=NOW) == {"b": "x"}


def test_an_expression_is_computed_by_the_server() -> None:
    total = {"type": "expression", "id": "t", "key": "total", "expression": "=a * 2", "computeOn": "change"}
    read = Form.read(form(field(type="number"), total, field(id="b", key="b", conditional={"hide": "=total < 10"})))
    assert read.load({"a": "3", "total": 99, "b": "x"}, {}, now=NOW) == {"a": Decimal(3), "total": 6}
    assert read.load({"a": "5", "b": "x"}, {}, now=NOW) == {"a": Decimal(5), "total": 10, "b": "x"}


def test_conditions_see_typed_values() -> None:
    later = field(id="b", key="b", conditional={"hide": '=a < date("2026-03-01")'}, validate={"required": True})
    read = Form.read(form(field(type="datetime"), later))
    assert read.load({"a": "2026-02-28"}, {}, now=NOW) == {"a": date(2026, 2, 28)}
    assert fields_of(read, {"a": "2026-03-01"}) == {"b": ["Please fill in this field."]}


def test_a_condition_that_cannot_be_evaluated_shows_its_field() -> None:
    read = Form.read(form(field(conditional={"hide": "=1 +"}, validate={"required": True})))
    assert "a" in fields_of(read, {})


def test_errors_in_lists_and_groups_are_named_as_the_inputs_are() -> None:
    group = {"type": "group", "id": "g", "path": "g", "components": [field(id="c", key="c", validate={"min": 1})]}
    read = Form.read(form(rows(field(validate={"required": True})), group))
    found = fields_of(read, {"rows": [{"a": "x"}, {}], "g": {"c": "zero"}})
    assert found == {"rows.1.a": ["Please fill in this field."], "g.c": ["Please enter a number."]}


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"rows": "x"}, "Please enter a list."),
        ({"rows": [{}] * 201}, "Please enter at most 200 rows."),
    ],
)
def test_a_list_that_is_none_is_refused(sent: dict[str, Any], says: str) -> None:
    assert fields_of(Form.read(form(rows(field()))), sent) == {"rows": [says]}


def test_rows_that_are_fixed_keep_the_servers_columns() -> None:
    fixed = rows(field(readonly=True), field(id="b", key="b"), allowAddRemove=False)
    read = Form.read(form(fixed))
    context = {"rows": [{"a": "water"}, {"a": "roads"}]}
    loaded = read.load({"rows": [{"a": "x", "b": "1"}, {"b": "2"}]}, context, now=NOW)
    assert loaded == {"rows": [{"a": "water", "b": "1"}, {"a": "roads", "b": "2"}]}
    assert fields_of(read, {"rows": []}, **context) == {
        "rows": ["Rows can be neither added nor removed here; there are 2."]
    }


def test_a_row_sees_itself_its_number_and_what_is_around() -> None:
    inner = field(id="b", key="b", conditional={"hide": '=this.a = "no" or i[1] = 3 or parent.stop or stop'})
    read = Form.read(form(field(type="checkbox", id="stop", key="stop"), rows(field(), inner)))
    sent = {"rows": [{"a": "no", "b": "x"}, {"a": "yes", "b": "x"}, {"a": "yes", "b": "x"}]}
    assert read.load(sent, {}, now=NOW)["rows"] == [{"a": "no"}, {"a": "yes", "b": "x"}, {"a": "yes"}]
    assert read.load({**sent, "stop": True}, {}, now=NOW)["rows"] == [{"a": "no"}, {"a": "yes"}, {"a": "yes"}]


@pytest.mark.parametrize(
    "source",
    [
        {"valuesKey": "units"},  # process data
        {"valuesExpression": "=for u in units return {label: u.label, value: u.value}"},
    ],
)
def test_options_come_from_process_data(source: dict[str, str]) -> None:
    read = Form.read(form(field(type="select", **source)))
    context = {"units": [{"label": "水务局", "value": "water"}, {"label": "", "value": None}]}
    assert read.load({"a": "water"}, context, now=NOW) == {"a": "water"}
    assert fields_of(read, {"a": "roads"}, **context) == {"a": ["Please choose from the list."]}
    assert [choice.label for choice in read.view({}, context, now=NOW)[0].choices] == ["水务局"]


def test_options_may_follow_another_answer() -> None:
    read = Form.read(
        form(field(), field(id="b", key="b", type="select", valuesExpression='=if a = "x" then [1, 2] else [3]'))
    )
    assert read.load({"a": "x", "b": "2"}, {}, now=NOW) == {"a": "x", "b": 2}
    assert "b" in fields_of(read, {"a": "y", "b": "2"})


def test_messages_are_translated_before_their_places_are_filled() -> None:
    read = Form.read(form(field(validate={"minLength": 3})))
    words = {"Please enter at least {count} characters.": "请至少输入{count}个字。"}
    with pytest.raises(Invalid) as caught:
        read.load({"a": "x"}, {}, now=NOW, translate=words.__getitem__)
    assert caught.value.facts["fields"] == {"a": ["请至少输入3个字。"]}


def test_a_pages_names_become_nested_data() -> None:
    sent = {
        "person.id_no": ["1234X"], "accepted": ["on"], "channels": ["letter", "web"], "people": ["3"],
        # row 1 was removed in the page; row 7 has nothing but an unticked box, and its own name
        "files.0.name": ["one"], "files.2.name": ["three"], "files.2.original": ["on"], "files.7": ["row"],
        "csrf_token": ["x"], "files.x.name": ["no row"],
    }  # fmt: skip
    nested = VISIT.parse_submission(sent)
    assert nested["person"] == {"id_no": "1234X", "mail": ""}
    assert nested["accepted"] is True
    assert nested["agreed"] is False
    assert nested["channels"] == ["letter", "web"]
    assert [row["name"] for row in nested["files"]] == ["one", "three", ""]
    assert [row["original"] for row in nested["files"]] == [False, True, False]
    assert "csrf_token" not in nested


def test_rows_are_added_and_removed() -> None:
    read = Form.read(form(rows(field(defaultValue="new"), rows(field(id="c", key="c"), id="m", path="more"))))
    data: dict[str, Any] = {"rows": [{"a": "old", "more": []}]}
    grown = read.add_row(data, "rows", now=NOW)
    assert grown["rows"][1] == {"a": "new", "more": [{"c": ""}]}
    assert data["rows"] == [{"a": "old", "more": []}]
    assert read.add_row(grown, "rows.0.more", now=NOW)["rows"][0]["more"] == [{"c": ""}]
    assert [row["a"] for row in read.remove_row(grown, "rows", 0)["rows"]] == ["new"]


@pytest.mark.parametrize("path", ["a", "nothing", "rows.9.more"])
def test_rows_of_no_list_are_refused(path: str) -> None:
    read = Form.read(form(field(), rows(rows(field(id="c", key="c"), id="m", path="more"))))
    with pytest.raises(Invalid, match=f"no list {path}"):
        read.add_row({"rows": []}, path, now=NOW)


def test_the_first_values_are_the_draft_then_the_case_then_the_default() -> None:
    read = Form.read(form(*(field(id=name, key=name, defaultValue="default") for name in "abc"), rows(field(id="d"))))
    first = read.initial({"a": "case", "b": "case"}, {"a": "draft", "c": None}, now=NOW)
    assert first == {"a": "draft", "b": "case", "c": "default", "rows": [{"a": ""}]}


def test_a_draft_does_not_change_what_is_locked() -> None:
    read = Form.read(form(field(readonly=True)))
    assert read.initial({"a": "case"}, {"a": "draft"}, now=NOW) == {"a": "case"}


def test_hidden_names_components_and_rows() -> None:
    data = {"accepted": True, "urgent": "normal", "files": [{"original": True}, {"original": False}]}
    hidden = VISIT.hidden(data, now=NOW)
    assert {"reason", "urgency", "why", "reached", "file_keeper-1"} <= hidden
    assert not hidden & {"agreed", "file_keeper-0", "applicant"}


def test_a_page_shows_values_as_typed_with_messages_beside_them() -> None:
    sent = {"applicant": ["李"], "people": ["many"], "urgent": ["urgent"], "files.0.name": [""]}
    values = VISIT.parse_submission(sent)
    errors = fields_of(VISIT, values)
    parts = by_name(VISIT.view(values, {}, now=NOW, errors=errors))
    assert parts["applicant"].value == "李"
    assert parts["applicant"].required
    assert parts["people"].value == "many"
    assert parts["people"].messages == ["Please enter a number."]
    assert parts["people"].attributes == {"type": "number", "step": "1", "min": "1", "max": "500"}
    assert parts["amount"].attributes["step"] == "0.25"
    assert parts["files.0.name"].id == "file_name-0"
    assert parts["files.0.name"].messages == ["Please fill in this field."]
    assert [choice.token for choice in parts["urgent"].choices if choice.chosen] == ["urgent"]
    assert "agreed" not in parts
    assert "urgency.why" in parts
    assert parts["case_number"].locked


def test_a_page_shows_typed_values_as_inputs_take_them() -> None:
    read = Form.read(form(field(type="datetime"), field(id="b", key="b", type="datetime", subtype="datetime")))
    parts = read.view(read.initial({"a": date(2026, 3, 18), "b": NOW}, now=NOW), {}, now=NOW)
    assert [part.value for part in parts] == ["2026-03-18", "2026-03-18T10:00"]


def test_what_is_filled_into_a_text_is_no_markup() -> None:
    text = {"type": "text", "id": "t", "text": "来信人 {{ name }}，{{ count + 1 }} 次"}
    part = Form.read(form(text)).view({}, {"name": "<b>[x](javascript:y)", "count": 1}, now=NOW)[0]
    assert part.text == r"来信人 &lt;b\>\[x\]\(javascript:y\)，2 次"


def test_the_words_of_another_language() -> None:
    english = VISIT.localized("en_US")
    parts = by_name(english.view(english.initial({}, now=NOW), {}, now=NOW))
    assert parts["applicant"].label == "Applicant"
    assert parts["people"].label == "人数"
    assert parts["category"].choices[0].label == "Urban construction"
    missing = VISIT.untranslated("en")
    assert ("people", "label") in missing
    assert ("category", "option_labour") in missing
    assert ("applicant", "label") not in missing
