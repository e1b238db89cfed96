"""A corrected category becomes the matter's own: what lists, statistics and the next reader go by."""

from collections.abc import Mapping
from typing import Any, Final

from engine.audit import Tag
from engine.cases.subject import get_case
from engine.instances.hooks import Step

#: The field of a form in which staff correct what the resident chose.
CATEGORY: Final = "category"


def take_correction(step: Step, entered: Mapping[str, Any]) -> None:
    """Give the case the category that was entered with a task, if it is one of its process's and another than before.

    Args:
        entered: what the form of the task took, typed.
    """
    category = entered.get(CATEGORY)
    if not isinstance(category, str) or category not in {each["key"] for each in step.version.categories}:
        return
    case = get_case(step.session, step.case_id)
    if case.category == category:
        return
    before, case.category = case.category, category
    step.session.flush()
    step.ledger.note(Tag.CASE_CORRECTED, {"field": CATEGORY, "before": before, "after": category})
