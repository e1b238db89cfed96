"""What a step of a process does to its case: issue a document, prolong a clock, end it, reach the resident."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import feel
from engine.audit import Actor, Tag, record
from engine.cases.correction import take_correction
from engine.cases.documents import issue_document
from engine.cases.members import MEMBERS, list_members
from engine.cases.models import UNDER_WAY, Case, CaseState
from engine.cases.parties import PARTIES, load_parties, recipients, rows_of
from engine.cases.party import PETITIONER
from engine.cases.reaching import recipient_of
from engine.cases.search import index_case
from engine.cases.subject import get_case
from engine.cases.suspension import register_suspension
from engine.cases.vault import Vault
from engine.deadlines import extend_clock
from engine.deadlines.dates import Dates, unit_of
from engine.deadlines.explain import dated
from engine.deadlines.models import Clock, ClockState
from engine.errors import Invalid
from engine.forms.messages import N_
from engine.instances.hooks import DocumentOrder, Ended, Hooks, Step
from engine.notices import Recipient
from engine.organisation.models import OrgUnit
from engine.organisation.service import unit_by_code
from engine.spiff import ServiceCall

#: Beside the field in which the number of the original was entered.
NO_SUCH_NUMBER: Final = N_("There is no other matter with this number.")
#: zeebe:taskDefinition type of the service that prolongs clocks.
EXTEND: Final = "extend"


def case_hooks(vault: Vault, *, site: str) -> Hooks:
    """Return what the runtime asks of the cases.

    Args:
        site: how the application is reached from outside, `https://…`; links in notices begin with it.
    """

    def resident(session: Session, case_id: UUID) -> list[Recipient]:
        return residents(session, case_id, vault)

    def party(session: Session, case_id: UUID, key: str | None) -> list[Recipient]:
        keys = [key] if key is not None else sorted(party_keys(session, case_id))
        return [
            each
            for name in keys
            for each in (
                resident(session, case_id) if name == PETITIONER else recipients(session, case_id, name, vault)
            )
        ]

    hooks = Hooks(issue_document=issue, on_end=end, resident=resident, seal=vault.seal_address, site=site)
    hooks.on_entered = take_correction
    hooks.party, hooks.party_keys = party, party_keys
    hooks.register_performer(EXTEND, extend)
    hooks.register_performer(MEMBERS, list_members)
    register_suspension(hooks)
    hooks.register_performer(PARTIES, load_parties)
    return hooks


def party_keys(session: Session, case_id: UUID) -> frozenset[str]:
    """Return the keys of a case's parties, the petitioner's included."""
    return frozenset({PETITIONER, *(row.key for row in rows_of(session, case_id))})


def issue(step: Step, order: DocumentOrder) -> Mapping[str, Any]:
    """Issue the document that a task orders, from the version that the case runs on."""
    case = get_case(step.session, step.case_id)
    document = issue_document(
        step.session,
        case=case,
        kind=order.template,
        source=step.version.document(order.template),
        facts={**order.data, "due": _due(step), "clocks": _dates(step, order.data)},
        body=_issuing_body(step, order, case),
        version_id=step.held.version_id,
        actor=step.actor,
        now=step.now,
        served=order.served,
    )
    return {"document_number": document.number}


def _issuing_body(step: Step, order: DocumentOrder, case: Case) -> OrgUnit:
    """The unit of the task; for a step that nobody does, the unit that owns the matter, at last its community."""
    if order.unit_id is not None:
        return step.session.get_one(OrgUnit, order.unit_id)
    place = order.data.get("place")
    codes = [order.data.get("owner_unit"), place.get("community") if isinstance(place, Mapping) else None]
    for code in codes:
        if isinstance(code, str) and code:
            return unit_by_code(step.session, step.jurisdiction, code)
    return step.session.get_one(OrgUnit, case.place_id)


def _due(step: Step) -> str:
    """The day by which an answer is promised, as documents write it; empty where no clock runs."""
    running = select(Clock.due_at, Clock.provisional).where(
        Clock.case_id == step.case_id,
        Clock.kind == "statutory",
        Clock.state.in_((ClockState.RUNNING, ClockState.SUSPENDED)),
    )
    due = step.session.execute(running.order_by(Clock.due_at).limit(1)).one_or_none()
    return dated(due.due_at, step.zone, provisional=due.provisional) if due is not None else ""


def _dates(step: Step, data: Mapping[str, Any]) -> Dates:
    return Dates(step.connection, step.case_id, unit_of(data), step.zone)


def extend(step: Step, call: ServiceCall) -> Mapping[str, Any] | None:
    """Prolong the clocks that a service task names: those of its own branch, and the statutory one.

    Settings: `extend` (names, separated by `;`), `extend.amount`, `extend.unit`, `extend.reason`.
    """
    names = [name.strip() for name in call.settings.get("extend", "").split(";") if name.strip()]
    amount = _value(step, call, "extend.amount")
    if not names or isinstance(amount, bool) or not isinstance(amount, int) or amount < 1:
        raise Invalid(
            "extension-unusable",
            "The extension at {element} names no clock, or its amount {amount} is no whole number above zero.",
            element=call.element_id,
            amount=str(amount),
        )
    unit = str(_value(step, call, "extend.unit") or "working-days")
    reason = str(_value(step, call, "extend.reason") or "")
    for clock_id in _clocks_named(step, call, names):
        extend_clock(
            step.session, clock_id, amount=amount, unit=unit, reason=reason, approved_by=step.actor, now=step.now
        )
    return None


def _clocks_named(step: Step, call: ServiceCall, names: list[str]) -> list[UUID]:
    """The running clocks of these names; of several of one name, the one of the unit whose work this is."""
    rows = step.session.execute(
        select(Clock.id, Clock.name, OrgUnit.code)
        .outerjoin(OrgUnit, OrgUnit.id == Clock.unit_id)
        .where(Clock.instance_id == step.held.id, Clock.name.in_(names), Clock.state == ClockState.RUNNING)
    ).all()
    unit = unit_of(call.data)
    found = []
    for name in names:
        same = [row for row in rows if row.name == name]
        mine = [row for row in same if row.code == unit] if len(same) > 1 else same
        found += [row.id for row in mine]
    return found


def _value(step: Step, call: ServiceCall, setting: str) -> Any:
    source = call.settings.get(setting, "").strip()
    if not source.startswith("="):
        return int(source) if source.isdigit() else source
    value = feel.lower(feel.evaluate(source[1:], call.data, now=step.now, functions=step.functions()).value)
    return int(value) if not isinstance(value, (str, bool)) and value is not None and value == int(value) else value


def end(step: Step, ended: Ended) -> None:
    """Give the case the state that its process ended in; close what was merged into it with the same answer."""
    case = get_case(step.session, step.case_id)
    if case.is_over:
        return
    state = _state(step, ended)
    case.state, case.ended_at = state, step.now
    answer = ended.data.get("answer")
    stars = answer.get("stars") if isinstance(answer, Mapping) else None
    case.rating = int(stars) if stars is not None else None
    if state == CaseState.MERGED:
        _merge(step, case, ended)
    _close(step, case, state)
    for follower in step.session.scalars(select(Case).where(Case.merged_into_id == case.id, Case.id != case.id)):
        record(
            step.session,
            tag=Tag.CASE_ENDED,
            actor=Actor.engine(),
            at=step.now,
            jurisdiction=follower.jurisdiction,
            case_id=follower.id,
            data={"outcome": state, "with": case.number},
        )
    step.session.flush()


def _state(step: Step, ended: Ended) -> str:
    """Return the outcome, one of those that the package has words for."""
    known = step.version.texts.get("outcomes", {})
    if ended.outcome and ended.outcome in known and ended.outcome not in UNDER_WAY:
        return ended.outcome
    raise Invalid(
        "outcome-unknown",
        "The end event {element} has the outcome {outcome}, and the package has no words for it. Set chuishao:outcome "
        "to one of: {known}.",
        element=ended.element_id,
        outcome=ended.outcome or "",
        known=", ".join(known),
    )


def _merge(step: Step, case: Case, ended: Ended) -> None:
    """Tie a duplicate to the case that is handled for both."""
    number = ended.data.get("merged_into")
    original = step.session.scalar(
        select(Case).where(Case.jurisdiction == case.jurisdiction, Case.number == str(number or "").strip().upper())
    )
    if original is None or original.id == case.id:
        raise Invalid(
            "merge-target-unknown",
            "There is no case {number} to merge {case} into. Correct the number at registration.",
            number=str(number),
            case=case.number,
            fields={"duplicate_of": [NO_SUCH_NUMBER]},
        )
    case.merged_into_id = original.merged_into_id or original.id
    index_case(step.session, case)
    record(
        step.session,
        tag=Tag.CASE_MERGED,
        actor=step.actor,
        at=step.now,
        jurisdiction=case.jurisdiction,
        case_id=case.id,
        data={"into": original.number},
    )


def _close(step: Step, case: Case, state: str) -> None:
    step.ledger.note(Tag.CASE_ENDED, {"outcome": state, "number": case.number})


def residents(session: Session, case_id: UUID, vault: Vault) -> list[Recipient]:
    """Return how the resident of a case is reached, and those whose reports were merged into it: one handling, N
    replies."""
    cases = session.scalars(select(Case).where((Case.id == case_id) | (Case.merged_into_id == case_id)))
    found = []
    for case in cases:
        # whoever's report was merged is told as well, and is no party of this case
        recipient = recipient_of(vault.open(case.personal, case.id), PETITIONER if case.id == case_id else None)
        found += [recipient] if recipient else []
    return found
