"""What a field accepts, and as what it comes out."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import Invalid
from engine.forms import Form
from tests.engine.forms.test_reading import field, form

NOW = datetime(2026, 3, 18, 2, 0, tzinfo=UTC)


def load(component: dict[str, Any], value: Any, **context: Any) -> Any:
    return Form.read(form(component)).load({"a": value}, context, now=NOW).get("a")


def refusal(component: dict[str, Any], value: Any, **context: Any) -> list[str]:
    with pytest.raises(Invalid) as caught:
        load(component, value, **context)
    assert caught.value.code == "form-invalid"
    found: list[str] = caught.value.facts["fields"]["a"]
    return found


@pytest.mark.parametrize(
    ("component", "sent", "loaded"),
    [
        (field(), "two\r\nlines", "two  lines"),  # a text field is one line
        (field(type="textarea"), "two\r\nlines", "two\nlines"),  # as the browser counted it
        (field(), None, ""),
        (field(type="number"), "12.50", Decimal("12.50")),
        (field(type="number"), "１２", Decimal("12")),  # full-width digits of a Chinese keyboard
        (field(type="number"), 0.1, Decimal("0.1")),  # not 0.1000000000000000055
        (field(type="number"), " -3 ", Decimal("-3")),
        (field(type="number"), "", None),
        (field(type="number", serializeToString=True), "1.50", "1.50"),
        (field(type="checkbox"), True, True),
        (field(type="checkbox"), None, False),
        (field(type="datetime"), "2026-02-28", date(2026, 2, 28)),
        (field(type="datetime", subtype="time"), "08:30", time(8, 30)),
        (field(type="datetime", subtype="time"), "00:30Z", time(8, 30)),  # the clock in China
        (field(type="datetime", subtype="datetime"), "2026-03-18T10:00", NOW),  # a page sends local time
        (field(type="datetime", subtype="datetime"), "2026-03-18T02:00:00Z", NOW),
        (field(type="select", values=[{"label": "one", "value": 1}]), "1", 1),  # the option's own value
        (field(type="select", values=["x"]), "", None),
        (field(type="checklist", values=["x", "y"]), ["y", "x", "y"], ["y", "x"]),
        (field(type="checklist", values=["x", "y"]), None, []),
        (field(type="filepicker"), "id-1", ["id-1"]),
        (field(type="filepicker", multiple=True), ["id-1", "id-2", "id-1"], ["id-1", "id-2"]),
        (field(validate={"validationType": "phone"}), "13800138000", "13800138000"),  # without +86, unlike form-js
        (field(validate={"validationType": "phone"}), "0512-6512 3456".replace(" ", ""), "0512-65123456"),
        (field(validate={"validationType": "phone"}), "+4930664040900", "+4930664040900"),
        (field(validate={"min": 3}), "4", "4"),
        (field(validate={"pattern": "b"}), "abc", "abc"),  # found anywhere
    ],
)
def test_a_value_is_loaded_with_its_type(component: dict[str, Any], sent: Any, loaded: Any) -> None:
    result = load(component, sent)
    assert result == loaded
    assert type(result) is type(loaded)


def test_a_datetime_is_aware() -> None:
    loaded = load(field(type="datetime", subtype="datetime"), "2026-03-18T10:00")
    assert loaded.tzinfo is not None


@pytest.mark.parametrize(
    ("component", "sent", "says"),
    [
        (field(validate={"required": True}), "", "Please fill in this field."),
        (field(validate={"required": True}), "  ", "Please fill in this field."),  # stricter than form-js
        (field(type="checkbox", validate={"required": True}), False, "Please tick this box."),
        (field(type="radio", values=["x"], validate={"required": True}), "", "Please choose one."),
        (field(type="taglist", values=["x"], validate={"required": True}), [], "Please choose at least one."),
        (field(), 5, "Please enter text."),
        (field(), {"x": 1}, "Please enter text."),
        (field(), "a\0b", "Please remove the characters that cannot be stored."),
        (field(), "\ud800", "Please remove the characters that cannot be stored."),  # half of a surrogate pair
        (field(), "x" * 20_001, "Please enter at most 20000 characters."),
        (field(validate={"minLength": 2}), "x ", "Please enter at least 2 characters."),
        (field(validate={"maxLength": "=limit"}), "abcd", "Please enter at most 3 characters."),
        (field(validate={"pattern": "^x$", "patternErrorMessage": "写 x"}), "y", "写 x"),
        (field(validate={"validationType": "email"}), "a@b\n", "Please enter a valid e-mail address."),
        (field(validate={"validationType": "phone"}), "12345", "Please enter a valid phone number."),
        (field(type="number"), "many", "Please enter a number."),
        (field(type="number"), "NaN", "Please enter a number."),
        (field(type="number"), True, "Please enter a number."),
        (field(type="number"), "1e999", "Please enter a number."),
        (field(type="number"), 10**4000, "Please enter a number."),  # would take long to write out
        (field(type="number", decimalDigits=0), "1.5", "Please enter a whole number."),
        (field(type="number", decimalDigits=2), "1.125", "Please enter at most 2 decimal places."),
        (field(type="number", increment=5), "12", "Please enter a multiple of 5; the nearest are 10 and 15."),
        (field(type="number", validate={"min": "=limit"}), "2", "Please enter at least 3."),
        (field(type="number", validate={"max": "1.5"}), "2", "Please enter at most 1.5."),
        (field(type="checkbox"), "maybe", "Please answer yes or no."),
        (field(type="select", values=["x"]), "y", "Please choose from the list."),
        (field(type="select", valuesExpression="=choices"), "z", "Please choose from the list."),
        (field(type="checklist", values=["x"]), "x", "Please enter a list."),
        (field(type="checklist", values=["x"]), ["x", {"y": 1}], "Please choose from the list."),
        (field(type="datetime"), "2026-02-30", "Please enter a valid date."),
        (field(type="datetime"), "2026-W01-1", "Please enter a valid date."),  # ISO, and nothing a page sends
        (field(type="datetime"), 20260318, "Please enter a valid date."),
        (field(type="datetime", disallowPassedDates=True), "2026-03-17", "Please choose today or a later day."),
        (field(type="datetime", subtype="datetime"), "2026-03-18", "Please enter a valid date and time."),
        (field(type="datetime", subtype="time"), "25:00", "Please enter a valid time."),
        (field(type="filepicker"), ["id-1", "id-2"], "Please choose one file only."),
        (field(type="filepicker"), [1], "Please enter a list."),
    ],
)
def test_a_wrong_value_is_refused_with_a_sentence(component: dict[str, Any], sent: Any, says: str) -> None:
    assert refusal(component, sent, limit=3, choices=["x", "y"])[0] == says


def test_today_counts_in_china() -> None:
    # 2026-03-18 17:30 UTC is the 19th in China
    late = datetime(2026, 3, 18, 17, 30, tzinfo=UTC)
    read = Form.read(form(field(type="datetime", disallowPassedDates=True)))
    with pytest.raises(Invalid):
        read.load({"a": "2026-03-18"}, {}, now=late)
    assert read.load({"a": "2026-03-19"}, {}, now=late) == {"a": date(2026, 3, 19)}


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"^\d+$", "12\n", False),  # Python's $ would match before the line feed
        (r"^\d$", "１", False),  # a browser's digits are those of ASCII
        (r"^\w+$", "李", False),
        (r"^\s$", "\u3000", True),  # its blanks are not
        (r"^[\s]$", "\u3000", True),
        (r"^\S$", "\u3000", False),
        (r"^.$", "\u2028", False),
        (r"^[^]$", "\n", True),
        (r"^[[]$", "[", True),
        (r"^[\d$]+$", "1$", True),
        (r"^(?<year>\d{4})-\k<year>$", "2026-2026", True),
        (r"^\u674e$", "李", True),
    ],
)
def test_a_pattern_means_what_it_means_in_a_browser(pattern: str, text: str, found: bool) -> None:
    component = field(type="textarea", validate={"pattern": pattern})
    if found:
        assert load(component, text) == text
    else:
        assert refusal(component, text) == ["Please check the format."]


def test_a_pattern_that_explodes_ends_in_time() -> None:
    assert refusal(field(validate={"pattern": "^(a|a?)+$"}), "a" * 60 + "!") == ["Please check the format."]
