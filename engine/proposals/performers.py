"""The service tasks of proposals: publish, count, objections, and the community's fund."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import func, select, update

from engine.cases.vault import Vault
from engine.funds import (
    Statement,
    fen_of,
    open_account,
    pay,
    release,
    reserve,
    statement,
    statement_of_case,
    yuan_text,
)
from engine.instances.hooks import Hooks, Step
from engine.notices import Recipient
from engine.proposals.models import Objection, ProposalSecond, Publication
from engine.proposals.publishing import post, publish, setting
from engine.spiff import ServiceCall

#: The objection holds: what was published is not carried out.
UPHELD: Final = "upheld"


def register_performers(hooks: Hooks, vault: Vault) -> None:
    """Let these carry out the service tasks of their types."""

    def with_vault(
        performer: Callable[[Step, ServiceCall, Vault], Mapping[str, Any] | None],
    ) -> Callable[[Step, ServiceCall], Mapping[str, Any] | None]:
        return lambda step, call: performer(step, call, vault)

    for kind, sealed in {"publish": publish, "answer-objection": answer_objection}.items():
        hooks.register_performer(kind, with_vault(sealed))
    for kind, performer in {
        "count-seconds": count_seconds,
        "next-objection": next_objection,
        "fund-balance": fund_balance,
        "reserve-fund": reserve_fund,
        "pay-fund": pay_fund,
        "release-fund": release_fund,
    }.items():
        hooks.register_performer(kind, performer)


def count_seconds(step: Step, _call: ServiceCall) -> Mapping[str, Any]:
    """Give `seconds`: how many households have seconded by now."""
    counted = select(func.count()).select_from(ProposalSecond).where(ProposalSecond.case_id == step.case_id)
    return {"seconds": step.session.scalar(counted) or 0}


def next_objection(step: Step, _call: ServiceCall) -> Mapping[str, Any]:
    """Give `objection` {number, text}: the oldest one without an answer, null when there is none."""
    found = _unanswered(step)
    return {"objection": {"number": found.number, "text": found.text} if found is not None else None}


def answer_objection(step: Step, call: ServiceCall, vault: Vault) -> Mapping[str, Any]:
    """Publish the answer to the oldest objection, and send it to who left an address.

    Settings: `objection.answer`, `objection.result` (`upheld` closes what was published to further objections).
    """
    found = _unanswered(step)
    if found is None:
        return {}
    found.answer = str(setting(step, call, "objection.answer") or "")
    found.result = str(setting(step, call, "objection.result") or "")
    found.answered_at = step.now
    if found.result == UPHELD:
        step.session.execute(
            update(Publication).where(Publication.id == found.publication_id).values(open_until=step.now)
        )
    step.session.flush()
    if found.sealed:
        address = vault.open(found.sealed, found.id)["email"]
        one = [Recipient(channels={"email": address}, locale=found.locale)]
        post(step, one, dict(call.data), "objection_answered", key=f"objection:{found.id.hex}")
    return {}


def _unanswered(step: Step) -> Objection | None:
    return step.session.scalars(
        select(Objection)
        .where(Objection.case_id == step.case_id, Objection.answered_at.is_(None))
        .order_by(Objection.number)
        .limit(1)
    ).one_or_none()


def fund_balance(step: Step, call: ServiceCall) -> Mapping[str, Any]:
    """Give `fund`: how this year's fund of the community stands, in yuan as text."""
    account = open_account(
        step.session, jurisdiction=step.jurisdiction, unit_code=call.data["place"]["community"],
        year=step.now.astimezone(step.zone).year, actor=step.actor, now=step.now,
    )  # fmt: skip
    return {"fund": _in_yuan(statement(account))}


def reserve_fund(step: Step, call: ServiceCall) -> Mapping[str, Any]:
    """Set money of this year's fund aside for the matter.

    Settings: `fund.amount` (fen), `fund.note`, `fund.field` (of the form, beside which a mistake stands).
    """
    reserve(
        step.session, jurisdiction=step.jurisdiction, unit_code=call.data["place"]["community"],
        year=step.now.astimezone(step.zone).year, case_id=step.case_id, **_amount(step, call),
    )  # fmt: skip
    return _account(step)


def pay_fund(step: Step, call: ServiceCall) -> Mapping[str, Any]:
    """Pay from what is set aside for the matter. Settings as for `reserve-fund`."""
    pay(step.session, case_id=step.case_id, **_amount(step, call))
    return _account(step)


def release_fund(step: Step, call: ServiceCall) -> Mapping[str, Any]:
    """Give back what is still set aside for the matter. Setting: `fund.note`."""
    note = str(setting(step, call, "fund.note") or "")
    release(step.session, case_id=step.case_id, note=note, actor=step.actor, now=step.now)
    return _account(step)


def _amount(step: Step, call: ServiceCall) -> dict[str, Any]:
    return {
        "amount": fen_of(setting(step, call, "fund.amount")),
        "note": str(setting(step, call, "fund.note") or ""),
        "field": setting(step, call, "fund.field"),
        "actor": step.actor,
        "now": step.now,
    }


def _account(step: Step) -> dict[str, Any]:
    """Give `account`: what was set aside for the matter and what became of it, in yuan as text."""
    return {"account": _in_yuan(statement_of_case(step.session, step.case_id))}


def _in_yuan(stands: Statement) -> dict[str, Any]:
    return {
        "year": stands.year,
        "granted_yuan": yuan_text(stands.granted),
        "reserved_yuan": yuan_text(stands.reserved),
        "paid_yuan": yuan_text(stands.paid),
        "released_yuan": yuan_text(stands.released),
        "available_yuan": yuan_text(stands.available),
    }
