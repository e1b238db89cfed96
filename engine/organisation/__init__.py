"""Who is there and who may: the five-level grid, departments, staff, roles, and the one policy table."""

from engine.organisation.roles import Role, label
from engine.organisation.service import (
    Assignment,
    addressees,
    ancestors,
    inbox_key,
    inbox_keys,
    members,
    memberships,
    place_facts,
    resolve,
    subtree,
    unit_by_code,
)

__all__ = [
    "Assignment", "Role", "addressees", "ancestors", "inbox_key", "inbox_keys", "label", "members", "memberships",
    "place_facts", "resolve", "subtree", "unit_by_code",
]  # fmt: skip
