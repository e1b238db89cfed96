"""What is said of an element that cannot be executed."""

from dataclasses import dataclass

from engine.errors import Phrase
from engine.spiff.document import Node


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One thing that cannot be executed.

    Args:
        code: stable kebab-case name.
        element_id: the author's id, or "" when the element has none.
        element_name: what the drawing shows.
        reason: why it is refused.
        mend: what to draw instead.
    """

    code: str
    element_id: str
    element_name: str
    reason: Phrase
    mend: Phrase


def refusal(code: str, node: Node, reason: Phrase, mend: Phrase) -> Refusal:
    """The refusal of one node."""
    return Refusal(
        code=code,
        element_id=node.get("id") or "",
        element_name=(node.get("name") or "").replace("\n", ""),
        reason=reason,
        mend=mend,
    )
