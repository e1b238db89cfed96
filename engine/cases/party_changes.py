"""A party is corrected, or ceases to be one: with a reason, and with every way in closed."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.cases.contacting import tell_anew
from engine.cases.models import Case
from engine.cases.parties import NewParty, get_party
from engine.cases.party import PETITIONER, CaseParty
from engine.cases.vault import Vault
from engine.db import writing
from engine.errors import Conflict, Invalid
from engine.forms.messages import N_
from engine.instances.reading import latest_instance, waiting_messages
from engine.instances.runtime import Runtime
from engine.tasks.models import LIVE, WorkItem

#: Message to the process of the case; with `party` (the key) and `reason`.
REMOVED = "party-removed"
REASON_MISSING = N_("Say why, in at least four characters.")
_LONGEST = 300
_SHORTEST = 4
_FIELDS = ("name", "phone", "address", "email", "locale")


def correct_party(
    session: Session, case: Case, key: str, given: NewParty, *, vault: Vault, actor: Actor, now: datetime
) -> CaseParty:
    """Write a party's name and how they are reached anew; what did not arrive goes out again. Role, slip and PIN stay.
    Whether the actor may is the caller's to say.

    Raises:
        NotFound: the case has no such party.
    """
    with writing(session):
        party = get_party(session, case.id, key)
        before = vault.open(party.personal, party.id)
        after = {name: getattr(given, name) for name in _FIELDS}
        changed = sorted(name for name in _FIELDS if after[name] != before.get(name, ""))
        if changed:
            party.personal = vault.seal(before | after, party.id)
            _note(session, Tag.CASE_PARTY_CORRECTED, case, {"party": key, "fields": changed}, actor, now)
            session.flush()
            tell_anew(session, case, key, vault=vault, now=now)
    return party


def remove_party(
    session: Session, case: Case, key: str, reason: str, *, runtime: Runtime, actor: Actor, now: datetime
) -> None:
    """End that somebody is a party: their code and PIN open nothing any more, no notice goes to them.

    What they did stays in the story. A process that waits for it hears of it by the message `party-removed`; a task of
    theirs that is still open after that refuses the removal, so that nothing waits for nobody. Whether the actor may
    is the caller's to say.

    Raises:
        NotFound: the case has no such party, or no longer.
        Conflict: `party-petitioner`; `party-awaited`, with `task`. Nothing was changed.
        Invalid: there is no reason.
    """
    if key == PETITIONER:
        raise Conflict("party-petitioner", "Who filed the matter stays its party. Only they can take it back.")
    said = reason.strip()[:_LONGEST]
    if len(said) < _SHORTEST:
        raise Invalid("party-reason", "Say why this party is removed.", fields={"reason": [REASON_MISSING]})
    with writing(session):
        party = get_party(session, case.id, key)
        party.removed_at, party.tracking_hmac, party.pin_hash = now, None, None
        _note(session, Tag.CASE_PARTY_REMOVED, case, {"party": key, "role": party.role, "reason": said}, actor, now)
        session.flush()
        _tell_process(session, case, key, said, runtime=runtime, actor=actor, now=now)
        _refuse_awaited(session, case, key)


def _tell_process(
    session: Session, case: Case, key: str, reason: str, *, runtime: Runtime, actor: Actor, now: datetime
) -> None:
    instance = latest_instance(session, case.id)
    waits = instance is not None and any(each.name == REMOVED for each in waiting_messages(session, instance.id))
    if instance is not None and waits:
        said = {"party": key, "reason": reason}
        runtime.send_message(session, instance.id, REMOVED, said, actor=actor, now=now)


def _refuse_awaited(session: Session, case: Case, key: str) -> None:
    task = session.scalar(
        select(WorkItem.name).where(WorkItem.case_id == case.id, WorkItem.party == key, WorkItem.state.in_(LIVE))
    )
    if task is not None:
        raise Conflict(
            "party-awaited",
            "“{task}” still waits for this party. Enter their answer, or send the matter back to a step before it; "
            "then remove them. Nothing was changed.",
            task=task.replace("\n", ""),
        )


def _note(session: Session, tag: Tag, case: Case, data: dict[str, object], actor: Actor, now: datetime) -> None:
    record(session, tag=tag, actor=actor, at=now, jurisdiction=case.jurisdiction, case_id=case.id, data=data)
