import time
from typing import Any

import pytest

from engine.decisions import Model, analyse
from engine.decisions.coverage import findings

NUMBERS = ("a", "number")


def table(inputs: list[tuple[str, str]], rules: list[tuple[str, ...]], policy: str = "UNIQUE", more: str = "") -> Model:
    """A table with these inputs (expression, type); the last cell of a rule is its output."""

    def text(value: str) -> str:
        return f"<text>{value.replace('&', '&amp;').replace('<', '&lt;')}</text>"

    columns = "".join(
        f'<input id="i{n}" label="{name}"><inputExpression typeRef="{of}">{text(name)}</inputExpression>{more}</input>'
        for n, (name, of) in enumerate(inputs)
    )
    rows = "".join(
        f'<rule id="r{n}">'
        + "".join(f"<inputEntry>{text(cell)}</inputEntry>" for cell in rule[:-1])
        + f"<outputEntry>{text(rule[-1])}</outputEntry></rule>"
        for n, rule in enumerate(rules, 1)
    )
    return Model.read(
        f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="n">'
        f'<decision id="d" name="d"><decisionTable id="t" hitPolicy="{policy}">{columns}<output id="o" name="o"/>{rows}'
        "</decisionTable></decision></definitions>".encode()
    )


def found(*given: Any, **more: Any) -> tuple[list[tuple[tuple[int, ...], dict[str, str]]], list[dict[str, str]], int]:
    (coverage,) = analyse(table(*given, **more))
    overlaps = [(each.rules, each.where) for each in coverage.overlaps]
    return overlaps, [gap.where for gap in coverage.gaps], len(coverage.unanalysed)


@pytest.mark.parametrize(
    ("of", "cells", "overlaps", "gaps"),
    [
        ("number", ["< 5", ">= 5"], [], []),
        ("number", ["<= 5", ">= 5"], [((1, 2), "5")], []),
        ("number", ["< 5", "> 5"], [], ["5"]),
        ("number", ["[1..5)", "[5..8]"], [], ["< 1, > 8"]),
        ("number", ["[1..5]", "[3..8]", "-"], [((1, 2), "[3..5]"), ((1, 3), "[1..3)"), ((2, 3), "[3..5]")], []),
        ("number", ["1, 2", "not(1, 2)"], [], []),
        ("number", ["]1..2["], [], ["<= 1, >= 2"]),
        ("string", ['"x"', '"y"'], [], ["any other text"]),
        ("string", ['"x"', 'not("x")'], [], []),
        ("string", ['"x", "y"', '"y", "z"', 'not("x","y","z")'], [((1, 2), '"y"')], []),
        ("boolean", ["true"], [], ["false"]),
        ("boolean", ["true", "false"], [], []),
        ("date", ['< date("2026-01-01")', '> date("2026-01-01")'], [], ["2026-01-01"]),
        # no day lies between two that follow each other
        ("date", ['<= date("2026-01-01")', '>= date("2026-01-02")'], [], []),
        ("dayTimeDuration", ['<= duration("P3D")', '>= @"P3D"'], [((1, 2), "P3D")], []),
        ("number", ["-"], [], []),
    ],
)
def test_one_input_is_cut_where_its_cells_cut_it(
    of: str, cells: list[str], overlaps: list[tuple[tuple[int, int], str]], gaps: list[str]
) -> None:
    said = found([("a", of)], [(cell, "1") for cell in cells])
    assert said == ([(pair, {"a": words}) for pair, words in overlaps], [{"a": words} for words in gaps], 0)


def test_two_inputs_are_looked_at_together() -> None:
    rules = [("< 10", "true", "1"), (">= 10", "true", "2"), ("> 5", "false", "3")]
    overlaps, gaps, _ = found([NUMBERS, ("b", "boolean")], rules)
    assert overlaps == []
    assert gaps == [{"a": "<= 5", "b": "false"}]


def test_listed_values_are_all_there_are() -> None:
    more = '<inputValues><text>"x", "y"</text></inputValues>'
    assert found([("a", "string")], [('"x"', "1"), ('"y"', "2")], more=more) == ([], [], 0)
    assert found([("a", "string")], [('"x"', "1")], more=more)[1] == [{"a": '"y"'}]


@pytest.mark.parametrize(
    ("policy", "overlapping", "gaps"),
    [("UNIQUE", 1, 1), ("ANY", 1, 1), ("FIRST", 0, 1), ("PRIORITY", 0, 1), ("COLLECT", 0, 0), ("RULE ORDER", 0, 0)],
)
def test_hit_policy_says_what_is_a_mistake(policy: str, overlapping: int, gaps: int) -> None:
    said = found([NUMBERS], [("< 5", "1"), ("< 4", "2")], policy=policy)
    assert (len(said[0]), len(said[1])) == (overlapping, gaps)


def test_rules_that_say_the_same_may_both_hit_under_any() -> None:
    assert found([NUMBERS], [("-", "1"), ("< 4", "1")], policy="ANY")[0] == []


@pytest.mark.parametrize("cell", ["b", "? > b", "> b", "b + 1", 'contains(?, "x")', "today()", "[1..b]"])
def test_cell_that_computes_is_not_judged_and_said(cell: str) -> None:
    overlaps, gaps, unanalysed = found([NUMBERS], [("< 5", "1"), (cell, "2")])
    assert (overlaps, gaps, unanalysed) == ([], [], 1)
    (warning,) = findings(table([NUMBERS], [("< 5", "1"), (cell, "2")]))
    assert (warning.code, warning.level) == ("decision-not-analysed", "warning")


def test_mixed_kinds_are_not_judged() -> None:
    assert found([("a", "Any")], [("5", "1"), ('"x"', "2")]) == ([], [], 2)


def test_warnings_name_rules_and_inputs() -> None:
    overlap, gap = findings(table([NUMBERS], [("< 5", "1"), ("[4..6]", "2")]))
    assert overlap.message.startswith("`d`: rules 1 and 2 both hit for a [4..5), ")
    assert gap.message.startswith("`d`: no rule hits for a > 6; ")


def test_large_table_ends_and_says_that_it_is_not_complete() -> None:
    inputs = [(f"a{n}", "number") for n in range(12)]
    rules = [
        (*(str(row) if n == column else f"[{row}..{row + 9}]" for n in range(12)), "1")
        for row in range(30)
        for column in range(12)
    ]
    before = time.process_time()
    (coverage,) = analyse(table(inputs, rules, policy="FIRST"))
    assert time.process_time() - before < 10
    assert len(coverage.gaps) == 50 or not coverage.complete


def test_what_is_told_is_what_the_table_does() -> None:
    model = table([NUMBERS, ("b", "boolean")], [("< 10", "true", "1"), ("[5..20]", "-", "2"), ("> 30", "false", "3")])
    (coverage,) = analyse(model)
    assert [(each.rules, each.where) for each in coverage.overlaps] == [((1, 2), {"a": "[5..10)", "b": "true"})]
    assert [gap.where for gap in coverage.gaps] == [
        {"a": "< 5", "b": "false"}, {"a": "(20..30]"}, {"a": "> 30", "b": "true"},
    ]  # fmt: skip
    for a, b, hits in [(5, True, 2), (9, True, 2), (10, True, 1), (4, False, 0), (25, True, 0), (31, False, 1)]:
        (trace,) = model.decide("d", {"a": a, "b": b}).trace
        assert len(trace.hits) == hits
