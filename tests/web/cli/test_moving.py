"""`chuishao migrate`: a rehearsal keeps nothing, a migration moves, what cannot be moved is named and exits 1."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.audit import Actor
from engine.cases.runtime import case_runtime
from engine.cases.vault import Vault
from engine.clock import SystemClock
from engine.db import connect, sessions
from engine.definitions import Package, deploy
from engine.instances.models import Instance
from tests.engine.instances import packages as p
from tests.factories import make_case, make_district
from web.cli import main

Run = Callable[..., tuple[int, str, str]]

OLD = p.package(p.start(), p.task("a"), p.end(outcome="solved"), p.chain("start", "a", "end"))
NEW = p.package(p.start(), p.task("a"), p.task("b"), p.end(outcome="solved"), p.chain("start", "a", "b", "end"))
GONE = p.package(p.start(), p.task("c"), p.end(outcome="solved"), p.chain("start", "c", "end"))


class Installation:
    """An installation with three cases on version 1 of a process, and versions 2 and 3 deployed."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self.capsys = folder / "x.env", capsys
        self.run("init", str(self.file))
        self.run("db", "upgrade")
        values = dict(line.split("=", 1) for line in self.file.read_text().splitlines() if "=" in line)
        self.opened = sessions(connect(values["CHUISHAO_DATABASE_URL"]))
        runtime, now = case_runtime(Vault(bytes(32)), site=""), SystemClock().now()
        with self.opened() as session:
            district = make_district(session)
            self.deploy(OLD)
            for _ in range(3):
                case = make_case(session, place=district.unit("willow"))
                runtime.start(
                    session, case_id=case.id, jurisdiction="qinghe", key="petition", actor=Actor.resident(), now=now,
                    data={"place": {"community": "willow"}},
                )  # fmt: skip
        self.deploy(NEW)
        self.deploy(GONE)

    def deploy(self, package: Package) -> None:
        with self.opened() as session:
            deploy(
                session, package, author=Actor.engine(), note="", now=SystemClock().now(), jurisdiction="qinghe"
            )  # fmt: skip

    def run(self, *arguments: str) -> tuple[int, str, str]:
        status = main(["--env-file", str(self.file), *arguments], environ={})
        out, err = self.capsys.readouterr()
        return status, out, err

    def versions(self) -> int:
        """How many versions the running cases are on."""
        with self.opened() as session:
            return len({instance.version_id for instance in session.query(Instance)})


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Installation:
    return Installation(tmp_path, capsys)


def test_a_dry_run_says_what_would_come_and_keeps_nothing(place: Installation) -> None:
    status, out, _ = place.run("migrate", "petition", "--from", "1", "--to", "2", "--dry-run")
    assert status == 0
    assert "3 moved, 0 refused" in out
    status, out, _ = place.run("migrate", "petition", "--from", "2", "--to", "3", "--json")
    assert (status, json.loads(out)["cases"]) == (0, [])  # nobody is on version 2


def test_cases_are_moved_once(place: Installation) -> None:
    status, out, _ = place.run("migrate", "petition", "--from", "1", "--to", "2", "--note", "加一步", "--json")
    told: dict[str, Any] = json.loads(out)
    assert (status, told["progress"]["moved"]) == (0, 3)
    assert all(each["sentences"] for each in told["cases"])
    again = json.loads(place.run("migrate", "--resume", told["migration"], "--json")[1])
    assert again["progress"] == told["progress"]


def test_what_cannot_be_moved_is_named_and_a_plan_mends_it(place: Installation, tmp_path: Path) -> None:
    status, out, _ = place.run("migrate", "petition", "--from", "1", "--to", "3", "--json")
    told = json.loads(out)
    assert (status, told["progress"]["refused"]) == (1, 3)
    assert {each["elements"][0] for each in told["cases"]} == {"a"}
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"petition": {"a": "c"}}))
    status, out, _ = place.run("migrate", "petition", "--from", "1", "--to", "3", "--plan", str(plan))
    assert status == 0
    assert "3 moved" in out


# arguments, and what the command says
WRONG = [
    ((), "Name the process"),
    (("petition",), "Name the process"),
    (("petition", "--from", "9"), "no version 9"),
    (("petition", "--from", "1", "--to", "1"), "is none"),
    (("petition", "--from", "1", "--plan", "absent.json"), "No such file"),
    (("--resume", "01a2025f-e190-78cd-b2d8-548ef38be60d"), "no migration"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_what_cannot_be_done_says_why(place: Installation, arguments: tuple[str, ...], said: str) -> None:
    status, _, err = place.run("migrate", *arguments)
    assert status == 2
    assert said in err


@pytest.mark.parametrize("text", ["[1]", "{", '{"petition": 3}', '{"petition": {"a": "nowhere"}}', "\x00"])
def test_a_plan_that_is_none_moves_nothing(place: Installation, tmp_path: Path, text: str) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(text)
    status, _, err = place.run("migrate", "petition", "--from", "1", "--to", "3", "--plan", str(plan))
    assert status == 2
    assert "plan" in err
