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
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from sqlalchemy.orm import Session

from config import PREFIX, Settings
from engine.db import new_id
from engine.heartbeats import beat
from web.cli import parse

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
FIGURE: Final = re.compile(r"chuishao_[a-z_]+")
#: a figure in an expression, and the labels that it is chosen by
CHOSEN: Final = re.compile(r"(chuishao_[a-z_]+)(?:\{([^}]*)\})?")
#: what Prometheus adds to every figure that it reads
ADDED: Final = {"job", "instance"}


def read(name: str) -> Any:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.safe_load(text)


@pytest.fixture
def samples(client: FlaskClient, session: Session) -> list[Sample]:
    """All figures, as Prometheus reads them."""
    beat(session, new_id(), "node-1:7", ticks={"timers": {"seconds": 1.5, "failures": 0}})
    client.get("/sign-in")
    families = text_string_to_metric_families(client.get("/metrics").text)
    return [sample for family in families for sample in family.samples]


@pytest.fixture
def told(samples: list[Sample]) -> set[str]:
    """The names of all figures."""
    return {sample.name for sample in samples}


def expressions() -> list[str]:
    found = [target["expr"] for panel in read("grafana/chuishao.json")["panels"] for target in panel["targets"]]
    return found + [rule["expr"] for group in read("prometheus/alerts.yml")["groups"] for rule in group["rules"]]


def test_dashboard_and_alerts_ask_for_figures_that_are_told(told: set[str]) -> None:
    asked = {name for expression in expressions() for name in FIGURE.findall(expression)}
    assert len(asked) > 12
    assert asked - told == set()


def test_dashboard_and_alerts_ask_by_labels_that_the_figures_have(samples: list[Sample]) -> None:
    labels: dict[str, dict[str, set[str]]] = {}
    for sample in samples:
        for label, value in sample.labels.items():
            labels.setdefault(sample.name, {}).setdefault(label, set()).add(value)
    for expression in expressions():
        chosen = CHOSEN.findall(expression)
        for figure, by in chosen:
            for label, how, value in re.findall(r'(\w+)\s*(=~|!=|=)\s*"([^"]*)"', by):
                assert label in labels.get(figure, {}), expression
                assert how != "=" or value in labels[figure][label], expression
        grouped = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(", ")}
        for figure, _ in chosen:
            assert grouped <= labels.get(figure, {}).keys() | ADDED, expression


def test_what_a_rule_or_a_panel_says_names_labels_that_its_expression_keeps() -> None:
    said = [(rule["expr"], rule["annotations"]["summary"]) for group in read("prometheus/alerts.yml")["groups"]
            for rule in group["rules"]]  # fmt: skip
    panels = read("grafana/chuishao.json")["panels"]
    said += [(target["expr"], target["legendFormat"]) for panel in panels for target in panel["targets"]]
    for expression, text in said:
        named = set(re.findall(r"\$labels\.(\w+)", text)) | set(re.findall(r"\{\{\s*(\w+)\s*\}\}", text))
        kept = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(", ")}
        assert named <= (ADDED if expression.startswith("up{") else kept), (expression, text)


def test_the_dashboard_is_one_that_can_be_imported() -> None:
    board = read("grafana/chuishao.json")
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    (source,) = (each["name"] for each in board["templating"]["list"] if each["type"] == "datasource")
    for panel in board["panels"]:
        place, unit = panel["gridPos"], panel["fieldConfig"]["defaults"]["unit"]
        assert panel["datasource"]["uid"] == f"${{{source}}}", panel["title"]
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24, panel["title"]
        for target in panel["targets"]:
            # a figure named for its unit is shown in it, a count is not
            assert (unit == "s") == ("_seconds" in target["expr"] or "_age" in target["expr"]), panel["title"]


@pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool, of Debian's package prometheus, is not installed"
)
def test_prometheus_reads_its_files() -> None:
    command = ["promtool", "check", "config", str(DEPLOY / "prometheus" / "prometheus.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "FAILED" not in done.stdout + done.stderr


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


def composer() -> list[str]:
    """Return the command that reads compose files: Docker's plugin, or Debian's `docker-compose`; else nothing."""
    for words in (["docker", "compose"], ["docker-compose"]):
        if (
            shutil.which(words[0])
            and not subprocess.run([*words, "version"], capture_output=True, check=False).returncode
        ):
            return words
    return []


def test_compose_reads_its_file(tmp_path: Path) -> None:
    words = composer()
    if not words:
        pytest.skip("neither `docker compose` nor `docker-compose` is installed")
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    (tmp_path / "chuishao.env").touch()
    command = [*words, "-f", str(tmp_path / "deploy" / "compose.yaml"), "config"]
    environ = {**os.environ, "POSTGRES_PASSWORD": "secret"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "postgresql://chuishao:secret@database/chuishao" in done.stdout
    environ.pop("POSTGRES_PASSWORD")
    refused = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert (refused.returncode != 0, "POSTGRES_PASSWORD" in refused.stderr) == (True, True), "it is asked for"
