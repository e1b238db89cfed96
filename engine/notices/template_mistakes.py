"""What a template gets wrong, in our words: those of the library are English, and translated nowhere."""

import re
from typing import Final

from jinja2 import TemplateSyntaxError

from engine.errors import Phrase

_TAG: Final = re.compile(r"Encountered unknown tag '(.*?)'")
_EXPECTED: Final = re.compile(r"expected token '(.*?)', got '(.*?)'")
_UNEXPECTED: Final = re.compile(r"unexpected (?:char )?'(.*?)'")
_NAMELESS: Final = re.compile(r"No (?:filter|test) named '(.*?)'")
_OPEN: Final = re.compile(r"needs to be closed is '(.*?)'")


def template_mistake(error: TemplateSyntaxError) -> Phrase:
    """Return what is wrong with a template, and in which line."""
    said, line = error.message or "", error.lineno
    if found := _EXPECTED.search(said):
        return Phrase("line {line}: there is {met!r} where {wanted!r} was expected", line=line, met=found[2],
                      wanted=found[1])  # fmt: skip
    if found := _OPEN.search(said):
        return Phrase("line {line}: {tag!r} is not closed", line=line, tag=found[1])
    if found := _TAG.search(said):
        return Phrase("line {line}: there is no tag {tag!r}", line=line, tag=found[1])
    if found := _NAMELESS.search(said):
        return Phrase("line {line}: there is no filter or test {name!r}", line=line, name=found[1])
    if found := _UNEXPECTED.search(said):
        return Phrase("line {line}: {met!r} is not expected there", line=line, met=found[1])
    return Phrase("line {line}: {said}", line=line, said=said)
