"""What the check of a model reports: code, element, and a message that names rule and column."""

import pytest

from engine.decisions import Model, check
from tests.engine.decisions.models import decision, definitions, given, literal, table

CASES = [
    # formulas
    (
        [given("x"), decision("d", table("FIRST", ["x"], ["n"], [("-", "1"), ("== 2", "2")]), ["i-x"])],
        ("decision-bad-expression", "c2-0", 'rule 2, column "x": line 1, column 1: `==` does not fit here'),
    ),
    ([decision("d", literal("1 +"))], ("decision-bad-expression", "", "literal expression: line 1, column 4")),
    (
        [given("x"), decision("d", literal("x + y"), ["i-x"])],
        ("decision-unknown-name", "", "`y` is not known here; draw an arrow from what it means"),
    ),
    (
        [given("x"), decision("d", table("FIRST", ["x"], ["n"], [("< limit", "1")]), ["i-x"])],
        ("decision-unknown-name", "c1-0", 'rule 1, column "x": `limit` is not known here'),
    ),
    (
        [given("x"), decision("d", literal("foo(x)"), ["i-x"])],
        ("decision-unknown-function", "", "there is no function `foo`"),
    ),
    # tables
    (
        [decision("d", table("PRIORITY", ["x"], ["n"], [("-", "1")]))],
        ("decision-no-output-order", "out-n", "lists no values, whose order the hit policy PRIORITY goes by"),
    ),
    (
        [decision("d", table("OUTPUT ORDER", ["x"], ["n"], [("-", "1")]))],
        ("decision-no-output-order", "out-n", "OUTPUT ORDER"),
    ),
    ([decision("d", table("BEST", ["x"], ["n"], [("-", "1")]))], ("decision-policy", "t", "no hit policy `BEST`")),
    (
        [decision("d", table("FIRST", ["x"], ["n"], [("-", "1")], aggregation="SUM"))],
        ("decision-policy", "t", "only the hit policy COLLECT aggregates"),
    ),
    ([decision("d", table("FIRST", ["x"], ["n"], [("-",)]))], ("decision-cells", "r1", "rule 1: it has not as many")),
    ([decision("d", table("FIRST", ["x"], ["n"], []))], ("decision-no-rules", "t", "never hits")),
    ([decision("d", table("FIRST", [""], ["n"], [("-", "1")]))], ("decision-no-input-expression", "in-", "no input")),
    # the graph
    ([decision("d", "")], ("decision-no-logic", "d-d", "always null")),
    ([decision("d", literal("e"), ["d-e"])], ("decision-unknown-reference", "d-d", "`d-e`, which is not in the model")),
    ([decision("d", literal("d"), ["d-d"])], ("decision-cycle", "d-d", "requires itself")),
    ([given("x", "nothing"), decision("d", literal("x"), ["i-x"])], ("decision-unknown-type", "i-x", "is no type")),
    ([decision("d", literal("1")), decision("d", literal("2"))], ("decision-name-twice", "d-d", "are called `d`")),
    (
        ['<import name="l" namespace="http://l" importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'],
        ("decision-missing-import", "m", "add its file"),
    ),
    (
        [
            '<itemDefinition name="t"><typeRef>string</typeRef>'
            "<allowedValues><text>&lt;</text></allowedValues></itemDefinition>"
        ],
        ("decision-bad-expression", "", "type `t`, allowed values"),
    ),
]


@pytest.mark.parametrize(("elements", "expected"), CASES)
def test_a_mistake_is_found(elements: list[str], expected: tuple[str, str, str]) -> None:
    code, element, message = expected
    (finding,) = [each for each in check(Model.read(definitions(*elements))) if each.code == code]
    assert finding.element == element
    assert message in finding.message


def test_a_sound_model_has_no_findings() -> None:
    model = Model.read(
        definitions(
            given("x", "number"),
            decision(
                "d",
                table(
                    "PRIORITY",
                    ["x"],
                    ["n"],
                    [("< 3", '"a"'), ("? in [3..working days(x)]", 'if x > 1 then "a" else "b"')],
                    allowed='"a", "b"',
                ),
                ["i-x"],
            ),
            decision("e", literal("for i in [1, 2] return i + d"), ["d-d"]),
        )
    )
    assert check(model, ["working days"]) == []


def test_a_decision_without_arrows_may_read_any_variable() -> None:
    assert check(Model.read(definitions(decision("d", literal("anything + 1"))))) == []


def test_names_within_a_filter_may_be_entries_of_the_items() -> None:
    assert check(Model.read(definitions(given("x"), decision("d", literal("x[price > 3]"), ["i-x"])))) == []
