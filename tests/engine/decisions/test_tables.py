"""Decision tables: what each hit policy makes of the rules that hit, and what the trace tells."""

from decimal import Decimal
from typing import Any

import pytest

from engine.decisions import DecisionError, Model, explain
from tests.engine.decisions.models import decision, definitions, given, table

#: Two rules hit for 5, none for 0, one for 15.
OVERLAP = [("[1..10]", '"low"', "1"), ("[5..20]", '"high"', "2")]
VALUES = '"high", "low"'


def decide(logic: str, x: Any) -> Any:
    model = Model.read(definitions(given("x"), decision("d", logic, ["i-x"])))
    return model.decide("d", {"x": x}).value


def rules(*columns: int) -> list[tuple[str, ...]]:
    return [tuple(row[column] for column in (0, *columns)) for row in OVERLAP]


POLICIES = [
    # policy, aggregation, value for 5 (two hits), for 15 (one hit), for 0 (no hit)
    ("UNIQUE", "", None, "high", None),
    ("FIRST", "", "low", "high", None),
    ("ANY", "", None, "high", None),
    ("PRIORITY", "", "high", "high", None),
    ("OUTPUT ORDER", "", ["high", "low"], ["high"], None),
    ("RULE ORDER", "", ["low", "high"], ["high"], None),
    ("COLLECT", "", ["low", "high"], ["high"], None),
    ("COLLECT", "COUNT", 2, 1, 0),
    ("COLLECT", "MIN", "high", "high", None),
    ("COLLECT", "MAX", "low", "high", None),
]


@pytest.mark.parametrize(("policy", "aggregation", "two", "one", "none"), POLICIES)
def test_a_hit_policy_decides_among_the_rules_that_hit(
    policy: str, aggregation: str, two: Any, one: Any, none: Any
) -> None:
    logic = table(policy, ["x"], ["level"], rules(1), aggregation=aggregation, allowed=VALUES)
    assert [decide(logic, x) for x in (5, 15, 0)] == [two, one, none]


def test_sum_adds_numbers() -> None:
    assert decide(table("COLLECT", ["x"], ["n"], rules(2), aggregation="SUM"), 5) == 3


def test_several_outputs_become_a_context() -> None:
    assert decide(table("FIRST", ["x"], ["level", "n"], rules(1, 2)), 5) == {"level": "low", "n": Decimal(1)}


def test_any_accepts_rules_that_agree() -> None:
    logic = table("ANY", ["x"], ["n"], [("> 1", "7"), ("> 2", "7.0")])
    assert decide(logic, 5) == 7


def test_a_default_stands_in_when_no_rule_hits() -> None:
    assert decide(table("UNIQUE", ["x"], ["n"], rules(2), default="99"), 0) == 99


def test_cells_see_the_other_inputs_and_the_tested_value() -> None:
    logic = table("FIRST", ["x", "y"], ["n"], [("> y", "-", "1"), ("-", "? = x", "2")])
    model = Model.read(definitions(given("x"), given("y"), decision("d", logic, ["i-x", "i-y"])))
    assert model.decide("d", {"x": 3, "y": 2}).value == 1
    assert model.decide("d", {"x": 2, "y": 2}).value == 2


def test_an_input_outside_of_its_values_gives_null_and_says_so() -> None:
    model = Model.read(
        definitions(given("x"), decision("d", table("UNIQUE", ["x"], ["n"], rules(2), input_values="[0..9]"), ["i-x"]))
    )
    result = model.decide("d", {"x": 15})
    assert result.value is None
    assert result.warnings == ('decision `d`, input column "x": 15 is not among the values [0..9]',)


def test_an_output_outside_of_its_values_gives_null() -> None:
    assert decide(table("FIRST", ["x"], ["level"], rules(1), allowed='"high"'), 5) is None


def test_a_type_that_does_not_fit_a_cell_is_told_with_rule_and_column() -> None:
    model = Model.read(definitions(given("x"), decision("d", table("FIRST", ["x"], ["n"], rules(2)), ["i-x"])))
    result = model.decide("d", {"x": None})
    assert result.value is None
    assert result.warnings[-1] == "decision `d`, no rule of the table hits, and it has no default output"


def test_the_trace_tells_which_rules_hit_and_where_the_others_failed() -> None:
    logic = table("COLLECT", ["x", "y"], ["n"], [("> 3", '"a"', "1"), ("> 9", "-", "2"), ("-", "-", "3")])
    model = Model.read(definitions(given("x"), given("y"), decision("d", logic, ["i-x", "i-y"])))
    result = model.decide("d", {"x": 5, "y": "b"})
    (trace,) = result.trace
    assert result.value == [3]
    assert (trace.decision, trace.hits, trace.hit_ids) == ("d", (3,), ("r3",))
    assert trace.inputs == (("x", 5), ("y", "b"))
    assert [(miss.rule, miss.rule_id, miss.column, miss.cell, miss.value) for miss in trace.misses] == [
        (1, "r1", "y", '"a"', "b"),
        (2, "r2", "x", "> 9", 5),
    ]
    assert explain(result) == [
        "decision `d` with x = 5, y = b gives [3]",
        "  rule 3 hits (note 3)",
        '  rule 1 fails at y = b: `"a"`',
        "  rule 2 fails at x = 5: `> 9`",
    ]


def test_the_trace_can_be_stored() -> None:
    model = Model.read(definitions(given("x"), decision("d", table("FIRST", ["x"], ["n"], rules(2)), ["i-x"])))
    stored = model.decide("d", {"x": 15}).trace[0].as_json()
    assert stored == {
        "decision": "d",
        "table": "t",
        "policy": "FIRST",
        "inputs": {"x": 15},
        "hits": [{"rule": 2, "id": "r2", "annotations": ["note 2"]}],
        "misses": [{"rule": 1, "id": "r1", "column": "x", "cell": "[1..10]", "value": 15}],
        "output": 2,
    }


@pytest.mark.parametrize(
    ("cells", "place", "hint"),
    [
        (("== 3", "1"), 'rule 1, column "x"', "write `=` for equality"),
        (("3", "if x then 1"), 'rule 1, column "n"', "both branches"),
    ],
)
def test_a_cell_that_does_not_parse_is_named(cells: tuple[str, str], place: str, hint: str) -> None:
    model = Model.read(definitions(given("x"), decision("ladder", table("FIRST", ["x"], ["n"], [cells]), ["i-x"])))
    with pytest.raises(DecisionError) as caught:
        model.decide("ladder", {"x": 3})
    assert caught.value.code == "decision-bad-expression"
    assert caught.value.message.startswith(f"decision `ladder`, {place}:")
    assert hint in caught.value.message
    assert caught.value.facts["column"] >= 1
