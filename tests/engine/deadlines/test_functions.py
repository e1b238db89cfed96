"""Working time as expressions in diagrams see it, through FEEL itself."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.clock import CHINA
from engine.deadlines.functions import host_functions
from engine.deadlines.years import national_calendar
from engine.feel import evaluate

NOW = datetime(2020, 9, 25, 10, 0, tzinfo=CHINA)
FUNCTIONS = host_functions(national_calendar(2020), NOW)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("working days after(received, 5)", at("2020-10-09T17:30")),
        ("calendar days after(received, 15)", at("2020-10-10T17:30")),
        ("calendar months after(received, 1)", at("2020-10-25T23:59:59")),  # a Sunday
        ("hours after(received, 2)", at("2020-09-25T12:00")),
        ('working days after(date("2020-09-25"), 5)', at("2020-10-09T17:30")),  # a date without a time
        ("close of business(received)", at("2020-09-25T17:30")),
        ('start of business(date("2020-09-27"))', at("2020-09-27T08:30")),
        ('is working day(date("2020-09-27"))', True),
        ('is working day(date("2020-10-02"))', False),
        ('rolled forward(date("2020-10-03"))', date(2020, 10, 9)),
        ('next working day(date("2020-09-30"))', date(2020, 10, 9)),
        ('working days between(received, date("2020-10-09"))', Decimal(5)),
        ('working days left(date("2020-09-30"))', Decimal(4)),
        ("working days after(received, 1) < working days after(received, 2)", True),
    ],
)
def test_functions_in_expressions(expression: str, value: Any) -> None:
    assert evaluate(expression, {"received": NOW}, now=NOW, functions=FUNCTIONS).value == value
