"""Commands for process designers: try an expression, count a deadline."""

import argparse
import json
import sys
from datetime import datetime
from typing import Any, Final

from engine.clock import CHINA
from engine.deadlines.clocks import Roll, Unit, due
from engine.deadlines.explain import explain
from engine.deadlines.trace import to_json
from engine.deadlines.years import national_calendar
from engine.errors import Invalid
from engine.feel import FeelSyntaxError, evaluate, jsonable, to_text
from web.cli.reading import Commands, Read

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: how many years of holidays a deadline may run over
_YEARS: Final = 5


def add_commands(commands: Commands) -> None:
    """Add `feel` and `due`."""
    feel = commands.add_parser("feel", help="evaluate a FEEL expression")
    feel.add_argument("expression")
    feel.add_argument("--data", default="{}", help='what the expression sees, as JSON: {"amount": 3}')
    feel.add_argument("--json", action="store_true", help="print value and warnings as JSON")
    feel.set_defaults(run=_feel)
    count = commands.add_parser("due", help="count a deadline on the national working-day calendar")
    count.add_argument("--received", required=True, help="2026-03-18, or with a time 2026-03-18T09:30")
    count.add_argument("--amount", required=True, type=int)
    count.add_argument("--unit", required=True, choices=[unit.value for unit in Unit])
    count.add_argument("--roll", nargs="?", const=Roll.FORWARD.value, choices=[roll.value for roll in Roll])
    count.add_argument("--language", default="zh_CN", choices=("zh_CN", "en"), help="of the explanation")
    count.add_argument("--json", action="store_true")
    count.set_defaults(run=_due)


def _feel(options: argparse.Namespace, _read: Read) -> int:
    """Print the value, and on standard error why something became null."""
    try:
        result = evaluate(options.expression, _data(options.data))
    except FeelSyntaxError as error:
        print(error.excerpt, file=sys.stderr)
        raise
    if options.json:
        shown = {"value": jsonable(result.value), "warnings": list(result.warnings)}
        print(json.dumps(shown, ensure_ascii=False, default=str))
        return 0
    print(to_text(result.value))
    for warning in result.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return 0


def _data(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError as error:
        raise Invalid("data-no-json", "--data is no JSON ({reason}). Write it as {example}.",
                      reason=str(error), example='{"amount": 3}') from error  # fmt: skip
    if not isinstance(data, dict):
        raise Invalid("data-no-object", "--data is no JSON object. Write it as {example}.", example='{"amount": 3}')
    return data


def _due(options: argparse.Namespace, _read: Read) -> int:
    """Print when something is due, and why it is that date."""
    received = _moment(options.received)
    calendar = national_calendar(*range(received.year, received.year + _YEARS))
    found = due(received, options.amount, options.unit, calendar=calendar, roll=options.roll or Roll.NONE)
    local = found.due_at.astimezone(CHINA)
    if options.json:
        shown = {"due_at": local.isoformat(), "provisional": found.provisional, "trace": to_json(found.trace)}
        print(json.dumps(shown, ensure_ascii=False))
        return 0
    print(f"{local:%Y-%m-%d %H:%M} {_WEEKDAYS[local.weekday()]}")
    print(explain(found.trace, options.language))
    return 0


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(
            "received-unreadable",
            "--received {text} is no date. Write it as 2026-03-18 or 2026-03-18T09:30.",
            text=text,
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
