"""What the check of a package finds of offers, checks and parties: one mistake each."""

import pytest

from engine.definitions import check
from tests.engine.instances import packages as p

FORM = p.form("refusal", p.text_field("reason"))
RULE = p.decision("counted", "null")


def said(*content: str) -> list[tuple[str, str]]:
    """Return (code, element) of the errors, those of the drawing left out."""
    flows = p.chain("start", "a", "end")
    package = p.package(p.start(), *content, p.end(outcome="solved"), flows, files=[FORM, RULE])
    found = [each for each in check(package) if each.severity == "error" and not each.code.startswith("layout-")]
    return [(each.code, each.element_id) for each in found]


def test_sound_offers_and_checks_have_no_findings() -> None:
    offer = p.message("refused", "a", offer="resident; party; community", offer_form="refusal") + p.end("gone")
    assert said(p.task("a", check="counted"), offer, p.chain("refused", "gone")) == []
    assert said(p.task("a", role="resident", party="=each.key", assisted="mediator; community")) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # nobody of this name can be there
        ([p.task("a"), p.message("m", "a", offer="resident; mayor")], ("offer-role-unknown", "m")),
        # those who run the machine have no part in a matter
        ([p.task("a"), p.message("m", "a", offer="operator")], ("offer-role-unknown", "m")),
        ([p.task("a"), p.message("m", "a", offer="resident", offer_form="gone")], ("offer-form-unknown", "m")),
        ([p.task("a"), p.message("m", "a", offer_form="refusal")], ("offer-missing", "m")),
        ([p.task("a"), p.timer("m", "a", interrupting=True, duration="P1D", offer="party")], ("offer-no-message", "m")),
        ([p.task("a", check="gone")], ("check-unknown", "a")),
        # a task of staff is nobody's whom it concerns
        ([p.task("a", party="p2")], ("party-no-resident", "a")),
        ([p.task("a", role="resident", party="wang")], ("setting-value", "a")),
        ([p.task("a"), p.message("m", "a", offer="resident", party="=key")], ("party-no-resident", "m")),
        ([p.task("a", role="resident", assisted="mayor")], ("assisted-role-unknown", "a")),
        ([p.task("a", check="not a key")], ("setting-value", "a")),
    ],
)
def test_a_mistake_is_found_in_its_place(content: list[str], expected: tuple[str, str]) -> None:
    more = [p.end("gone"), p.chain("m", "gone")] if "m" in expected[1] else []
    assert expected in said(*content, *more)
