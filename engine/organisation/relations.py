"""Whom a notice means without naming a person: relations to the unit whose work it is, and roles."""

from typing import Final

from engine.organisation.roles import TECHNICAL, Role

#: Each higher one answers for those before it; who does not acknowledge in time is passed over to the next.
CHAIN: Final = ("handler", "leader_in_charge", "department_lead", "main_leader", "joint_conference")
#: Everything that `engine.organisation.service.addressees` understands.
RELATIONS: Final = frozenset(
    {"owner", *CHAIN, *(role.value for role in Role if role not in TECHNICAL and role is not Role.RESIDENT)}
)
