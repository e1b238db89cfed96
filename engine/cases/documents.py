"""Documents (文书): filled from the case, numbered without gaps, frozen as issued."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import nh3
from jinja2 import Template, TemplateError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import Actor, Tag, record
from engine.cases.models import Case, Document
from engine.cases.numbers import take_number
from engine.cases.paper import text_hash
from engine.clock import CHINA
from engine.db import new_id, writing
from engine.errors import Invalid, NotFound, Phrase
from engine.notices.texts import Missing
from engine.organisation.models import OrgUnit

_TAGS: Final = frozenset(
    "h1 h2 h3 p br hr strong em ol ul li dl dt dd blockquote div span table thead tbody tr th td caption".split()  # noqa: SIM905 - a list of 23 quoted words is harder to read
)
_ATTRIBUTES: Final = {
    "*": {"class"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_HEADING: Final = re.compile(r"<h1[^>]*>(.*?)</h1>", re.S)
_MARKUP: Final = re.compile(r"<[^>]+>")
_UNDEFINED: Final = re.compile(r"^'([^']+)' is undefined$")

_templates: Final = SandboxedEnvironment(autoescape=True, undefined=Missing, trim_blocks=True)


def _as_date(value: datetime | None) -> str:
    """Write an instant as a date on paper: 2026年11月22日."""
    if value is None:
        return ""
    local = value.astimezone(CHINA)
    return f"{local.year}年{local.month}月{local.day}日"


def _as_moment(value: datetime | None) -> str:
    """Write an instant with its time: 2026年11月22日 09:30."""
    return "" if value is None else f"{_as_date(value)} {value.astimezone(CHINA):%H:%M}"


_templates.filters |= {"date": _as_date, "moment": _as_moment}


def issue_document(
    session: Session,
    *,
    case: Case,
    kind: str,
    source: str,
    facts: Mapping[str, Any],
    body: OrgUnit,
    version_id: UUID,
    actor: Actor,
    now: datetime,
    served: bool,
) -> Document:
    """Fill a template, give it the body's next number, and keep it as it then reads.

    Args:
        kind: the template's key in the package, `reply` for `documents/reply.html`.
        source: the template (Jinja, sandboxed). It sees `facts`, `number`, `body` (name) and `issued_at`; its first
            `<h1>` is the document's title.
        served: true when the resident receives it with this.

    Raises:
        Invalid: `document-template`: a fact that the template names is missing, or the template is broken. No number
            was used up.
    """
    year = now.astimezone(CHINA).year
    with writing(session):
        sequence = take_number(session, case.jurisdiction, f"document:{body.code}:{kind}:{year}")
        title = _title(source, kind)
        number = f"{body.name}{title}〔{year}〕{sequence}号"
        html = render(source, {**facts, "number": number, "body": body.name, "issued_at": now}, kind=kind)
        document = Document(
            id=new_id(),
            case_id=case.id,
            jurisdiction=case.jurisdiction,
            body_id=body.id,
            kind=kind,
            year=year,
            sequence=sequence,
            number=number,
            title=title,
            html=html,
            version_id=version_id,
            issued_at=now,
            served_at=now if served else None,
        )
        session.add(document)
        session.flush()
        record(
            session,
            tag=Tag.CASE_DOCUMENT_ISSUED,
            actor=actor,
            at=now,
            jurisdiction=case.jurisdiction,
            case_id=case.id,
            data={
                "document": str(document.id), "kind": kind, "number": number, "served": served,
                "sha256": text_hash(html),
            },
        )  # fmt: skip
    return document


def render(source: str, facts: Mapping[str, Any], *, kind: str) -> str:
    """Fill a template and clean the result: text and tables, no scripts, no links, no styles.

    Raises:
        Invalid: `document-template`, with `title`, `kind`, `reason`, and `field` when a fact is missing.
    """
    try:
        filled = _compiled(source).render(facts)
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise _unfillable(source, kind, error) from error
    return nh3.clean(filled, tags=set(_TAGS), attributes=_ATTRIBUTES)


def _unfillable(source: str, kind: str, error: Exception) -> Invalid:
    """Say which document, which template, and which field of it."""
    found = _UNDEFINED.match(str(error)) if isinstance(error, UndefinedError) else None
    reason = str(error) if found is None else Phrase("the field {field} is missing", field=found.group(1))
    return Invalid(
        "document-template",
        "{title} cannot be filled from the template documents/{kind}.html: {reason}. Mend the template or supply the "
        "fact; nothing was issued.",
        title=_title(source, kind),
        kind=kind,
        reason=reason,
        **({} if found is None else {"field": found.group(1)}),
    )


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    return _templates.from_string(source)


def _title(source: str, kind: str) -> str:
    """Return the text of the template's first heading; it must not depend on facts."""
    found = _HEADING.search(source)
    return _MARKUP.sub("", found.group(1)).strip() if found else kind


def documents_of(session: Session, case_id: UUID) -> list[Document]:
    """Return the case's documents, oldest first."""
    return list(
        session.scalars(select(Document).where(Document.case_id == case_id).order_by(Document.issued_at, Document.id))
    )


def document(session: Session, case_id: UUID, document_id: UUID) -> Document:
    """Return one document of a case.

    Raises:
        NotFound: the case has no such document.
    """
    found = session.get(Document, document_id)
    if found is None or found.case_id != case_id:
        raise NotFound("document-not-found", "This matter has no such document.")
    return found
