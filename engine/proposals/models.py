"""What is public of a proposal, and what residents leave behind there: as little as will do."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Bytes, Instant, Json, new_id


class Publication(Base):
    """Something that a step of a process has made public. The public pages read this, and nothing else of a matter."""

    __tablename__ = "publication"
    __table_args__ = (
        Index("ix_publication_case", "case_id", "published_at"),
        Index("ix_publication_place", "jurisdiction", "place_path"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    jurisdiction: Mapped[str] = mapped_column(String(64))
    #: of the grid unit of the matter, for lists of a community
    place_path: Mapped[str] = mapped_column(String(512))
    #: `call`, `review`, `meeting`, `vote`, `decision`, `refusal`, `plan`, `result`, `evaluation`
    kind: Mapped[str] = mapped_column(String(32))
    #: what is said, by the diagram's names
    data: Mapped[Any] = mapped_column(Json)
    published_at: Mapped[datetime] = mapped_column(Instant)
    #: until when anybody may object; None where nobody may
    open_until: Mapped[datetime | None] = mapped_column(Instant)


class ProposalSecond(Base):
    """A household seconds a proposal. Neither household nor telephone can be read from it, nor compared between two
    proposals: each is a MAC that is bound to the matter.
    """

    __tablename__ = "proposal_second"
    __table_args__ = (UniqueConstraint("case_id", "household_mac"), UniqueConstraint("case_id", "phone_mac"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    household_mac: Mapped[str] = mapped_column(String(64))
    phone_mac: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant)


class ProposalFollower(Base):
    """Somebody follows a proposal: with a code, or by e-mail once the address was confirmed by that code."""

    __tablename__ = "proposal_follower"
    __table_args__ = (Index("ix_proposal_follower_case", "case_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    #: MAC of the code
    code_mac: Mapped[str] = mapped_column(String(64), unique=True)
    #: the e-mail address, sealed; none for who only has the code
    sealed: Mapped[bytes | None] = mapped_column(Bytes)
    locale: Mapped[str] = mapped_column(String(8), default="zh_CN")
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    #: what was published after this is new to them
    seen_at: Mapped[datetime] = mapped_column(Instant)


class Objection(Base):
    """An objection to what was published. Its words are for who checks it; the answer is public."""

    __tablename__ = "objection"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    publication_id: Mapped[UUID] = mapped_column(ForeignKey("publication.id"))
    number: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    #: an e-mail address for the answer, sealed
    sealed: Mapped[bytes | None] = mapped_column(Bytes)
    locale: Mapped[str] = mapped_column(String(8), default="zh_CN")
    filed_at: Mapped[datetime] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(Text)
    #: `upheld` or `dismissed`, once it was answered
    result: Mapped[str | None] = mapped_column(String(16))
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
