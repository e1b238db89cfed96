"""`chuishao:check`: a decision says what is wrong with what was entered, before anything happens."""

import pytest

from engine.definitions import Package
from engine.errors import Conflict, Invalid
from tests.engine.instances import packages as p
from tests.engine.instances.conftest import World

COUNT = {"id": "field_yes", "key": "yes", "type": "number", "label": "yes"}
VOTE = p.form("vote", COUNT, p.text_field("reason"))
#: more votes than people: told beside the field in two languages; too few people: told of the whole form
RULE = (
    'if yes > eligible then [{field: "yes", zh_CN: "赞成票多于应到人数", en: "More votes than people"}] '
    'else if eligible < 3 then {field: null, zh_CN: "人数不足", en: "Too few"} else null'
)


def voting(rule: str = RULE) -> Package:
    return p.package(
        p.start(), p.task("vote", form="vote", check="counted"), p.end(outcome="solved"),
        p.chain("start", "vote", "end"), files=[VOTE, p.decision("counted", rule)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("eligible", "yes", "fields"),
    [
        (10, 11, {"yes": ["More votes than people"]}),
        (2, 1, {"": ["Too few"]}),
    ],
)
def test_a_broken_rule_is_told_beside_its_field_and_nothing_changes(
    world: World, eligible: int, yes: int, fields: dict[str, list[str]]
) -> None:
    world.start(voting(), eligible=eligible)
    with pytest.raises(Invalid) as refused:
        world.complete("vote", {"yes": str(yes)})
    assert refused.value.facts["fields"] == fields
    assert list(refused.value.facts["fields_by_locale"]["zh_CN"]) == list(fields)
    assert list(world.items()) == ["vote"]
    assert world.incidents() == []


@pytest.mark.parametrize("rule", [RULE, "null", "[]"])
def test_what_keeps_the_rule_goes_on(world: World, rule: str) -> None:
    world.start(voting(rule), eligible=10)
    world.complete("vote", {"yes": "10"})
    assert world.instance().outcome == "solved"


@pytest.mark.parametrize("rule", ['"no"', '[{field: "yes"}]', '[{field: 3, en: "x"}]'])
def test_a_check_that_cannot_be_read_is_an_incident(world: World, rule: str) -> None:
    world.start(voting(rule), eligible=10)
    with pytest.raises(Conflict, match="could not go on"):
        world.complete("vote", {"yes": "1"})
    (incident,) = world.incidents()
    assert (incident.element_id, incident.expression) == ("vote", "chuishao:check counted")
