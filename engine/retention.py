"""What is kept no longer than it is needed: rules with a period each, which a jurisdiction can change.

Never a case's record: matters, their events, documents, attachments and what became of notices stay until the rules of
the archive say otherwise. The audit log says of each deletion which rule, how much and from before when; never of whom.

Source: 个人信息保护法 art. 19 (no longer than the purpose needs), art. 47 (deleted unasked when the purpose is served).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import CheckConstraint, ColumnElement, String, delete, exists, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.audit import Actor, Tag, record
from engine.cases.models import Case
from engine.db import Base, Instant, writing
from engine.errors import Invalid
from engine.heartbeats import SchedulerRow
from engine.notices.models import Notice, NoticeState
from engine.proposals.models import ProposalFollower
from engine.tasks.models import LIVE, Draft, WorkItem

#: A period in days that nobody would mean.
LONGEST: Final = 36_500


class RetentionPeriod(Base):
    """A period that a jurisdiction has set in place of the one that a rule proposes."""

    __tablename__ = "retention_period"
    __table_args__ = (CheckConstraint("days >= 1", name="days"),)

    jurisdiction: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: key of the rule
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    days: Mapped[int]
    set_at: Mapped[datetime] = mapped_column(Instant)
    #: who set it
    set_by: Mapped[str] = mapped_column(String(120))


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Something that is kept for a while.

    Args:
        key: its name, `read-notices`.
        days: the period that is proposed.
        about: what is deleted, counted from when, and why it was kept; English.
        forget: deletes what a jurisdiction has had since before an instant, and returns how much; called in a write
            transaction.
    """

    key: str
    days: int
    about: str
    forget: Callable[[Session, str, datetime], int]


def _drafts_of_ended(session: Session, jurisdiction: str, before: datetime) -> int:
    over = exists().where(WorkItem.id == Draft.work_item_id, WorkItem.state.not_in(LIVE))
    return _reached(session, delete(Draft).where(Draft.saved_at < before, over, _of_item(jurisdiction)))


def _drafts(session: Session, jurisdiction: str, before: datetime) -> int:
    return _reached(session, delete(Draft).where(Draft.saved_at < before, _of_item(jurisdiction)))


def _of_item(jurisdiction: str) -> ColumnElement[bool]:
    return exists().where(WorkItem.id == Draft.work_item_id, WorkItem.jurisdiction == jurisdiction)


def _read_notices(session: Session, jurisdiction: str, before: datetime) -> int:
    mine = (Notice.jurisdiction == jurisdiction, Notice.channel == "app", Notice.staff_id.is_not(None))
    return _reached(session, delete(Notice).where(*mine, Notice.read_at < before))


def _addresses(session: Session, jurisdiction: str, before: datetime) -> int:
    mine = (Notice.jurisdiction == jurisdiction, Notice.staff_id.is_(None), Notice.address != "")
    sent = (Notice.state == NoticeState.SENT, Notice.sent_at < before)
    return _reached(session, update(Notice).where(*mine, *sent).values(address=""))


def _unconfirmed(session: Session, jurisdiction: str, before: datetime) -> int:
    mine = exists().where(Case.id == ProposalFollower.case_id, Case.jurisdiction == jurisdiction)
    waiting = (mine, ProposalFollower.confirmed_at.is_(None), ProposalFollower.sealed.is_not(None))
    statement = update(ProposalFollower).where(*waiting, ProposalFollower.seen_at < before).values(sealed=None)
    return _reached(session, statement)


def _schedulers(session: Session, _jurisdiction: str, before: datetime) -> int:
    return _reached(session, delete(SchedulerRow).where(SchedulerRow.ticked_at < before))


#: What the engine itself keeps for a while.
RULES: Final = (
    Rule(key="drafts-of-ended-tasks", days=7, about="drafts of tasks that are over, since they were saved: nothing can "
         "be sent from them any more", forget=_drafts_of_ended),
    Rule(key="drafts", days=180, about="drafts of open tasks, since they were last saved", forget=_drafts),
    Rule(key="read-notices", days=180, about="notices in the application, since their reader has read them; that they "
         "were sent stays in the record", forget=_read_notices),
    Rule(key="addresses", days=90, about="residents' addresses on notices that were sent, since then; the notice and "
         "its delivery stay in the record", forget=_addresses),
    Rule(key="unconfirmed-followers", days=7, about="e-mail addresses of those who follow a proposal and never "
         "confirmed them, since they were entered", forget=_unconfirmed),
    Rule(key="schedulers", days=7, about="rows of schedulers that ended without saying so, since their last tick",
         forget=_schedulers),
)  # fmt: skip


def periods(session: Session, jurisdiction: str, rules: Iterable[Rule] = RULES) -> dict[str, int]:
    """Return the period of each rule in days, as set or as proposed."""
    rows = session.scalars(select(RetentionPeriod).where(RetentionPeriod.jurisdiction == jurisdiction))
    return {rule.key: rule.days for rule in rules} | {row.key: row.days for row in rows}


def set_period(
    session: Session, jurisdiction: str, key: str, days: int, *, by: str, now: datetime, rules: Sequence[Rule] = RULES
) -> None:
    """Set the period of a rule.

    Raises:
        Invalid: `retention-unknown`, `retention-days`.
    """
    if key not in {rule.key for rule in rules}:
        raise Invalid(
            "retention-unknown", "There is no rule {key}. Use one of: {known}.", key=key,
            known=", ".join(rule.key for rule in rules),
        )  # fmt: skip
    if not 1 <= days <= LONGEST:
        raise Invalid("retention-days", "{days} days is no period: give 1 to {longest}.", days=days, longest=LONGEST)
    with writing(session):
        before = periods(session, jurisdiction, rules)[key]
        session.merge(RetentionPeriod(jurisdiction=jurisdiction, key=key, days=days, set_at=now, set_by=by))
        record(
            session, tag=Tag.RETENTION_SET, actor=Actor.api(by), at=now, jurisdiction=jurisdiction,
            data={"rule": key, "days": days, "before": before},
        )  # fmt: skip


def forget_expired(
    session: Session, jurisdiction: str, now: datetime, rules: Iterable[Rule] = RULES
) -> Mapping[str, int]:
    """Delete what has been kept for its period; return how much of what, without what had nothing to delete.

    Each rule is a transaction of its own: one that fails does not keep the others.

    Raises:
        Exception: the first failure of a rule, after all of them were tried.
    """
    rules = list(rules)
    known, forgotten, failures = periods(session, jurisdiction, rules), dict[str, int](), list[Exception]()
    for rule in rules:
        try:
            with writing(session):
                before = now - timedelta(days=known[rule.key])
                if number := rule.forget(session, jurisdiction, before):
                    record(
                        session, tag=Tag.RETENTION_FORGOTTEN, actor=Actor.engine(), at=now, jurisdiction=jurisdiction,
                        data={"rule": rule.key, "count": number, "before": before.isoformat()},
                    )  # fmt: skip
        except Exception as failure:
            failures.append(failure)
            continue
        if number:
            forgotten[rule.key] = number
    if failures:
        raise failures[0]
    return forgotten


def _reached(session: Session, statement: Any) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    return result.rowcount
