"""A service task that lists the staff of a role, so that people can choose among them: mediators, agents, judges."""

from collections.abc import Mapping
from typing import Any, Final

from engine import feel
from engine.errors import Invalid
from engine.instances.hooks import Step
from engine.organisation.service import holders_upwards
from engine.spiff import ServiceCall

#: zeebe:taskDefinition type.
MEMBERS: Final = "members"


def list_members(step: Step, call: ServiceCall) -> Mapping[str, Any]:
    """List who holds a role in a unit or above it, the nearest first, as options of a form.

    Settings: `members.role` (a role), `members.unit` (code of the unit, or FEEL after `=`; without it the place of the
    matter).

    Returns:
        `members`: a list of `value` (id of staff, as `zeebe:assignmentDefinition` takes it), `label` (name and unit)
        and `unit` (its code). Empty when nobody holds the role.

    Raises:
        Invalid: no role or no unit is named.
        NotFound: there is no such unit.
    """
    role, unit = call.settings.get("members.role", ""), _unit(step, call)
    if not role or not unit:
        raise Invalid(
            "members-incomplete",
            "The service at {element} names no role or no unit. Set chuishao:members.role and chuishao:members.unit.",
            element=call.element_id,
        )
    found = holders_upwards(step.session, jurisdiction=step.jurisdiction, role=role, unit_code=unit)
    return {
        "members": [
            {"value": str(staff.id), "label": f"{staff.name}（{office.name}）", "unit": office.code}
            for staff, office in found
        ]
    }


def _unit(step: Step, call: ServiceCall) -> str:
    source = call.settings.get("members.unit", "=place.code").strip()
    value: object = source
    if source.startswith("="):
        value = feel.lower(feel.evaluate(source[1:], call.data, now=step.now, functions=step.functions()).value)
    return value if isinstance(value, str) else ""
