import json
from pathlib import Path

import pytest

from tests.engine.decisions.test_coverage import NUMBERS, table
from web.cli import main


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "x.dmn"
    path.write_bytes(table([NUMBERS], [("< 5", '"small"'), ("[4..6]", '"middle"')]).xml)
    return path


def test_decision_is_made_and_explained(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", str(file), "d", "--data", '{"a": 6}'], environ={}) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == '"middle"' or out[0] == "middle"
    assert out[-2:] == ["  rule 2 hits", "  rule 1 fails at a = 6: `< 5`"]


def test_decision_is_printed_for_programs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decide", str(file), "d", "--data", '{"a": 6}', "--json"], environ={}) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["value"], shown["warnings"]) == ("middle", [])
    assert [hit["rule"] for hit in shown["tables"][0]["hits"]] == [2]
    assert shown["tables"][0]["misses"][0]["cell"] == "< 5"


@pytest.mark.parametrize("arguments", [["d", "--data", "["], ["nothing"]], ids=["no JSON", "no such decision"])
def test_what_cannot_be_decided_ends_with_a_reason(
    file: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["decide", str(file), *arguments], environ={}) == 2
    assert capsys.readouterr().err.startswith("chuishao: ")


def test_overlaps_and_gaps_are_warnings(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", str(file)], environ={}) == 0
    out = capsys.readouterr().out
    assert "rules 1 and 2 both hit for a [4..5)" in out
    assert "no rule hits for a > 6" in out
    assert out.endswith("0 errors, 2 other findings.\n")
    assert main(["lint", str(file), "--json"], environ={}) == 0
    assert [each["code"] for each in json.loads(capsys.readouterr().out)] == ["decision-overlap", "decision-gap"]
