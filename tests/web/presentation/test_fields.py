import pytest

from web.presentation.fields import at, column_span, field_id, flatten_errors, resolve_name


@pytest.mark.parametrize(
    ("errors", "flat"),
    [
        ({"name": ["必填。"]}, {"name": ["必填。"]}),
        ({"place": {"address": ["必填。"]}}, {"place.address": ["必填。"]}),
        ({"rows": {1: {"y": ["数字。"]}}}, {"rows.1.y": ["数字。"]}),  # marshmallow numbers rows
        ({"rows": {"_schema": ["太多。"]}}, {"rows": ["太多。"]}),
        ({"_schema": ["矛盾。"]}, {"_schema": ["矛盾。"]}),
        ({"rows.1.y": ["数字。"]}, {"rows.1.y": ["数字。"]}),  # flat already
        ({"name": "一句话"}, {"name": ["一句话"]}),
        (None, {}),
    ],
)
def test_nested_errors_become_dotted_names(errors: dict[object, object], flat: dict[str, list[str]]) -> None:
    assert flatten_errors(errors) == flat


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a.b", 1),
        ("rows.1.x", "second"),
        ("rows.7.x", None),  # no such row
        ("rows.x", None),  # a list has no names
        ("a.b.c", None),  # a number has no members
        ("by.2", "two"),  # integer keys
    ],
)
def test_values_are_found_by_dotted_name(name: str, value: object) -> None:
    assert at({"a": {"b": 1}, "rows": [{"x": "first"}, {"x": "second"}], "by": {2: "two"}}, name) == value


def test_names_and_ids() -> None:
    assert resolve_name("", "a.b") == "a.b"
    assert resolve_name("rows.0", "x") == "rows.0.x"
    assert resolve_name("rows.0", None) == "rows.0"
    assert field_id("rows.0.x") == "field-rows-0-x"


@pytest.mark.parametrize(
    ("layouts", "spans"),
    [
        ([None], [16]),
        ([{"row": "r", "columns": 6}, {"row": "r", "columns": 10}], [6, 10]),
        ([{"row": "r"}, {"row": "r"}, {"row": "s"}], [8, 8, 16]),  # equal parts of a row
        ([{"row": None}], [16]),
    ],
)
def test_columns(layouts: list[dict[str, object] | None], spans: list[int]) -> None:
    components = [{"layout": layout} if layout else {} for layout in layouts]
    assert [column_span(each, components) for each in components] == spans
