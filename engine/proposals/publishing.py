"""Makes public what a step of a process says, and tells who follows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import feel
from engine.audit import Tag
from engine.cases.models import Case
from engine.cases.vault import Vault
from engine.db import new_id
from engine.errors import Invalid
from engine.instances.hooks import Step
from engine.instances.notifying import case_facts
from engine.notices import Recipient, notify
from engine.organisation.models import OrgUnit
from engine.proposals.models import ProposalFollower, Publication
from engine.spiff import ServiceCall

#: What is public first: the matter itself, in its proposer's words unless the desk has redacted them.
CALL: Final = "call"


def setting(step: Step, call: ServiceCall, name: str) -> Any:
    """Return a `chuishao:` setting of a service task: what the FEEL after `=` gives, else the text."""
    source = call.settings.get(name, "").strip()
    if not source.startswith("="):
        return source or None
    functions = step.functions()
    compiled = feel.compile(source[1:], feel.special_names(call.data, functions))
    return feel.lower(compiled(call.data, now=step.now, functions=functions).value)


def publish(step: Step, call: ServiceCall, vault: Vault) -> Mapping[str, Any]:
    """Make something public.

    Settings: `publish.kind`, `publish.data` (a context), `publish.until` (until when anybody may object),
    `publish.notice` (template for who follows).

    Raises:
        Invalid: `publication-unusable`: it has no kind, or what it says is no context.
    """
    kind, data = setting(step, call, "publish.kind"), setting(step, call, "publish.data")
    if not isinstance(kind, str) or not isinstance(data, Mapping):
        raise Invalid(
            "publication-unusable",
            "What {element} publishes has no kind, or chuishao:publish.data gives no context.",
            element=call.element_id,
        )
    until = setting(step, call, "publish.until")
    case = step.session.get_one(Case, step.case_id)
    place = step.session.get_one(OrgUnit, case.place_id)
    said = _plain(data)
    if kind == CALL:
        said |= {"title": said.get("title") or case.title, "text": said.get("text") or case.text,
                 "category": case.category, "place": place.name}  # fmt: skip
    publication = Publication(
        id=new_id(), case_id=case.id, jurisdiction=case.jurisdiction, place_path=place.path, kind=kind, data=said,
        published_at=step.now, open_until=until if isinstance(until, datetime) else None,
    )  # fmt: skip
    step.session.add(publication)
    step.session.flush()
    step.ledger.note(Tag.CASE_PUBLISHED, {"publication": str(publication.id), "kind": kind})
    if template := call.settings.get("publish.notice"):
        tell_followers(step, call, vault, template, key=f"publication:{publication.id.hex}")
    return {}


def tell_followers(step: Step, call: ServiceCall, vault: Vault, template: str, *, key: str) -> None:
    """Put a notice for everybody who follows by e-mail in the outbox."""
    facts = case_facts(step) | dict(call.data)
    if recipients := followers(step.session, step.case_id, vault):
        post(step, recipients, facts, template, key=key)


def post(step: Step, recipients: list[Recipient], facts: Mapping[str, Any], template: str, *, key: str) -> None:
    """Put a notice with a link to the public page in the outbox."""
    notify(
        step.session,
        key=key,
        jurisdiction=step.jurisdiction,
        case_id=step.case_id,
        template=template,
        texts=step.version.notice_texts(template),
        facts=facts,
        recipients=recipients,
        link=f"/proposals/{facts['case']['number']}",
        now=step.now,
        site=step.hooks.site,
        seal=step.hooks.seal,
    )
    step.posted = True


def followers(session: Session, case_id: UUID, vault: Vault) -> list[Recipient]:
    """Return who follows a matter by a confirmed e-mail address."""
    rows = session.scalars(
        select(ProposalFollower).where(
            ProposalFollower.case_id == case_id,
            ProposalFollower.sealed.is_not(None),
            ProposalFollower.confirmed_at.is_not(None),
        )
    )
    return [Recipient(channels={"email": vault.open(row.sealed, row.id)["email"]}, locale=row.locale) for row in rows]


def _plain(value: Any) -> Any:
    """Return what JSON can keep: dates and amounts as text and numbers."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return int(value) if value == int(value) else float(value)
