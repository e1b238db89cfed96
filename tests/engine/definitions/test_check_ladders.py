"""A ladder that cannot work is refused before it is deployed, by row, with what to do."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

import pytest

from engine.definitions.check_ladders import check_ladders

COLUMNS = (
    "rung",
    "fraction_left",
    "after_due",
    "unit",
    "to",
    "notice",
    "sign",
    "document",
    "acknowledge_hours",
    "next",
    "urgent",
)
#: cells of a good row, by column; what is not named is null
L0 = {"rung": '"L0"', "fraction_left": "0.30", "to": '["handler"]', "notice": '"soon"'}
L2 = {"rung": '"L2"', "after_due": "1", "unit": '"working-days"', "to": '["department_lead"]', "notice": '"late"'}
L3 = {"rung": '"L3"', "after_due": "5", "unit": '"working-days"', "to": '["main_leader"]', "notice": '"slip"',
      "sign": "true", "document": '"order"', "acknowledge_hours": "8"}  # fmt: skip


def table(
    *rows: dict[str, str], policy: str = "RULE ORDER", columns: Sequence[str] = COLUMNS, name: str = "ladder"
) -> bytes:
    """A ladder. `when` of a row is the cell of its one input."""
    outputs = "".join(f'<output id="o_{column}" name="{column}"/>' for column in columns)
    rules = "".join(
        f'<rule id="rule_{number}"><inputEntry><text>{escape(row.get("when", "-"))}</text></inputEntry>'
        + "".join(f"<outputEntry><text>{escape(row.get(column, 'null'))}</text></outputEntry>" for column in columns)
        + "</rule>"
        for number, row in enumerate(rows, 1)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
        f'<decision id="{name}" name="{name}"><decisionTable id="table" hitPolicy="{policy}"><input id="i">'
        f"<inputExpression><text>tier</text></inputExpression></input>{outputs}{rules}</decisionTable></decision>"
        "</definitions>"
    ).encode()


def expression(text: str) -> bytes:
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n">'
        f'<decision id="ladder" name="l"><literalExpression><text>{escape(text)}</text></literalExpression></decision>'
        "</definitions>"
    ).encode()


def said(xml: bytes) -> list[tuple[str, str]]:
    """What is found: (code, reason)."""
    found = list(
        check_ladders("decisions/l.dmn", xml, named={"ladder"}, notices={"soon", "late", "slip"}, documents={"order"})
    )
    assert all(each.mend and each.file == "decisions/l.dmn" and each.severity == "error" for each in found)
    return [(each.code, each.reason) for each in found]


SOUND = [
    # the usual ladder
    (L0, L2, L3),
    # two ladders in one table: their conditions exclude each other
    (L0, {**L2, "when": '"urgent"', "unit": '"hours"'}, {**L2, "when": 'not("urgent")'}),
    # an amount that the data give
    ({**L2, "after_due": "times.grace"}, {**L3, "after_due": "times.more"}),
    # nobody is told: the rung is there for the timers that follow it
    ({**L2, "to": "[]", "notice": "null"},),
    # hours before working days: which is later depends on the day
    ({**L2, "after_due": "30", "unit": '"hours"'}, {**L3, "after_due": "1"}),
    # addressees as one text, and to whom it goes when nobody acknowledges
    ({**L2, "to": '"department_lead; supervision"', "next": '["main_leader"]'},),
]


@pytest.mark.parametrize("rows", SOUND)
def test_a_sound_ladder_has_no_findings(rows: tuple[dict[str, str], ...]) -> None:
    assert said(table(*rows)) == []


@pytest.mark.parametrize(
    ("rows", "code", "reason"),
    [
        # out of order in position and in time
        ((L3, L2), "ladder-order", "row 2 (L2): it is due before row 1 (L3)"),
        ((L2, L0), "ladder-order", "row 2 (L0): it is due before row 1 (L2)"),
        (({**L0, "fraction_left": "0.15"}, {**L0, "rung": '"L1"'}), "ladder-order", "row 2 (L1)"),
        (({**L2, "after_due": "20"}, {**L3, "after_due": "30", "unit": '"hours"'}), "ladder-order", "row 2 (L3)"),
        # names
        ((L2, {**L3, "rung": '"L2"'}), "ladder-rung-twice", "row 2 (L2): row 1 is called 'L2' too"),
        (({**L2, "rung": "null"},), "ladder-rung-name", "row 1: the rung has no name"),
        (({**L2, "rung": '"a name of many letters"'},), "ladder-rung-name", "no name that can be used"),
        # amounts
        (({**L2, "after_due": "null"},), "ladder-rung-when", "row 1 (L2): the rung has no amount"),
        (({**L2, "fraction_left": "0.1"},), "ladder-rung-when", "has both"),
        (({**L0, "fraction_left": "30"},), "ladder-rung-fraction", "fraction_left is 30"),
        (({**L2, "after_due": "1.5"},), "ladder-rung-after", "after_due is 1.5"),
        (({**L2, "after_due": "-1"},), "ladder-rung-after", "after_due is -1"),
        (({**L2, "unit": "null"},), "ladder-rung-unit", "after_due has no unit"),
        (({**L2, "unit": '"days"'},), "ladder-rung-unit", "the unit is 'days'"),
        (({**L2, "acknowledge_hours": "0"},), "ladder-rung-hours", "acknowledge_hours is 0"),
        (({**L2, "urgent": '"yes"'},), "ladder-rung-urgent", "urgent is yes"),
        # addressees
        (({**L2, "to": '["boss"]'},), "ladder-relation", "nobody is meant by 'boss' in to"),
        (({**L2, "to": '"handler; resident"'},), "ladder-relation", "'resident'"),
        (({**L2, "next": '["boss"]'},), "ladder-relation", "'boss' in next"),
        # texts
        (({**L2, "notice": '"gone"'},), "notice-unknown", "row 1 (L2): the package has no notice 'gone'"),
        (({**L2, "notice": "null"},), "ladder-notice", "tells somebody and names no notice"),
        (({**L2, "to": "[]"},), "ladder-notice", "names a notice and nobody to tell"),
        (({**L3, "document": '"gone"'},), "document-unknown", "row 1 (L3): the package has no document 'gone'"),
        (({**L3, "sign": "false"},), "ladder-document", "nobody signs it"),
    ],
)
def test_a_row_that_cannot_work_is_named(rows: tuple[dict[str, str], ...], code: str, reason: str) -> None:
    ((found, why),) = said(table(*rows))
    assert found == code
    assert reason in why


def test_a_finding_names_the_rule_and_what_to_do() -> None:
    ((found),) = check_ladders(
        "decisions/l.dmn", table(L3, L2), named=(), notices={"late", "slip"}, documents={"order"}
    )
    assert (found.element_id, found.element_name) == ("rule_2", "ladder ladder")
    assert found.message == (
        "ladder ladder (rule_2): row 2 (L2): it is due before row 1 (L3), which stands above it. "
        "Put the rows in the order of their times, or correct the amount."
    )


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (table(L0, policy="FIRST"), "ladder-hit-policy"),
        (table(L0, columns=("rung", "fraction_left", "notice")), "ladder-column"),
        (table(L0, columns=("rung", "to", "notice")), "ladder-column"),
        (table(L0, columns=("fraction_left", "to", "notice")), "ladder-column"),
        (expression('"no list"'), "ladder-no-list"),
        (expression('[{"rung": "L2", "after_due": 1, "unit": "weeks"}]'), "ladder-rung-unit"),
    ],
)
def test_a_ladder_that_gives_no_rungs_is_refused(xml: bytes, code: str) -> None:
    assert code in [found for found, _ in said(xml)]


def test_the_own_ladder_of_a_jurisdiction_is_checked_like_any_other() -> None:
    assert said(table(L3, L2, name="ladder.wuzhong"))[0][0] == "ladder-order"


def test_another_decision_is_no_ladder() -> None:
    xml = table({"notice": '"gone"'}, columns=("notice", "unit"), policy="FIRST", name="times")
    assert said(xml) == []


def test_an_expression_over_data_is_left_to_the_clock() -> None:
    assert said(expression('[{"rung": "L2", "after_due": times.grace, "unit": "hours"}]')) == []
