"""A document as a sheet of paper: what was frozen when it was issued, and which part of it stands where."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from lxml import html as markup

from engine.cases.models import Document
from engine.errors import Invalid

#: Characters of frozen HTML; a longer one is no letter but a mistake, and would keep a processor busy for minutes.
LONGEST: Final = 40_000


@dataclass(frozen=True)
class Paper:
    """What is printed. Everything comes from the row that was frozen, nothing from what may have changed since.

    Args:
        body: the name that the issuing body had when it issued.
        number: `水务局答复意见书〔2026〕1号`.
        html: the frozen text.
        issued_at: aware; the only date in a file made of it, so that the same document is the same bytes.
    """

    body: str
    number: str
    title: str
    html: str
    issued_at: datetime

    @cached_property
    def sha256(self) -> str:
        """Return the hash of the frozen text, in hexadecimal digits."""
        return text_hash(self.html)


def text_hash(html: str) -> str:
    """Return the SHA-256 of a frozen text in UTF-8, in hexadecimal digits."""
    return hashlib.sha256(html.encode()).hexdigest()


def body_name(document: Document) -> str:
    """Return the name that the issuing body had when it issued the document; its number begins with it."""
    return document.number.removesuffix(f"{document.title}〔{document.year}〕{document.sequence}号")


def paper_of(document: Document) -> Paper:
    """Return a document as it is printed.

    Raises:
        Invalid: `document-too-long`.
    """
    if len(document.html) > LONGEST:
        raise Invalid(
            "document-too-long",
            "The document {number} has {length} characters; at most {longest} become a file. Print its page instead.",
            number=document.number,
            length=len(document.html),
            longest=LONGEST,
        )
    return Paper(
        body=body_name(document),
        number=document.number,
        title=document.title,
        html=document.html,
        issued_at=document.issued_at,
    )


def sheet(paper: Paper) -> Any:
    """Return the frozen text as an element tree; its parts carry the class of their place on official paper.

    Classes: `title` (the first heading), `number` (the paragraph with the document's number), `signature` (the last
    paragraph, when the issuing body signs there), `lines` (another paragraph of several lines: places to sign). No
    word is added or left out.

    Source: GB/T 9704-2012 sections 7.2, 7.3.
    """
    tree = markup.fragment_fromstring(paper.html, create_parent="article")
    title = tree.find("h1")
    if title is not None:
        title.set("class", "title")
    for each in tree.iter("p"):
        if each.find("br") is not None:
            each.set("class", "lines")
    paragraphs = [each for each in tree if each.tag == "p"]
    for each in paragraphs[:2]:
        if paper.number in each.text_content():
            each.set("class", "number")
            break
    if paragraphs and paragraphs[-1].text_content().strip().startswith(paper.body):
        paragraphs[-1].set("class", "signature")
    return tree
