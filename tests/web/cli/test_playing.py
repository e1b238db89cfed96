"""`chuishao play`: default answers, recorded scenarios, what they cover, and what stops a deployment."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.instances import packages as p
from web.cli import main

Run = Callable[..., tuple[int, str, str]]

GOOD = p.package(
    p.start(), p.task("a"), p.timer("late", "a", interrupting=True, duration="P2D"), p.end(outcome="solved"),
    p.end("end_late", outcome="raised"), p.chain("start", "a", "end"), p.flow("late", "end_late"),
)  # fmt: skip
OTHER = p.package(
    p.start(), p.task("a"), p.timer("late", "a", interrupting=True, duration="P2D"), p.end(outcome="explained"),
    p.end("end_late", outcome="raised"), p.chain("start", "a", "end"), p.flow("late", "end_late"),
)  # fmt: skip


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        status = main(["--env-file", str(tmp_path / "x.env"), *arguments], environ={})
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    GOOD.write_directory(tmp_path / "petition")
    return tmp_path / "petition"


def test_default_answers_play_a_package_without_a_database(run: Run, folder: Path) -> None:
    status, out, _ = run("play", str(folder), "--json")
    said = json.loads(out)
    assert status == 0
    assert (said["mode"], said["ended"], said["outcomes"]) == ("default", True, ["solved"])
    assert said["coverage"]["timers"] == [{"process": "petition", "id": "late"}]


def test_a_recorded_scenario_plays_again_and_a_changed_package_exits_1(run: Run, folder: Path) -> None:
    assert run("play", str(folder), "--record", "first")[0] == 0
    assert (folder / "scenarios" / "first.json").is_file()
    status, out, _ = run("play", str(folder))
    assert status == 0
    assert out.startswith("same  first")

    (folder / "process.bpmn").write_bytes(OTHER.files["process.bpmn"])
    status, out, _ = run("play", str(folder), "--scenario", "first", "--json")
    said = json.loads(out)
    assert (status, said["same"]) == (1, False)
    assert said["scenarios"][0]["differences"][0]["step"] == 1
    assert run("play", str(folder), "--scenario", "other")[0] == 2

    assert run("play", str(folder), "--accept")[0] == 0
    assert run("play", str(folder))[0] == 0


def test_a_package_that_gets_stuck_exits_1(run: Run, folder: Path) -> None:
    stuck = p.package(p.start(), p.task("a", unit="=nowhere"), p.end(outcome="solved"), p.chain("start", "a", "end"))
    (folder / "process.bpmn").write_bytes(stuck.files["process.bpmn"])
    status, out, _ = run("play", str(folder), "--json")
    assert status == 1
    assert json.loads(out)["stuck"][0]["element"] == "a"


def test_a_drawing_that_lacks_what_runs_is_walked_as_drawn(run: Run, folder: Path) -> None:
    lacking = p.package(p.start(), '<bpmn:serviceTask id="v"/>', p.end(), p.chain("start", "v", "end"))
    (folder / "process.bpmn").write_bytes(lacking.files["process.bpmn"])
    status, out, _ = run("play", str(folder), "--json")
    assert (status, json.loads(out)["mode"]) == (0, "drawing")
    assert run("play", str(folder / "process.bpmn"))[0] == 0


def test_a_deployment_stops_at_a_scenario_that_differs_unless_forced(run: Run, folder: Path, tmp_path: Path) -> None:
    run("init", str(tmp_path / "x.env"))
    run("db", "upgrade")
    run("play", str(folder), "--record", "first")
    assert run("deploy", str(folder))[0] == 0
    shutil.copy(folder / "process.bpmn", tmp_path / "kept")
    (folder / "process.bpmn").write_bytes(OTHER.files["process.bpmn"])
    status, _, err = run("deploy", str(folder))
    assert status == 2
    assert "first: After step 1 (answer a) this waits: ended:explained." in err
    status, out, err = run("deploy", str(folder), "--force")
    assert (status, out.strip()) == (0, "petition 2 is active.")
    assert "first differs" in err
