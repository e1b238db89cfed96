"""Follow a proposal: with a code that shows what is new, or by e-mail once the code has confirmed the address."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases.models import Case
from engine.cases.vault import Vault, normal_code
from engine.db import new_id, writing
from engine.errors import Invalid, NotFound
from engine.notices import NoticeTexts, Recipient, notify
from engine.notices.outbox import Seal
from engine.proposals.models import ProposalFollower, Publication
from engine.proposals.service import NOT_AN_ADDRESS, PublicProposal, is_address

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SYMBOLS: Final = 16
_PURPOSE: Final = "follow"
#: An address counts as followed only after its owner opened the link: nobody can sign up somebody else.
CONFIRM: Final = NoticeTexts(
    key="follow_confirm",
    sources={
        "zh_CN": "Subject: 请确认关注议题（{{ case.number }}）\n\n您好：\n\n"
        "有人用这个邮箱关注了议题“{{ case.title }}”。如果是您，请打开下面的链接确认；"
        "不是您的，不必理会，我们不会再发信。\n\n{{ link }}\n",
        "en": "Subject: Please confirm that you follow {{ case.number }}\n\nHello,\n\nsomebody entered this address to"
        " follow the proposal “{{ case.title }}”. If it was you, open the link below; if not, do nothing: we will not"
        " write again.\n\n{{ link }}\n",
    },
)


@dataclass(frozen=True, kw_only=True)
class Following:
    """What a code shows.

    Args:
        new: how many publications came since it was looked at last.
    """

    follower: ProposalFollower
    case: Case
    new: int


def follow(
    session: Session,
    proposal: PublicProposal,
    *,
    email: str,
    locale: str,
    vault: Vault,
    now: datetime,
    link: Callable[[str], str],
    site: str,
    seal: Seal,
) -> str:
    """Follow a proposal and return the code for it.

    Args:
        email: may be empty: then only the code tells what is new.
        link: gives the path of a code's page.

    Raises:
        Invalid: `follow-invalid`; `facts["fields"]` says what is wrong.
    """
    email = email.strip()
    if email and not is_address(email):
        raise Invalid(
            "follow-invalid", "Something of what you entered must be corrected first.",
            fields={"email": [NOT_AN_ADDRESS]},
        )  # fmt: skip
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_SYMBOLS))
    row = ProposalFollower(
        id=new_id(), case_id=proposal.case.id, code_mac=_mac(vault, code), locale=locale, seen_at=now
    )
    row.sealed = vault.seal({"email": email}, row.id) if email else None
    with writing(session):
        session.add(row)
        session.flush()
        if email:
            notify(
                session, key=f"follow:{row.id.hex}", jurisdiction=proposal.case.jurisdiction,
                case_id=proposal.case.id, template=CONFIRM.key, texts=CONFIRM,
                facts={"case": {"number": proposal.number, "title": proposal.call["title"]}},
                recipients=[Recipient(channels={"email": email}, locale=locale)], link=link(code), now=now, site=site,
                seal=seal,
            )  # fmt: skip
    return "-".join(code[i : i + 4] for i in range(0, _SYMBOLS, 4))


def followed(session: Session, code: str, *, vault: Vault) -> Following:
    """Return what a code follows.

    Raises:
        NotFound: `follow-unknown`.
    """
    row = _row(session, code, vault)
    new = session.scalars(
        select(Publication.id).where(Publication.case_id == row.case_id, Publication.published_at > row.seen_at)
    ).all()
    return Following(follower=row, case=session.get_one(Case, row.case_id), new=len(new))


def confirm(session: Session, code: str, *, vault: Vault, now: datetime) -> None:
    """Confirm the address of a code; what was published so far counts as seen."""
    with writing(session):
        row = _row(session, code, vault)
        row.confirmed_at, row.seen_at = row.confirmed_at or now, now


def unfollow(session: Session, code: str, *, vault: Vault) -> UUID:
    """Forget who follows, and return the case: nothing of them is kept."""
    with writing(session):
        row = _row(session, code, vault)
        session.delete(row)
        return row.case_id


def _row(session: Session, code: str, vault: Vault) -> ProposalFollower:
    row = session.scalar(select(ProposalFollower).where(ProposalFollower.code_mac == _mac(vault, code)))
    if row is None:
        raise NotFound("follow-unknown", "This code follows nothing. It may have been unfollowed; check it, please.")
    return row


def _mac(vault: Vault, code: str) -> str:
    return vault.mac(_PURPOSE, normal_code(code))
