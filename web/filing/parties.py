"""Other people whom a matter concerns, asked for where a process knows parties."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import gettext as _
from marshmallow import ValidationError

from engine.cases.filing_schema import REQUIRED, PartySchema
from engine.cases.kinds import Kind
from engine.cases.parties import NewParty

#: How many can be named when a matter is filed; whoever handles it adds others.
_ROWS: Final = 3


@dataclass(frozen=True, kw_only=True)
class PartyRow:
    """The fields of one other party."""

    number: int
    required: bool
    fields: list[dict[str, Any]]


def party_rows(kind: Kind, *, required: bool) -> list[PartyRow]:
    """Return the rows that ask for other parties; none where a process knows no parties.

    Args:
        required: as many as the process needs must be named; else the names may be found out later.
    """
    if kind.parties is None:
        return []
    least, most = kind.parties
    return [
        PartyRow(number=number, required=required and number <= least, fields=_fields(kind, number, required, least))
        for number in range(1, min(max(least, _ROWS), most) + 1)
    ]


def _fields(kind: Kind, number: int, required: bool, least: int) -> list[dict[str, Any]]:
    choices = [{"value": key, "label": name} for key, name in kind.party_roles.items()]
    fields: list[dict[str, Any]] = [
        {"key": "name", "type": "textfield", "label": _("对方姓名或单位名称")},
        {"key": "phone", "type": "textfield", "label": _("对方电话"), "validate": {"validationType": "phone"}},
        {"key": "address", "type": "textfield", "label": _("对方地址")},
    ]
    if required and number <= least:
        fields[0]["validate"] = {"required": True}
    if len(choices) > 1:
        role = {"key": "role", "type": "select", "label": _("身份"), "values": choices}
        fields.insert(0, role | {"defaultValue": choices[0]["value"]})
    return [each | {"key": f"party_{number}_{each['key']}", "id": f"party_{number}_{each['key']}"} for each in fields]


def read_parties(
    form: Mapping[str, str], kind: Kind, locale: str, *, required: bool
) -> tuple[tuple[NewParty, ...], dict[str, list[str]]]:
    """Read the rows; one without a name, telephone or address is left out.

    Returns:
        The parties, and what is wrong with them by the name of the field, in the reader's language.
    """
    found, errors = [], dict[str, list[str]]()
    for row in party_rows(kind, required=required):
        prefix = f"party_{row.number}_"
        given = {name: form.get(prefix + name, "").strip() for name in ("name", "phone", "address")}
        if not any(given.values()):
            if row.required:
                errors[f"{prefix}name"] = [_(REQUIRED)]
            continue
        role = form.get(f"{prefix}role") or next(iter(kind.party_roles))
        try:
            party: NewParty = PartySchema().load({**given, "role": role, "locale": locale})
        except ValidationError as error:
            messages = error.normalized_messages()  # type: ignore[no-untyped-call]
            errors |= {prefix + name: [_(str(text)) for text in texts] for name, texts in messages.items()}
        else:
            found.append(party)
    return tuple(found), errors
