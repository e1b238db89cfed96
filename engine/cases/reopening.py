"""A resident takes a matter up again after its end: it goes on under a new number, and nothing is typed twice.

What has ended stays as it was: its answer, its documents, its dates. The new case has clocks of its own from the day on
which it was taken up again.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.cases.filing import start_data
from engine.cases.models import Case, CaseLink, CaseSealing, CaseState, LinkKind, SealingSide
from engine.cases.successors import is_closed, succeed
from engine.cases.vault import Vault
from engine.clock import CHINA
from engine.db import writing
from engine.definitions import LoadedVersion, active_version, load
from engine.errors import Conflict, EngineError, Invalid
from engine.forms.messages import N_
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
    if now.astimezone(CHINA).date() > last or reopened_as(session, case) is not None:
        return None
    return last if _times(session, case) < rule["times"] else None


def reopened_as(session: Session, case: Case) -> Case | None:
    """Return the case that a matter went on as when it was taken up again."""
    taken_up = (CaseLink.from_id == case.id, CaseLink.kind == LinkKind.REOPENED)
    return session.scalar(select(Case).join(CaseLink, CaseLink.to_id == Case.id).where(*taken_up))


def reopen(
    session: Session, case: Case, *, reason: str, vault: Vault, runtime: Runtime, actor: Actor, now: datetime
) -> Case:
    """Take a matter up again: a linked case with the same matter, place, petitioner and files, which the same receipt
    opens. Asked twice, the second time returns what the first one made.

    Args:
        reason: what was not right with the end, in the resident's words; begins the text of the new case.

    Raises:
        Invalid: the reason is missing or too long. Nothing was filed.
        Conflict: `case-not-reopened`: it has not ended, ended in another way, or the time is up.
    """
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        message = REASON_LONG if len(reason) > LONGEST_REASON else REASON_MISSING
        raise Invalid("reopen-reason", "Say why the matter is taken up again.", fields={"reason": [message]})
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
        version = load(session, active_version(session, case.kind).id)
        text = f"{reason}\n\n{case.number}\n{case.text}"
        made = succeed(session, case, version, LinkKind.REOPENED, vault=vault, now=now, text=text)
        _keep_away(session, case, made)
        _tell_of(session, case, made, actor, now)
        data = start_data(session, made, session.get_one(OrgUnit, made.place_id))
        data["reopened"] = {"number": case.number, "outcome": case.state, "reason": reason}
        runtime.start(
            session, case_id=made.id, jurisdiction=made.jurisdiction, key=made.kind, data=data, actor=actor, now=now
        )
        made.state = CaseState.RUNNING
    return made


def _version(session: Session, case: Case) -> LoadedVersion | None:
    try:
        return load(session, active_version(session, case.kind).id)
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


def _tell_of(session: Session, case: Case, made: Case, actor: Actor, now: datetime) -> None:
    facts = {"place": "", "channel": made.channel, "category": made.category}
    if not is_closed(session, case):
        facts["from"] = case.number
    both = ((Tag.CASE_REOPENED, case, {"number": made.number}), (Tag.CASE_FILED, made, facts))
    for tag, whose, data in both:
        record(session, tag=tag, actor=actor, at=now, jurisdiction=whose.jurisdiction, case_id=whose.id, data=data)
