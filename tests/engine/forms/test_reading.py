"""A malformed schema is refused, and the refusal names the component and what to mend."""

import json
from typing import Any

import pytest

from engine.errors import Invalid
from engine.forms import Form


def form(*components: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"type": "default", "id": "f", "components": list(components), **more}).encode()


def field(**more: Any) -> dict[str, Any]:
    return {"type": "textfield", "id": "a", "key": "a", **more}


@pytest.mark.parametrize(
    ("source", "component", "says"),
    [
        (b"{", "form", "no JSON"),  # cut off
        (b"[]", "form", "no JSON object"),  # an array
        (b'{"components": []}', "form", "has no id"),
        (b'{"id": "f"}', "form", "no list of components"),
        (form(type="process"), "form", "a form's type is 'default'"),
        (form(field(type="slider")), "a", "unknown type 'slider'"),
        (form({"type": "textfield", "key": "a"}), "a in form", "has no id"),
        (form(field(), field(key="b")), "a", "ids are unique"),
        (form(field(key=None)), "a", "has the key ''"),  # nothing would be stored
        (form(field(key="a..b")), "a", "names with dots between"),
        (form(field(key="1a")), "a", "has the key '1a'"),  # no name that FEEL could use
        (form(field(), field(id="b")), "b", "writes a, where a writes already"),
        (form(field(), field(id="b", key="a.c")), "b", "writes a.c, where a writes already"),  # a text has no inside
        (form(field(validate={"pattern": "("})), "a", "pattern ( cannot be read"),
        (form(field(validate={"minLength": "x"})), "a", "has the minLength 'x'"),
        (form(field(validate={"max": True})), "a", "has the max True"),
        (form(field(validate=[])), "", None),  # an empty list means no rules
        (form(field(validate=[1])), "a", "has validate that is no JSON object"),
        (form(field(conditional={"hide": "accepted"})), "a", "a condition begins with ="),
        (form(field(type="select")), "a", "nothing to choose from"),
        (form(field(type="select", values={"a": 1})), "a", "values that are no list"),
        (form(field(type="select", valuesExpression="x")), "a", "it begins with ="),
        (form(field(type="number", decimalDigits=-1)), "a", "has -1 decimal digits"),
        (form(field(type="number", increment="much")), "a", "has the increment 'much'"),
        (form(field(type="datetime", subtype="week")), "a", "has the subtype 'week'"),
        (form(field(type="expression", expression="1")), "a", "its expression begins with ="),
        (form({"type": "dynamiclist", "id": "l", "components": []}), "l", "has the path ''"),
        (form({"type": "dynamiclist", "id": "l", "path": "l", "components": {}}), "l", "no list of components"),
        (form({"type": "text", "id": "t", "text": "{{#if x}}y{{/if}}"}), "t", "only {{ FEEL }} is filled in"),
        (form("x"), "form", "something that is no component"),  # type: ignore[arg-type]
        (b'{"id": "f", "components": [], "x": "' + b"y" * 1_000_000 + b'"}', "form", "at most 1000000"),
    ],
)
def test_a_malformed_schema_is_refused(source: bytes, component: str, says: str | None) -> None:
    if says is None:
        assert Form.read(source).id == "f"
        return
    with pytest.raises(Invalid) as caught:
        Form.read(source)
    assert caught.value.code == "form-malformed"
    assert caught.value.facts["component"] == component
    assert says in caught.value.message


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        Form.read(form(field(type="slider"), field(id="b", key="b", validate={"pattern": "["})))
    assert [problem["component"] for problem in caught.value.facts["problems"]] == ["a", "b"]


def test_deep_nesting_is_refused_before_it_is_walked() -> None:
    inner: dict[str, Any] = field()
    for number in range(30):
        inner = {"type": "group", "id": f"g{number}", "components": [inner]}
    with pytest.raises(Invalid, match="deeper than"):
        Form.read(form(inner))


def test_a_list_inside_a_list_may_use_the_names_outside() -> None:
    rows = {"type": "dynamiclist", "id": "l", "path": "rows", "components": [field(id="b")]}
    assert [component.id for component in Form.read(form(field(), rows)).walk()] == ["a", "l", "b"]


def test_expressions_are_listed_with_their_place() -> None:
    read = Form.read(form(field(conditional={"hide": "=x"}, validate={"min": "=y", "max": 3}, readonly="=z")))
    assert list(read.expressions()) == [
        ("a", "conditional.hide", "x"),
        ("a", "readonly", "z"),
        ("a", "validate.min", "y"),
    ]
