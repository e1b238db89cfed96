"""300 random submissions, judged by form-js 1.23.0 itself (data/verdicts.json, made by data/judge.cjs)."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Invalid
from engine.forms import Form

DATA = Path(__file__).parent / "data"
FORM = Form.read((DATA / "visit.form").read_bytes())
VERDICTS = json.loads((DATA / "verdicts.json").read_text())
NOW = datetime(2026, 3, 18, 2, 0, tzinfo=UTC)


def refused_fields(submitted: dict[str, Any]) -> list[str]:
    try:
        FORM.load(submitted, {}, now=NOW)
    except Invalid as error:
        return sorted(error.facts["fields"])
    return []


def as_json(value: Any) -> Any:
    """Undo the typing, so that values can be compared with those of a browser."""
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def test_the_same_fields_are_refused() -> None:
    differing = [v for v in VERDICTS if refused_fields(v["submitted"]) != v["refused"]]
    assert len(VERDICTS) == 300
    assert not differing, (refused_fields(differing[0]["submitted"]), differing[0], len(differing))


def test_the_same_values_are_accepted() -> None:
    accepted = [v for v in VERDICTS if not v["refused"]]
    assert len(accepted) >= 20
    for verdict in accepted:
        # a browser leaves a list without rows out, we say that it is empty
        expected = {"files": [], **verdict["data"]}
        assert as_json(FORM.load(verdict["submitted"], {}, now=NOW)) == expected


@pytest.mark.parametrize("number", range(0, 300, 25))
def test_a_browsers_page_gives_the_same_verdict_as_a_program(number: int) -> None:
    submitted, refused = VERDICTS[number]["submitted"], VERDICTS[number]["refused"]
    assert refused_fields(FORM.parse_submission(as_sent(submitted))) == refused


def as_sent(data: Any, prefix: str = "") -> dict[str, list[str]]:
    """Say what a browser would send for `data`: names with dots, nothing for an unticked box."""
    sent: dict[str, list[str]] = {}
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            sent |= as_sent(value, f"{name}.") | {name: ["row"]}
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            sent |= as_sent(value, f"{name}.")
        elif isinstance(value, list):
            sent[name] = [str(item) for item in value]
        elif isinstance(value, bool):
            sent |= {name: ["on"]} if value else {}
        else:
            sent[name] = ["" if value is None else str(value).replace("\n", "\r\n")]
    return sent
