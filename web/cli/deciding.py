"""The command that makes a decision and says which rule hit and why; and what is found at a DMN file."""

import argparse
import json
import sys
from pathlib import Path

from engine.decisions import Model, check, explain
from engine.decisions.coverage import findings as coverage_findings
from engine.definitions.check import FUNCTIONS
from engine.errors import NotFound, Phrase
from engine.feel import jsonable, kind, to_text
from engine.spiff.findings import Finding
from web.cli.checking import read_data
from web.cli.reading import Commands, Read


def add_commands(commands: Commands) -> None:
    """Add `decide`."""
    decide = commands.add_parser("decide", help="make a decision of a DMN file and say which rule hit and why")
    decide.add_argument("file", type=Path)
    decide.add_argument("decision", metavar="DECISION", help="id or name of a decision")
    decide.add_argument("--data", default="{}", help='the input data, as JSON: {"amount": 3}')
    decide.add_argument("--json", action="store_true", help="print `value`, `warnings` and each table's rules as JSON")
    decide.set_defaults(run=_decide)


def _decide(options: argparse.Namespace, _read: Read) -> int:
    made = read_model(options.file).decide(options.decision, read_data(options.data))
    if options.json:
        shown = {
            "value": None if kind(made.value) == "function" else jsonable(made.value),
            "warnings": list(made.warnings),
            "tables": [table.as_json() for table in made.trace],
            "explanation": explain(made),
        }
        print(json.dumps(shown, ensure_ascii=False, default=str))
        return 0
    print(to_text(made.value))
    for line in explain(made):
        print(line)
    for warning in made.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return 0


def read_model(path: Path) -> Model:
    """Read a DMN file.

    Raises:
        NotFound: there is none.
        DecisionError: it is no DMN.
    """
    if not path.is_file():
        raise NotFound("file-missing", "There is no file {path}.", path=str(path))
    return Model.read(path.read_bytes())


def find(path: Path) -> list[Finding]:
    """Find mistakes in a DMN file, rules that overlap, and inputs without a rule; errors first."""
    model = read_model(path)
    found = [*check(model, FUNCTIONS), *coverage_findings(model)]
    return [
        Finding(
            severity=each.level, code=each.code, file=path.name, element_id=each.element, element_name="",
            message=each.message, reason=each.message, mend=Phrase(""),
        )
        for each in sorted(found, key=lambda each: each.level != "error")
    ]  # fmt: skip
