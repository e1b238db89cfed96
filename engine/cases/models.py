"""The case and what is attached to it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DDL,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
    false,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, mapped_column

from engine.db import Base, Bytes, Instant, Json, new_id


class CaseState(StrEnum):
    """Where a matter stands: under way, or an end that the engine itself knows or the petition process names.

    Any other key of `outcomes` in a package's `texts.json` is a state too: the end of one of its cases.
    """

    #: filed, not yet registered
    FILED = "filed"
    #: being handled
    RUNNING = "running"
    #: solved
    SOLVED = "solved"
    #: explained, cannot be solved now, tracked
    EXPLAINED = "explained"
    #: sent on the route that it belongs to
    DIVERTED = "diverted"
    #: taken back by the resident
    WITHDRAWN = "withdrawn"
    #: handled together with an earlier report of the same matter
    MERGED = "merged"
    #: handed to the higher government
    RAISED = "raised"
    #: goes on as a case of another process
    CONVERTED = "converted"


#: Something will happen yet; every other state is an end.
UNDER_WAY = (CaseState.FILED, CaseState.RUNNING)


class Case(Base):
    """A matter. What identifies the resident is encrypted, apart from what the matter is about."""

    __tablename__ = "case"
    __table_args__ = (
        UniqueConstraint("jurisdiction", "number"),
        Index("ix_case_place", "place_id", "filed_at"),
        Index("ix_case_filed", "jurisdiction", "filed_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    jurisdiction: Mapped[str] = mapped_column(String(64))
    #: `SQ2026-000123`, without gaps per jurisdiction, kind and year
    number: Mapped[str] = mapped_column(String(32))
    #: the process package: `petition`
    kind: Mapped[str] = mapped_column(String(32))
    #: one of `UNDER_WAY`, or the outcome that its process ended with
    state: Mapped[str] = mapped_column(String(32), default=CaseState.FILED)
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(64), default="")
    channel: Mapped[str] = mapped_column(String(16))
    #: the grid unit of the matter
    place_id: Mapped[UUID] = mapped_column(ForeignKey("org_unit.id"))
    #: a household is an address
    address: Mapped[str] = mapped_column(String(300), default="")
    #: name not shown to the public; staff who handle it see it
    name_hidden: Mapped[bool] = mapped_column(default=True)
    #: {"name", "phone", "email"} sealed with AES-GCM; see `engine.cases.personal`
    personal: Mapped[bytes | None] = mapped_column(Bytes)
    #: HMAC of the tracking code, hex; the code itself (at least 80 random bits) is shown once
    #: None for a case that came out of another: the resident opens it with the code of the first
    tracking_hmac: Mapped[str | None] = mapped_column(String(64), unique=True)
    #: argon2id of the short PIN
    pin_hash: Mapped[str | None] = mapped_column(String(200))
    pin_failures: Mapped[int] = mapped_column(Integer, default=0)
    #: what makes a second submission of the same form the same case
    submission_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    #: an accusation: only units on its route and the petitioner know that it exists; see `CaseSealing`
    sealed: Mapped[bool] = mapped_column(default=False, server_default=false())
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("case.id"))
    rating: Mapped[int | None]
    filed_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state not in UNDER_WAY


class LinkKind(StrEnum):
    """What a case has to do with the one that it came out of."""

    #: the matter goes on as this case
    BECAME = "became"
    #: a part of the matter that is handled apart
    PART = "part"
    #: the resident took it up again after its end
    REOPENED = "reopened"


class CaseLink(Base):
    """A case that came out of another one: same matter, same petitioner."""

    __tablename__ = "case_link"
    __table_args__ = (Index("ix_case_link_to", "to_id"),)

    from_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    to_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    linked_at: Mapped[datetime] = mapped_column(Instant)


class SealingSide(StrEnum):
    """On which side of a sealed case a unit or person stands."""

    #: is accused, and never learns that the case exists
    ACCUSED = "accused"
    #: handles it, and alone may know of it
    ROUTE = "route"


class CaseSealing(Base):
    """A unit or a member of staff that an accusation is about, or a unit that handles it.

    Source: 信访工作条例 art. 30.
    """

    __tablename__ = "case_sealing"
    __table_args__ = (Index("ix_case_sealing_case", "case_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    side: Mapped[str] = mapped_column(String(16))
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("org_unit.id"))
    staff_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff.id"))


class Attachment(Base):
    """A file of a case. Its bytes lie in the blob store under their SHA-256."""

    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_case", "case_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    jurisdiction: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    #: `resident` or a staff id
    added_by: Mapped[str] = mapped_column(String(64))
    added_at: Mapped[datetime] = mapped_column(Instant)
    #: a paper of the staff that the resident does not see
    internal: Mapped[bool] = mapped_column(default=False, server_default=false())


class Comment(Base):
    """What staff say to each other about a case. Never shown to the resident; never changed."""

    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_case", "case_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    jurisdiction: Mapped[str] = mapped_column(String(64))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("staff.id"))
    text: Mapped[str] = mapped_column(Text)
    #: staff ids (strings) of those who were told
    mentions: Mapped[Any] = mapped_column(Json, default=list)
    created_at: Mapped[datetime] = mapped_column(Instant)


class Document(Base):
    """A document (文书) as it was issued: numbered without gaps per issuing body, kind and year, and frozen."""

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("jurisdiction", "body_id", "kind", "year", "sequence"),
        Index("ix_document_case", "case_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"))
    jurisdiction: Mapped[str] = mapped_column(String(64))
    body_id: Mapped[UUID] = mapped_column(ForeignKey("org_unit.id"))
    #: the template's key: `acceptance`, `reply`, …
    kind: Mapped[str] = mapped_column(String(64))
    year: Mapped[int]
    sequence: Mapped[int]
    number: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    #: the filled template, sanitised HTML
    html: Mapped[str] = mapped_column(Text)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("process_version.id"))
    issued_at: Mapped[datetime] = mapped_column(Instant)
    #: shown to the resident
    served_at: Mapped[datetime | None] = mapped_column(Instant)


class NumberSeries(Base):
    """The last number given out in a series; locked while the next one is taken, so that none is missing."""

    __tablename__ = "number_series"

    jurisdiction: Mapped[str] = mapped_column(String(64), primary_key=True)
    #: `case:SQ:2026`, `document:<unit code>:reply:2026`
    series: Mapped[str] = mapped_column(String(120), primary_key=True)
    last: Mapped[int] = mapped_column(Integer, default=0)


class Words(TypeDecorator[Sequence[str]]):
    """The words of an index entry: an array on PostgreSQL, on SQLite a line of words with spaces between them."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(ARRAY(Text()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return list(value) if dialect.name == "postgresql" else " ".join(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Sequence[str] | None:
        return value.split() if isinstance(value, str) else value


