"""What the linter has to say about one element."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


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
        message: all of it in one line.
        reason: what is wrong with it.
        mend: what to do.
    """

    severity: str
    code: str
    file: str
    element_id: str
    element_name: str
    message: str
    reason: str
    mend: str


def finding(
    severity: Severity, code: str, file: str, element_id: str, element_name: str, reason: str, mend: str
) -> Finding:
    """Make a finding; the message says which element, what is wrong, and what to do."""
    name = element_name.replace("\n", "")
    which = f"{name} ({element_id})" if name and element_id else name or element_id or file
    return Finding(
        severity=severity.value,
        code=code,
        file=file,
        element_id=element_id,
        element_name=name,
        message=f"{which}: {reason}. {mend}.",
        reason=reason,
        mend=mend,
    )


Findings = Iterator[Finding]
