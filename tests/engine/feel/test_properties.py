"""What holds for every text and every value: errors are ours, work is bounded, values survive."""

import datetime
import time
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.feel import (
    BUILTINS,
    FeelError,
    FeelLimitError,
    FeelSyntaxError,
    YearMonthDuration,
    compile,
    compile_unary,
    evaluate,
    jsonable,
    lift,
    lower,
    to_text,
)

_settings = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

_WORDS = (
    "if then else for in return some every satisfies and or not between instance of true false null "
    "function external list context range number string date a b 金额 item partial 0 1 2.5 1e9"
)
_PIECES = [
    *"()[]{}<>=!?.,:;+-*/@\"'\\ \n（）“”，：＝①。",
    *_WORDS.split(),
    *("..", "**", "//", "/*", '"text"', '@"2026-03-01"', '@"P1D"', "date and time", "string length(", "list<number>"),
]

texts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(_PIECES), max_size=25).map(" ".join),
    st.lists(st.sampled_from(_PIECES), max_size=25).map("".join),
)


@_settings
@given(texts)
@example("[1..a[")
@example("x in (")
@example("function")
@example('"\\uD800"')
@example("1" + "0" * 9000)
def test_a_text_compiles_or_is_refused_with_our_errors(source: str) -> None:
    for build in (compile, compile_unary):
        problem = None
        try:
            build(source)
        except (FeelSyntaxError, FeelLimitError) as caught:
            problem = caught
        if isinstance(problem, FeelSyntaxError):
            assert 1 <= problem.line <= source.count("\n") + 1
            assert 0 <= problem.position <= len(source)


_names = st.sampled_from(["a", "b", "items", "text", "day", "moment", "missing", "金额"])
_literals = st.one_of(
    st.integers(-20, 20).map(str),
    st.sampled_from(["0.5", "1e3", '"x"', '"a b"', "true", "false", "null", '@"2026-03-01"', '@"P1M"', '@"P1DT1H"']),
    st.sampled_from(['@"10:00:00"', '@"2026-03-01T10:00:00Z"', "[1..5)", "< 3", "[]", "{}", "[1, 2, null]", "{a: 1}"]),
)
_operators = st.sampled_from(["+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in"])


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=1, max_size=4)
    return st.one_of(
        st.tuples(inner, _operators, inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"if {parts[0]} then {parts[1]} else {parts[2]}"),
        st.tuples(inner, inner).map(lambda parts: f"(for x in {parts[0]} return {parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"(some x in {parts[0]} satisfies {parts[1]})"),
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]})[{parts[1]}]"),
        # brackets around the lower bound: `else` in it would take the `and`, since it takes whatever it can
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} between ({parts[1]}) and {parts[2]})"),
        several.map(lambda parts: "[" + ", ".join(parts) + "]"),
        st.tuples(inner, inner).map(lambda parts: f"{{p: {parts[0]}, q: [p, {parts[1]}]}}.q"),
        st.tuples(st.sampled_from(sorted(BUILTINS)), several).map(lambda parts: f"{parts[0]}({', '.join(parts[1])})"),
        inner.map(lambda part: f"(function(u, v) {part})"),
        st.tuples(inner, st.sampled_from(["year", "days", "start", "a", "time offset"])).map(".".join),
    )


expressions = st.recursive(st.one_of(_literals, _names, st.just("x")), _grow, max_leaves=12)

CONTEXT: dict[str, Any] = {
    "a": 3,
    "b": Decimal("-1.25"),
    "items": [{"a": 1, "b": "x"}, {"a": 2}],
    "text": "吹哨报到",
    "day": datetime.date(2026, 3, 1),
    "moment": datetime.datetime(2026, 3, 1, 9, tzinfo=datetime.UTC),
    "金额": 8000,
}


@settings(_settings, max_examples=150)
@given(expressions)
def test_an_expression_gives_a_value_or_a_limit_error_in_bounded_time(source: str) -> None:
    started = time.process_time()
    try:
        value = evaluate(source, CONTEXT).value
    except FeelLimitError:
        value = None
    assert time.process_time() - started < 2
    assert not isinstance(value, Decimal) or value.is_finite()
    to_text(value)


@_settings
@given(expressions)
def test_the_same_data_and_moment_give_the_same_answer(source: str) -> None:
    def ask() -> Any:
        try:
            result = evaluate(source, CONTEXT, now=CONTEXT["moment"])
        except FeelError as problem:
            return problem.code
        return to_text(result.value), result.warnings

    assert ask() == ask()


plain = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**30), 10**30),
        st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12),
        st.text(max_size=20),
        st.dates(),
        st.times(),
        st.datetimes(timezones=st.just(datetime.UTC)),
        st.timedeltas(),
        st.integers(-1200, 1200).map(YearMonthDuration),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=10,
)


@_settings
@given(plain)
def test_a_value_comes_back_as_what_it_was(value: Any) -> None:
    lifted = lift(value)
    assert lower(lifted) == value
    assert evaluate("x", {"x": value}).value == lifted
    assert lift(lower(lifted)) == lifted
    jsonable(lifted)


@_settings
@given(
    st.one_of(st.dates(), st.datetimes(), st.datetimes(timezones=st.just(datetime.UTC)), st.timedeltas(), st.times())
)
def test_the_text_of_a_moment_or_duration_reads_as_the_same(value: Any) -> None:
    assert evaluate(f'@"{to_text(lift(value))}"').value == value


@_settings
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20), max_value=10**20))
def test_the_text_of_a_number_reads_as_the_same(value: Decimal) -> None:
    assert evaluate(f'number("{to_text(value)}")').value == value


@_settings
@given(st.text(max_size=40))
def test_the_text_of_a_string_in_a_list_reads_as_the_same(value: str) -> None:
    if "\x00" not in value:
        assert evaluate(to_text([value])).value == [value]
