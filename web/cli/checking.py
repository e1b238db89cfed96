"""Commands for process designers: try an expression."""

import argparse
import json
import sys
from typing import Any

from engine.errors import Invalid
from engine.feel import FeelSyntaxError, evaluate, jsonable, to_text
from web.cli.reading import Commands, Read


def add_commands(commands: Commands) -> None:
    """Add `feel`."""
    feel = commands.add_parser("feel", help="evaluate a FEEL expression")
    feel.add_argument("expression")
    feel.add_argument("--data", default="{}", help='what the expression sees, as JSON: {"amount": 3}')
    feel.add_argument("--json", action="store_true", help="print value and warnings as JSON")
    feel.set_defaults(run=_feel)


def _feel(options: argparse.Namespace, _read: Read) -> int:
    """Print the value, and on standard error why something became null."""
    try:
        result = evaluate(options.expression, read_data(options.data))
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


def read_data(text: str) -> dict[str, Any]:
    """Read what `--data` says.

    Raises:
        Invalid: it is no JSON object.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise Invalid("data-no-json", "--data is no JSON ({reason}). Write it as {example}.",
                      reason=str(error), example='{"amount": 3}') from error  # fmt: skip
    if not isinstance(data, dict):
        raise Invalid("data-no-object", "--data is no JSON object. Write it as {example}.", example='{"amount": 3}')
    return data
