"""How others use expressions: compiling, names, host functions, the clock, and values going in and out."""

import datetime
import enum
import uuid
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine.errors import NotFound
from engine.feel import (
    FeelEvaluationError,
    Range,
    YearMonthDuration,
    compile,
    compile_unary,
    evaluate,
    jsonable,
    lift,
    lower,
    unary_test,
)

NOW = datetime.datetime(2026, 11, 3, 0, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_an_expression_is_compiled_once() -> None:
    assert compile("a + 1", ["b c"]) is compile("a + 1", ["b c"])


def test_now_is_what_was_handed_in() -> None:
    assert evaluate("now()", now=NOW).value == NOW
    assert evaluate("today()", now=NOW).value == datetime.date(2026, 11, 3)
    assert evaluate('today() - date = @"P1D"', {"date": datetime.date(2026, 11, 2)}, now=NOW).value is True


def test_now_without_a_clock_is_aware() -> None:
    assert evaluate("now()").value.tzinfo is not None


def test_host_functions_are_called_by_position_or_by_name() -> None:
    def after(start: datetime.date, days: Decimal) -> datetime.date:
        return start + datetime.timedelta(days=int(days) + 2)

    functions = {"working days after": after}
    source = 'working days after(@"2026-03-01", 3)'
    assert evaluate(source, functions=functions).value == datetime.date(2026, 3, 6)
    named = compile("working days after(days: 3, start: d)", ["working days after"])
    assert named({"d": datetime.date(2026, 3, 1)}, functions=functions).value == datetime.date(2026, 3, 6)


def test_a_host_function_called_wrongly_yields_null_and_says_so() -> None:
    result = evaluate("rung(1, 2, 3)", functions={"rung": lambda clock, rung: clock})
    assert result.value is None
    assert result.warnings == ("rung(): too many positional arguments",)


def test_an_error_of_the_engine_passes_through_an_expression() -> None:
    def fail() -> None:
        raise NotFound("calendar-missing", "there is no calendar")

    with pytest.raises(NotFound):
        evaluate("f() = null", functions={"f": fail})


def test_what_a_host_function_returns_is_lifted() -> None:
    result = evaluate("f().a + 1", functions={"f": lambda: {"a": 1, "b": object()}})
    assert result.value == 2


READING: list[tuple[str, set[str], list[tuple[str, Any]]]] = [
    ("a + b.c", {"a", "b"}, []),
    ('rung("statutory", "L1")', set(), [("rung", ("statutory", "L1"))]),
    ('rung(clock, "L1")', {"clock"}, [("rung", None)]),
    ("for x in xs return x + y", {"xs", "y"}, []),
    ("some x in xs, z in x satisfies z = y", {"xs", "y"}, []),
    ("{a: 1, b: a + c}", {"c"}, []),
    ("function(a, b) a + b + c", {"c"}, []),
    ("? > 3", set(), []),
    ("partial + item", set(), []),
    ("items[price > limit]", {"items"}, []),  # both may be entries of an item; see filter_names
    ("items[price > limit] = limit", {"items", "limit"}, []),
    ("count(xs) + 1", {"xs"}, [("count", None)]),
    ("1 + 2 * a - b", {"a", "b"}, []),
    ("a in (< b, [c..d])", {"a", "b", "c", "d"}, []),
]


@pytest.mark.parametrize(("source", "names", "calls"), READING)
def test_what_an_expression_reads_and_calls(source: str, names: set[str], calls: list[Any]) -> None:
    expression = compile(source)
    assert expression.free_names == names
    assert expression.calls == calls


def test_names_within_a_filter_are_kept_apart() -> None:
    assert compile("items[price > limit]").reading.filter_names == {"price", "limit"}


def test_a_cell_tells_what_it_reads() -> None:
    assert compile_unary("< limit, [low..5]").free_names == {"limit", "low"}


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


LIFTED: list[tuple[Any, Any]] = [
    (3, Decimal(3)),
    (0.1, Decimal("0.1")),
    (Decimal("1.50"), Decimal("1.50")),
    (float("nan"), None),
    (float("inf"), None),
    (Decimal("NaN"), None),
    (True, True),
    (Colour.RED, "red"),
    (Level.HIGH, Decimal(3)),
    ((1, 2), [Decimal(1), Decimal(2)]),
    ({1: "a"}, {"1": "a"}),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (NOW, NOW),
    (object(), None),
    (len, None),  # a callable in the data is no function
    (b"abc", None),
]


@pytest.mark.parametrize(("given", "expected"), LIFTED)
def test_a_python_value_becomes(given: Any, expected: Any) -> None:
    value = lift(given)
    assert value == expected
    assert type(value) is type(expected)


LOWERED: list[tuple[str, Any, Any]] = [
    # expression, Python value, JSON
    ("3", 3, 3),
    ("1.5", Decimal("1.5"), 1.5),
    ("[1, {a: 2}]", [1, {"a": 2}], [1, {"a": 2}]),
    ('@"2026-03-01"', datetime.date(2026, 3, 1), "2026-03-01"),
    ('@"2026-03-01T08:00:00+08:00"', NOW.replace(month=3, day=1, hour=8, minute=0), "2026-03-01T08:00:00+08:00"),
    ('@"08:00:00"', datetime.time(8), "08:00:00"),
    ('@"P1DT2H"', datetime.timedelta(days=1, hours=2), "P1DT2H"),
    ('@"P14M"', YearMonthDuration(14), "P1Y2M"),
    ("[1..5)", Range(Decimal(1), Decimal(5), True, False), "[1..5)"),
    ("null", None, None),
]


@pytest.mark.parametrize(("source", "python", "json"), LOWERED)
def test_a_value_leaves_as(source: str, python: Any, json: Any) -> None:
    value = evaluate(source).value
    assert lower(value) == python
    assert type(lower(value)) is type(python)
    assert jsonable(value) == json


def test_a_function_cannot_be_stored() -> None:
    with pytest.raises(FeelEvaluationError) as caught:
        lower(evaluate("function(x) x").value)
    assert caught.value.code == "feel-function-as-data"


def test_a_unary_test_takes_context_and_functions() -> None:
    assert unary_test("> limit(1)", 5, functions={"limit": lambda x: x + 1}).value is True
    assert compile_unary("< a")(1, {"a": 2}).value is True


@pytest.mark.parametrize(("months", "text"), [(14, "P1Y2M"), (-3, "-P3M"), (24, "P2Y"), (0, "P0M")])
def test_a_duration_of_months_is_written_in_iso_8601(months: int, text: str) -> None:
    assert YearMonthDuration(months).isoformat() == text


def test_a_huge_whole_number_is_rounded_or_refused() -> None:
    assert lift(10**6000) == Decimal("1E+6000")
    assert lift(10**9000) is None


def test_a_host_function_that_breaks_is_named() -> None:
    with pytest.raises(FeelEvaluationError) as caught:
        evaluate('f("x")', functions={"f": lambda day: day.year})
    assert caught.value.code == "feel-function-failed"
    assert caught.value.facts["function"] == "f"


def test_keys_that_an_expression_cannot_mean_do_not_compile_it_anew() -> None:
    assert compile("Total Amount + 1", ["Total Amount", "x y"]) is compile("Total Amount + 1", ["Total Amount", "z z"])


def test_a_date_that_python_does_not_have_cannot_be_stored_but_shown() -> None:
    value = evaluate('date("-2021-02-28")').value
    assert jsonable(value) == "-2021-02-28"
    with pytest.raises(FeelEvaluationError) as caught:
        lower([value])
    assert caught.value.code == "feel-year-out-of-range"
