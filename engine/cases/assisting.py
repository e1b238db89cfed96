"""Staff enter what a party answered by telephone, on paper or at the counter: the assisted way, without a browser."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from engine.audit import Actor
from engine.cases.attachments import StagedPhoto, add_files
from engine.cases.models import Case
from engine.cases.parties import get_party
from engine.cases.party import PETITIONER
from engine.cases.subject import get_case, subject_of
from engine.cases.vault import Vault
from engine.cases.view import note_read
from engine.db import writing
from engine.errors import Forbidden, Invalid
from engine.forms.messages import N_
from engine.instances.reading import version_of
from engine.instances.runtime import Runtime
from engine.organisation.policy import Relation, Viewer, relations
from engine.organisation.roles import Role
from engine.tasks import get_item
from engine.tasks.models import LIVE, WorkItem

#: How an answer can come that staff enter.
WAYS: Final = ("phone", "paper", "visit")
#: Name of the field that asks for it, beside those of the task's form.
WAY: Final = "assisted"
WAY_MISSING: Final = N_("Say how the answer came.")
#: Name of the field for the paper, or a picture of it.
PROOF: Final = "assisted_proof"
PROOF_MISSING: Final = N_("Attach the signed paper, or a picture of it.")
#: How it came where the diagram wants a proof: what is signed is not said by telephone.
WRITTEN: Final = ("paper", "visit")
#: Who may: whoever has to do with the matter in one of the roles that the diagram names.
_INVOLVED: Final = (Relation.ASSIGNEE, Relation.PARTICIPANT, Relation.SAME_UNIT)


def may_assist(session: Session, item: WorkItem, viewer: Viewer) -> bool:
    """Say whether `viewer` may enter the party's answer to a task, by `chuishao:assisted` and what they have to do
    with the matter."""
    if item.role != Role.RESIDENT or item.state not in LIVE or viewer.staff_id is None:
        return False
    named = _settings(session, item).get("assisted", "").split(";")
    roles = {name.strip() for name in named if name.strip()}
    if not roles:
        return False
    return is_involved(relations(viewer, subject_of(session, get_case(session, item.case_id))), roles)


def wants_proof(session: Session, item: WorkItem) -> bool:
    """Say whether who enters the party's answer has to attach what the party signed."""
    return is_proof_wanted(_settings(session, item))


def is_proof_wanted(settings: Mapping[str, str]) -> bool:
    """Say whether an element wants a proof of what is entered for a party, by `chuishao:assisted.proof`."""
    return settings.get("assisted.proof", "").strip() == "required"


def ways(*, signed: bool) -> tuple[str, ...]:
    """Return how an answer can come that staff enter.

    Args:
        signed: a proof of it is wanted.
    """
    return WRITTEN if signed else WAYS


def _settings(session: Session, item: WorkItem) -> Mapping[str, str]:
    version = version_of(session, item.instance_id)
    element = version.element(item.process_id, item.element_id)
    return element.settings if element is not None else {}


def is_involved(held: Collection[tuple[Role, Relation]], roles: Collection[str]) -> bool:
    """Say whether somebody who stands so to a matter has to do with it in one of these roles."""
    return any(role.value in roles and relation in _INVOLVED for role, relation in held)


def require_way(way: str, *, signed: bool = False, proof: Sequence[StagedPhoto] = ()) -> None:
    """Refuse what somebody enters for a party without saying how it came, or without the proof that is wanted.

    Raises:
        Invalid: `assisted-way`; `assisted-proof`.
    """
    if way not in ways(signed=signed):
        raise Invalid("assisted-way", "Say how the answer came.", fields={WAY: [WAY_MISSING]})
    if signed and not proof:
        raise Invalid("assisted-proof", "What was signed has to be attached.", fields={PROOF: [PROOF_MISSING]})


def keep_proof(session: Session, case: Case, proof: Sequence[StagedPhoto], *, actor: Actor, now: datetime) -> None:
    """Put what a party signed into the file of the case, for staff to see."""
    if proof:
        add_files(session, case, proof, actor=actor, now=now, internal=True)


def reach_party(
    session: Session, item: WorkItem, viewer: Viewer, *, vault: Vault, actor: Actor, now: datetime
) -> dict[str, str]:
    """Return name, telephone and address of the one party whose answer `viewer` may enter: somebody has to ring up.

    What is shown is recorded, once a day like every reading.

    Raises:
        Forbidden: the diagram does not let this viewer.
    """
    require_assist(session, item, viewer)
    case, key = get_case(session, item.case_id), item.party or PETITIONER
    sealed = (case.personal, case.id)
    if key != PETITIONER:
        party = get_party(session, case.id, key)
        sealed = (party.personal, party.id)
    person = vault.open(*sealed)
    shown = {name: str(person[name]) for name in ("name", "phone", "address") if person.get(name)}
    prefix = "" if key == PETITIONER else f"{key}."
    note_read(session, case, {f"{prefix}{name}" for name in shown}, actor, now)
    return shown


def require_assist(session: Session, item: WorkItem, viewer: Viewer) -> None:
    """Let go on who may enter the party's answer to a task.

    Raises:
        Forbidden: the diagram does not let this viewer.
    """
    if not may_assist(session, item, viewer):
        raise Forbidden(
            "assisting-not-yours",
            "“{task}” is answered by the party itself. Only staff whom the process names may enter an answer that "
            "came by telephone or on paper.",
            task=item.name,
        )


def complete_assisted(
    session: Session,
    item_id: UUID,
    submitted: Mapping[str, Any],
    *,
    way: str,
    viewer: Viewer,
    actor: Actor,
    runtime: Runtime,
    now: datetime,
    request_key: str | None = None,
    proof: Sequence[StagedPhoto] = (),
) -> None:
    """Complete a party's task with what the party answered. The story says who entered it, and how it came.

    Args:
        way: one of `ways`.
        proof: what the party signed; only staff see it.

    Raises:
        Forbidden: the diagram does not let this viewer.
        Invalid: `assisted-way`, `assisted-proof`, or the form has mistakes. Nothing was changed.
        Conflict: it is done already.
    """
    item = get_item(session, item_id)
    if item.state in LIVE:
        require_assist(session, item, viewer)
    require_way(way, signed=wants_proof(session, item), proof=proof)
    with writing(session):
        done = runtime.complete(
            session, item_id, submitted, actor=actor, now=now, request_key=request_key, assisted=way
        )
        if not done.again:
            keep_proof(session, get_case(session, item.case_id), proof, actor=actor, now=now)
