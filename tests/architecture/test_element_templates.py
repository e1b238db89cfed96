"""The element templates for the Camunda Modeler: valid, complete, and no more than the engine knows."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from engine.definitions.wording_labels import SETTINGS
from engine.spiff.lint.settings import CHOICES, PLACES, wrong_value
from engine.spiff.zeebe import PREFIX
from tools.element_templates import SERVICES, TARGET, written

TEMPLATES: list[dict[str, Any]] = json.loads(TARGET.read_text(encoding="utf-8"))
SCHEMA = json.loads((Path(__file__).parents[1] / "vendor" / "zeebe-element-templates.schema.json").read_text())


def settings(template: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in template["properties"] if each["binding"]["type"] == "zeebe:property"]


def test_committed_file_is_what_the_settings_of_the_engine_give() -> None:
    assert TARGET.read_text(encoding="utf-8") == written()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each["id"])
def test_template_is_valid_by_the_published_schema(template: dict[str, Any]) -> None:
    errors = [
        f"{error.instance_path}: {error.message}" for error in jsonschema_rs.validator_for(SCHEMA).iter_errors(template)
    ]
    assert errors == []


def test_schema_would_find_a_mistake() -> None:
    broken = TEMPLATES[0] | {"elementType": {"value": "UserTask"}, "properties": [{"type": "Dropdown", "binding": {}}]}
    assert list(jsonschema_rs.validator_for(SCHEMA).iter_errors(broken))


def test_every_setting_is_offered_and_none_that_the_engine_does_not_know() -> None:
    offered = {each["binding"]["name"] for template in TEMPLATES for each in settings(template)}
    assert offered == {PREFIX + name for name in PLACES}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each["id"])
def test_settings_mean_something_on_the_element(template: dict[str, Any]) -> None:
    kind = template["elementType"]["value"].removeprefix("bpmn:")
    for each in settings(template):
        name = each["binding"]["name"].removeprefix(PREFIX)
        assert kind[0].lower() + kind[1:] in PLACES[name]
        assert each["optional"], "an empty setting would be a mistake in the file"
        values = [choice["value"] for choice in each.get("choices", [])]
        assert [value for value in values if value] == list(CHOICES.get(name, ()))
        assert [wrong_value(name, value) for value in values if value] == [None] * len(CHOICES.get(name, ()))


def test_every_kind_of_work_of_our_packages_has_its_template() -> None:
    import re

    bpmn = TARGET.parents[2]
    used = {
        kind
        for path in bpmn.rglob("*.bpmn")
        for kind in re.findall(r'taskDefinition type="([\w-]+)"', path.read_text(encoding="utf-8"))
    }
    assert used <= {*SERVICES, "notify"}


def test_ids_are_unique_and_labels_are_chinese_first() -> None:
    ids = [template["id"] for template in TEMPLATES]
    assert len(set(ids)) == len(ids)
    # a new setting gets its name in engine/definitions/wording_labels.py and its place in tools/element_templates.py
    assert {name for name in PLACES if name not in SETTINGS["zh_CN"]} == set()


def test_our_diagrams_say_for_which_platform_they_are() -> None:
    bpmn = TARGET.parents[2]
    silent = [
        str(path.relative_to(bpmn))
        for path in bpmn.rglob("*.bpmn")
        if 'modeler:executionPlatform="Camunda Cloud"' not in path.read_text(encoding="utf-8")
    ]
    assert silent == []
