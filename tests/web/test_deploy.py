"""What lies in `deploy/` speaks of figures and commands that are there."""

import dataclasses
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from config import PREFIX, Settings
from engine.db import new_id
from engine.heartbeats import beat
from web.cli import parse

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
FIGURE: Final = re.compile(r"chuishao_[a-z_]+")


def read(name: str) -> Any:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.safe_load(text)


@pytest.fixture
def told(client: FlaskClient, session: Session) -> set[str]:
    """The names of all figures, as Prometheus sees them."""
    beat(session, new_id(), "node-1:7", ticks={"timers": {"seconds": 1.5, "failures": 0}})
    client.get("/sign-in")
    lines = client.get("/metrics").text.splitlines()
    return {re.split(r"[ {]", line)[0] for line in lines if not line.startswith("#")}


def expressions() -> list[str]:
    found = [target["expr"] for panel in read("grafana/chuishao.json")["panels"] for target in panel["targets"]]
    return found + [rule["expr"] for group in read("prometheus/alerts.yml")["groups"] for rule in group["rules"]]


def test_dashboard_and_alerts_ask_for_figures_that_are_told(told: set[str]) -> None:
    asked = {name for expression in expressions() for name in FIGURE.findall(expression)}
    assert len(asked) > 12
    assert asked - told == set()


def test_every_figure_is_on_the_dashboard_and_in_the_handbook(told: set[str]) -> None:
    kinds = {re.sub(r"_(total|created|bucket|count|sum)$", "", name) for name in told if name.startswith("chuishao_")}
    shown = " ".join(target for target in expressions())
    handbook = (DEPLOY.parent / "docs" / "operations.md").read_text(encoding="utf-8")
    assert {kind for kind in kinds if kind not in shown} == set()
    assert {kind for kind in kinds if kind not in handbook} == set()


def test_every_alert_says_how_bad_it_is_and_what_it_means() -> None:
    for group in read("prometheus/alerts.yml")["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]
            assert rule["annotations"]["summary"]


UNITS: Final = sorted(DEPLOY.glob("systemd/*.service"))
SETTINGS: Final = {f"{PREFIX}{each.name.upper()}" for each in dataclasses.fields(Settings)} | {"CHUISHAO_ENV_FILE"}


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_start_commands_that_are_there(unit: Path) -> None:
    (started,) = re.findall(r"^ExecStart=\S+/chuishao (.+)", unit.read_text(), re.MULTILINE)
    assert parse(started.split()).command in unit.name


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_are_what_systemd_reads(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace("/opt/chuishao/bin/chuishao", shutil.which("true") or "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if unit.stem.partition("@")[0] in line]
    assert told == []


def test_each_process_has_a_unit_and_a_service() -> None:
    services = read("compose.yaml")["services"]
    for process in ("web", "worker", "scheduler"):
        assert services[process]["command"][0] == process
        assert any(unit.stem.partition("@")[0] == f"chuishao-{process}" for unit in UNITS)
        assert services[process]["depends_on"]["upgrade"]["condition"] == "service_completed_successfully"
        assert services[process]["stop_grace_period"] == "60s", "time to finish what is under way"
    assert services["scheduler"]["environment"]["CHUISHAO_SCHEDULER_EMBEDDED"] == "0"


def test_services_of_the_compose_file_start_commands_that_are_there() -> None:
    for name, service in read("compose.yaml")["services"].items():
        if service.get("image") == "chuishao":
            assert parse(service["command"]).command, name


def test_the_image_starts_a_command_that_is_there() -> None:
    (command,) = re.findall(r"^CMD (.+)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert parse(json.loads(command)).command == "web"


def test_what_the_image_is_made_of_is_there() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    for named in ("constraints.txt", "bpmn"):
        assert named in text
        assert (DEPLOY.parent / named).exists()


@pytest.mark.parametrize("path", [*UNITS, DEPLOY / "compose.yaml", DEPLOY / "Dockerfile"], ids=lambda path: path.name)
def test_every_variable_is_a_setting(path: Path) -> None:
    assert set(re.findall(r"\bCHUISHAO_[A-Z_]+", path.read_text())) - SETTINGS == set()


@pytest.mark.skipif(
    shutil.which("docker") is None
    or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode != 0,
    reason="docker compose is not installed",
)
def test_compose_reads_its_file(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    (tmp_path / "chuishao.env").touch()
    command = ["docker", "compose", "-f", str(tmp_path / "deploy" / "compose.yaml"), "config", "--quiet"]
    environ = {**os.environ, "POSTGRES_PASSWORD": "secret"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
