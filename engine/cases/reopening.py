"""A matter is taken up again after its end, by the resident or at the desk for them: it goes on under a new number, and
nothing is typed twice.

What has ended stays as it was: its answer, its documents, its dates. The new case has clocks of its own from the day on
which it was taken up again.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.cases.assisting import WAY, require_way
from engine.cases.filing import start_data
from engine.cases.kinds import start_form
from engine.cases.models import Case, CaseLink, CaseSealing, CaseState, LinkKind, SealingSide
from engine.cases.parties import NewParty, add_party, rows_of
from engine.cases.successors import is_closed, succeed
from engine.cases.vault import Vault
from engine.clock import CHINA
from engine.db import writing
from engine.definitions import LoadedVersion, active_version_id, load
from engine.errors import Conflict, EngineError, Invalid
from engine.forms.messages import N_
from engine.instances.reading import instance_data, latest_instance
from engine.instances.runtime import Runtime
from engine.organisation.models import OrgUnit

SHORTEST_REASON: Final = 4
LONGEST_REASON: Final = 2000
REASON_MISSING: Final = N_("Say why, in at least four characters.")
REASON_LONG: Final = N_("Shorten it to 2,000 characters.")


def reopens_until(session: Session, case: Case, *, now: datetime) -> date | None:
    """Return the last day on which the petitioner can take a matter up again; None when they cannot.

    `reopen` of `package.json` says for how many calendar `days` after the end, from which `outcomes`, and how many
    `times` in a row. An accusation is not taken up again but made anew: who handles it must be found again.
    """
    if case.ended_at is None or case.sealed or case.merged_into_id is not None:
        return None
    version = _version(session, case)
    rule = version.package.manifest.get("reopen") if version is not None else None
    if not isinstance(rule, Mapping) or case.state not in rule["outcomes"]:
        return None
    last = case.ended_at.astimezone(CHINA).date() + timedelta(days=rule["days"])
    if now.astimezone(CHINA).date() > last or _went_on(session, case):
        return None
    return last if _times(session, case) < rule["times"] else None


def reopened_as(session: Session, case: Case) -> Case | None:
    """Return the case that a matter went on as when it was taken up again."""
    taken_up = (CaseLink.from_id == case.id, CaseLink.kind == LinkKind.REOPENED)
    return session.scalar(select(Case).join(CaseLink, CaseLink.to_id == Case.id).where(*taken_up))


def reopen(
    session: Session, case: Case, *, reason: str, vault: Vault, runtime: Runtime, actor: Actor, now: datetime,
    way: str | None = None,
) -> Case:  # fmt: skip
    """Take a matter up again: a linked case with the same matter, place, petitioner, parties and files, which the same
    receipt opens. Asked twice, the second time returns what the first one made.

    Args:
        reason: what was not right with the end, in the resident's words; begins the text of the new case.
        way: how the resident asked for it, one of `assisting.WAYS`, where staff do it for them; the story has it.

    Raises:
        Invalid: the reason is missing or too long; `assisted-way`. Nothing was filed.
        Conflict: `case-not-reopened`: it has not ended, ended in another way, or the time is up.
    """
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        message = REASON_LONG if len(reason) > LONGEST_REASON else REASON_MISSING
        raise Invalid("reopen-reason", "Say why the matter is taken up again.", fields={"reason": [message]})
    if way is not None:
        require_way(way)
    with writing(session):
        session.refresh(case, with_for_update=True)
        if (known := reopened_as(session, case)) is not None:
            return known
        if reopens_until(session, case, now=now) is None:
            raise Conflict(
                "case-not-reopened",
                "{number} cannot be taken up again: it is still under way, it went on elsewhere, or the time for it is "
                "up. File the matter anew and name this number.",
                number=case.number,
            )
        version = load(session, active_version_id(session, case.kind))
        text = f"{reason}\n\n{case.number}\n{case.text}"
        made = succeed(session, case, version, LinkKind.REOPENED, vault=vault, now=now, text=text)
        _keep_away(session, case, made)
        _tell_of(session, case, made, way, actor, now)
        _bring_parties(session, case, made, version, vault, actor, now)
        data = _entered(session, case, version) | start_data(session, made, session.get_one(OrgUnit, made.place_id))
        data["reopened"] = {"number": case.number, "outcome": case.state, "reason": reason}
        runtime.start(
            session, case_id=made.id, jurisdiction=made.jurisdiction, key=made.kind, data=data, actor=actor, now=now
        )
        made.state = CaseState.RUNNING
    return made


def _went_on(session: Session, case: Case) -> bool:
    """Was the matter taken up again already, or did it become another one when it ended?"""
    on = (CaseLink.from_id == case.id, CaseLink.kind.in_((LinkKind.REOPENED, LinkKind.BECAME)))
    return session.scalar(select(CaseLink.to_id).where(*on).limit(1)) is not None


def _version(session: Session, case: Case) -> LoadedVersion | None:
    try:
        return load(session, active_version_id(session, case.kind))
    except EngineError:
        return None  # without a process that runs there is nothing to go on with


def _times(session: Session, case: Case) -> int:
    """How often the matter was taken up again before this case."""
    times, current = 0, case.id
    while True:
        taken_up = (CaseLink.to_id == current, CaseLink.kind == LinkKind.REOPENED)
        before = session.scalar(select(CaseLink.from_id).where(*taken_up))
        if before is None:
            return times
        times, current = times + 1, before


def _keep_away(session: Session, case: Case, made: Case) -> None:
    """Whom an accusation that came out of the first case is about must not know of the second one either.

    Source: 信访工作条例 art. 30.
    """
    rows = select(CaseSealing).where(CaseSealing.case_id == case.id, CaseSealing.side == SealingSide.ACCUSED)
    for row in session.scalars(rows).all():
        session.add(CaseSealing(case_id=made.id, side=row.side, unit_id=row.unit_id, staff_id=row.staff_id))
    session.flush()


def _entered(session: Session, case: Case, version: LoadedVersion) -> dict[str, Any]:
    """What the start form was told the first time: nobody types it twice."""
    form, instance = start_form(version), latest_instance(session, case.id)
    if form is None or instance is None:
        return {}
    known = instance_data(session, instance.id)
    return {each.path[0]: known[each.path[0]] for each in form.walk() if each.path and each.path[0] in known}


def _bring_parties(
    session: Session, case: Case, made: Case, version: LoadedVersion, vault: Vault, actor: Actor, now: datetime
) -> None:
    """Let the other parties be parties again; each is asked anew."""
    for row in rows_of(session, case.id):
        personal = vault.open(row.personal, row.id)
        kept = {each.name: personal[each.name] for each in fields(NewParty) if personal.get(each.name)}
        given = NewParty(**(kept | {"role": row.role}))
        add_party(session, made, given, version=version, vault=vault, actor=actor, now=now)


def _tell_of(session: Session, case: Case, made: Case, way: str | None, actor: Actor, now: datetime) -> None:
    facts = {"place": "", "channel": made.channel, "category": made.category}
    if not is_closed(session, case):
        facts["from"] = case.number
    said = {"number": made.number} | ({WAY: way} if way else {})
    both = ((Tag.CASE_REOPENED, case, said), (Tag.CASE_FILED, made, facts))
    for tag, whose, data in both:
        record(session, tag=tag, actor=actor, at=now, jurisdiction=whose.jurisdiction, case_id=whose.id, data=data)
