"""Checks what a diagram says of people: to whom it offers something, whose task it is, who may answer for them."""

from collections.abc import Collection, Iterator
from typing import Final

from engine.errors import Phrase
from engine.organisation.roles import TECHNICAL, Role
from engine.spiff import ElementOutline
from engine.spiff.findings import Finding, Severity, finding, one_of

#: Whom an offer may name beside roles of staff.
_RESIDENTS: Final = ("resident", "party")
_STAFF: Final = tuple(role.value for role in Role if role not in TECHNICAL and role is not Role.RESIDENT)


def check_people(
    file: str, element: ElementOutline, *, forms: Collection[str], decisions: Collection[str]
) -> Iterator[Finding]:
    """Check the settings of one element that name people, and the form and decision that belong to them."""
    offered = element.settings.get("offer", "").strip()
    if offered:
        for name in _unknown(offered, (*_RESIDENTS, *_STAFF)):
            mend = Phrase("Write resident, party, or roles of staff such as {names}", names=", ".join(_STAFF[:3]))
            yield _error(
                "offer-role-unknown",
                file,
                element,
                Phrase("it offers something to {name!r}, which is no role", name=name),
                mend,
            )
        if element.trigger != "message" and element.kind != "receiveTask":
            yield _error(
                "offer-no-message",
                file,
                element,
                Phrase("it has chuishao:offer and waits for no message"),
                Phrase("Choose a message"),
            )
    form = element.settings.get("offer.form", "").strip()
    if form and form not in forms:
        yield _error(
            "offer-form-unknown", file, element, Phrase("the package has no form {form!r}", form=form), one_of(forms)
        )
    if form and not offered:
        yield _error(
            "offer-missing",
            file,
            element,
            Phrase("it has chuishao:offer.form and offers it to nobody"),
            Phrase("Set chuishao:offer"),
        )
    yield from _check_party(file, element, offered)
    decision = element.settings.get("check", "").strip()
    if decision and decision not in decisions:
        reason = Phrase("the package has no decision {decision!r}", decision=decision)
        yield _error("check-unknown", file, element, reason, one_of(decisions))


def _check_party(file: str, element: ElementOutline, offered: str) -> Iterator[Finding]:
    of_resident = element.is_task and element.settings.get("role") == Role.RESIDENT
    if element.settings.get("party") and not of_resident and "party" not in offered:
        mend = Phrase("Give it the role resident, or take chuishao:party away")
        if offered:
            mend = Phrase("Offer it to party, or take chuishao:party away")
        yield _error("party-no-resident", file, element, Phrase("it has chuishao:party and is not for residents"), mend)
    assisted = element.settings.get("assisted", "").strip() if of_resident or "resident" in offered else ""
    for name in _unknown(assisted, _STAFF) if assisted else ():
        mend = Phrase("Write roles of staff such as {names}", names=", ".join(_STAFF[:3]))
        yield _error("assisted-role-unknown", file, element, Phrase("{name!r} is no role of staff", name=name), mend)


def _unknown(source: str, known: Collection[str]) -> list[str]:
    return [name for each in source.split(";") if (name := each.strip()) not in known]


def _error(code: str, file: str, element: ElementOutline, reason: Phrase, mend: Phrase) -> Finding:
    return finding(Severity.ERROR, code, file, element.id, element.name, reason, mend)
