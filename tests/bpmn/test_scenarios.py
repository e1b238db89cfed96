"""The scenarios that come with our packages go as they were recorded: what a deployment asks of them."""

from pathlib import Path

import pytest

from engine.definitions import Package
from engine.sandbox.recording import scenarios_of
from engine.sandbox.scenarios import replay

BPMN = Path(__file__).parents[2] / "bpmn"
PACKAGES = sorted(path.parent.name for path in BPMN.glob("*/package.json"))


@pytest.mark.slow
@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_goes_as_its_scenarios_say(name: str) -> None:
    package = Package.read_directory(BPMN / name)
    found = [replay(package, scenario) for scenario in scenarios_of(package)]
    assert [(each.scenario.name, [str(d.sentence) for d in each.differences]) for each in found] == [
        (each.scenario.name, []) for each in found
    ]
    assert all(each.walked for each in found)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_shows_a_missed_deadline_and_ends(name: str) -> None:
    found = scenarios_of(Package.read_directory(BPMN / name))
    fell_due = [happened for each in found for step in each.steps for happened in step.happened]
    assert any(happened.startswith("rung ") and happened.endswith(" L2") for happened in fell_due)
    assert all(each.end.state != "running" for each in found)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_shows_a_matter_done_in_time_to_its_end(name: str) -> None:
    [found] = [each for each in scenarios_of(Package.read_directory(BPMN / name)) if each.name == "on-time"]
    assert found.end.state != "running"
    assert not [happened for step in found.steps for happened in step.happened if happened.startswith("rung ")]
