import json
from pathlib import Path

import pytest

from engine.definitions import Package
from tests.engine.importing.drawings import START, TASK, WHOLE, drawing, flow
from tests.web.cli.measuring import run_measured
from web.cli import main


def test_report_is_printed_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.bpmn"
    path.write_bytes(drawing(START + TASK + flow("1", "s", "t")))
    assert main(["import", str(path), "--json"], environ={}) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"processes", "todo", "lossy", "renamed"}
    assert report["processes"] == [
        {"id": "P", "name": "P", "pool": "", "drawn_executable": True, "elements": 2, "flows": 1, "runs": False}
    ]
    assert set(report["todo"][0]) == {"process", "element", "name", "kind", "group", "missing", "do", "required"}
    assert (report["todo"][0]["element"], report["todo"][0]["kind"]) == ("t", "role-missing")


def test_report_is_printed_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.bpmn"
    path.write_bytes(drawing(START + TASK + flow("1", "s", "t")))
    assert main(["import", str(path)], environ={}) == 0
    out = capsys.readouterr().out
    assert "To do: assignments\n  ! T (t): nobody is said to do it" in out
    assert out.endswith("1 to do before it runs, 1 to look at.\n")


@pytest.mark.parametrize("content", [b"", b"no", b"<a/>", b"\0\xff\xfe\0", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_what_is_no_diagram_ends_with_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    path = tmp_path / "x.bpmn"
    path.write_bytes(content)
    assert main(["import", str(path), "--json"], environ={}) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("chuishao: x.bpmn ")


def test_missing_file_and_folder_end_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(tmp_path / "none.bpmn")], environ={}) == 2
    assert main(["import", str(tmp_path)], environ={}) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_package_is_begun_in_a_new_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, folder = tmp_path / "My Invoice.bpmn", tmp_path / "invoice"
    path.write_bytes(drawing(WHOLE))
    assert main(["import", str(path), "--out", str(folder)], environ={}) == 0
    package = Package.read_directory(folder)
    assert package.manifest["main"] == "P"
    assert list(package.diagrams) == ["my-invoice.bpmn"]
    assert (folder / ".original" / "My Invoice.bpmn").read_bytes() == path.read_bytes()
    assert main(["import", str(path), "--out", str(folder)], environ={}) == 2
    assert "not empty" in capsys.readouterr().err


def test_hostile_file_needs_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.bpmn"
    path.write_bytes(b"<a>" + b"x" * 50_000_000)
    status, most = run_measured("import", str(path), "--json")
    assert status == 2
    assert most < 300