class CaseSearch(Base):
    """What a matter can be found by. Names, telephone numbers and addresses are left out; a sealed case has no row."""

    __tablename__ = "case_search"
    #: counts up, so that the newest matters are found first
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("case.id"), unique=True)
    #: pairs of neighbouring Chinese characters, and words of other scripts, each once
    words: Mapped[Sequence[str]] = mapped_column(Words)


#: The full-text indexes, made beside the table: PostgreSQL's over the array; SQLite's virtual table, and the triggers
#: that keep it.
WORDS_INDEX, FTS_TABLE = "ix_case_search_words", "case_search_index"
_INDEXES: Final = {
    "postgresql": ("CREATE INDEX ix_case_search_words ON case_search USING gin (words)",),
    "sqlite": (
        "CREATE VIRTUAL TABLE case_search_index USING fts5("
        "words, content='case_search', content_rowid='id', detail=none, tokenize='unicode61 remove_diacritics 0')",
        "CREATE TRIGGER case_search_added AFTER INSERT ON case_search BEGIN "
        "INSERT INTO case_search_index(rowid, words) VALUES (new.id, new.words); END",
        "CREATE TRIGGER case_search_removed AFTER DELETE ON case_search BEGIN "
        "INSERT INTO case_search_index(case_search_index, rowid, words) VALUES ('delete', old.id, old.words); END",
        "CREATE TRIGGER case_search_changed AFTER UPDATE ON case_search BEGIN "
        "INSERT INTO case_search_index(case_search_index, rowid, words) VALUES ('delete', old.id, old.words); "
        "INSERT INTO case_search_index(rowid, words) VALUES (new.id, new.words); END",
    ),
}


def _when(moment: str, dialect: str, statement: str) -> None:
    made: Any = DDL(statement)  # type: ignore[no-untyped-call]
    event.listen(CaseSearch.__table__, moment, made.execute_if(dialect=dialect))


for _dialect, _statements in _INDEXES.items():
    for _statement in _statements:
        _when("after_create", _dialect, _statement)
_when("before_drop", "sqlite", "DROP TABLE IF EXISTS case_search_index")
