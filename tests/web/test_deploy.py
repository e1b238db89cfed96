"""What lies in `deploy/` speaks of figures and commands that are there."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from engine.db import new_id
from engine.heartbeats import beat
from web.cli import GROUPS

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
FIGURE: Final = re.compile(r"chuishao_[a-z_]+")
COMMANDS: Final = {command for commands in GROUPS.values() for command in commands}


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


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("systemd/*.service")), ids=lambda path: path.name)
def test_units_start_commands_that_are_there(unit: Path) -> None:
    (started,) = re.findall(r"^ExecStart=\S+/chuishao (\w+)", unit.read_text(), re.MULTILINE)
    assert started in COMMANDS


def test_services_of_the_compose_file_start_commands_that_are_there() -> None:
    services = read("compose.yaml")["services"]
    assert {service["command"][0] for service in services.values() if "command" in service} <= COMMANDS
    assert services["scheduler"]["environment"]["CHUISHAO_SCHEDULER_EMBEDDED"] == "0"
