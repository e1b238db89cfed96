"""What the linter has to say about one element."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from engine.errors import Phrase


class Severity(StrEnum):
    """How bad it is."""

    #: The package cannot be deployed.
    ERROR = "error"
    #: It runs, and probably not as meant; or it reads badly.
    WARNING = "warning"
    #: Good to know.
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One finding.

    Args:
        severity: `error`, `warning` or `note`.
        code: stable kebab-case name; those of the drawing begin with `layout-`.
        file: where.
        element_id, element_name: which element; both "" for a whole file.
        message: all of it in one line, in English.
        reason: what is wrong with it.
        mend: what to do; "" where the reason says it.
    """

    severity: str
    code: str
    file: str
    element_id: str
    element_name: str
    message: str
    reason: Phrase
    mend: Phrase


def finding(
    severity: Severity, code: str, file: str, element_id: str, element_name: str, reason: Phrase, mend: Phrase
) -> Finding:
    """Make a finding; the message says which element, what is wrong, and what to do."""
    name = element_name.replace("\n", "")
    which = f"{name} ({element_id})" if name and element_id else name or element_id or file
    whole = str(reason) if reason.startswith(f"{which} ") else f"{which}: {reason}"
    return Finding(
        severity=severity.value,
        code=code,
        file=file,
        element_id=element_id,
        element_name=name,
        message=" ".join(f"{each.rstrip('.')}." for each in (whole, mend) if each),
        reason=reason,
        mend=mend,
    )


def one_of(names: Collection[str]) -> Phrase:
    """Return what to do about a name that is not there: which ones are."""
    if not names:
        return Phrase("Add it: there is none yet")
    return Phrase("Add it, or name one of: {names}", names=", ".join(sorted(names)))


Findings = Iterator[Finding]
