"""What a resident, or somebody for them, hands in. One marshmallow schema for the portal and the API."""

import re
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from engine.cases.contacting import Contact
from engine.cases.filing import CHANNELS, Filing
from engine.cases.parties import NewParty
from engine.cases.reaching import REACHES
from engine.forms.messages import N_

#: A Chinese mobile or land line, with or without the country's code, or an international number.
_PHONE: Final = re.compile(r"(\+86|0086)?(1[3-9]\d{9}|0\d{2,3}-?\d{7,8})|(\+|00)\d{7,15}")

REQUIRED: Final = N_("Please fill in this field.")
TITLE_LENGTH: Final = N_("Please use 2 to 80 characters.")
TEXT_LENGTH: Final = N_("Please use 5 to 5,000 characters.")
NAME_LENGTH: Final = N_("Please use at most 60 characters.")
PHONE_WRONG: Final = N_("This is not a telephone number.")
EMAIL_WRONG: Final = N_("This is not an e-mail address.")
SMS_NEEDS_PHONE: Final = N_("Enter the telephone number that short messages go to.")
EMAIL_NEEDED: Final = N_("Enter the e-mail address that notices go to.")
CONTACT_MISSING: Final = N_("Leave a telephone number or an e-mail address, so that we can answer.")


def _text(minimum: int, maximum: int, wrong: str) -> fields.String:
    return fields.String(
        required=True,
        validate=validate.Length(minimum, maximum, error=wrong),
        error_messages={"required": REQUIRED, "null": REQUIRED},
    )


def _phone(value: str) -> None:
    if value and not _PHONE.fullmatch(value.replace(" ", "")):
        raise ValidationError(PHONE_WRONG)


class PartySchema(Schema):
    """What somebody types of a party: JSON keys `name`, `phone`, `address`, `email`, `role`, `locale`."""

    class Meta:
        unknown = EXCLUDE

    name = _text(1, 60, NAME_LENGTH)
    phone = fields.String(load_default="", validate=_phone)
    address = fields.String(load_default="", validate=validate.Length(max=300))
    email = fields.String(load_default="", validate=lambda v: not v or validate.Email(error=EMAIL_WRONG)(v) is not None)
    role = fields.String(load_default="respondent", validate=validate.Length(max=32))
    locale = fields.String(load_default="zh_CN", validate=validate.OneOf(("zh_CN", "en")))

    @pre_load
    def strip(self, data: Any, **_options: Any) -> Any:
        """Take white space off the ends; what is empty is missing."""
        if not isinstance(data, Mapping):
            return data
        stripped = {k: v.replace("\0", "").strip() if isinstance(v, str) else v for k, v in dict(data).items()}
        return {k: v for k, v in stripped.items() if v != ""}

    @post_load
    def make(self, data: dict[str, Any], **_options: Any) -> NewParty:
        """Return the value object that `add_party` takes."""
        return NewParty(**data)


class ContactSchema(Schema):
    """How somebody wants to be reached: JSON keys `phone`, `email`, `reach` (`email`, `sms` or `none`)."""

    class Meta:
        unknown = EXCLUDE

    phone = fields.String(load_default="", validate=_phone)
    email = fields.String(load_default="", validate=lambda v: not v or validate.Email(error=EMAIL_WRONG)(v) is not None)
    reach = fields.String(load_default="", validate=validate.OneOf(("", *REACHES)))

    @pre_load
    def strip(self, data: Any, **_options: Any) -> dict[str, Any]:
        """Take white space off the ends."""
        return {k: v.replace("\0", "").strip() if isinstance(v, str) else v for k, v in dict(data).items()}

    @validates_schema
    def reachable(self, data: dict[str, Any], **_options: Any) -> None:
        """Something must lead to them, and what they chose must be there."""
        _reachable(data, needed=True)

    @post_load
    def make(self, data: dict[str, Any], **_options: Any) -> Contact:
        """Return the value object that `change_contact` takes."""
        return Contact(**data)


def _reachable(data: Mapping[str, Any], *, needed: bool) -> None:
    if needed and not (data.get("phone") or data.get("email")):
        raise ValidationError({"phone": [CONTACT_MISSING]})
    way = {"sms": ("phone", SMS_NEEDS_PHONE), "email": ("email", EMAIL_NEEDED)}.get(data.get("reach", ""))
    if way and not data.get(way[0]):
        raise ValidationError({way[0]: [way[1]]})


class FilingSchema(Schema):
    """JSON keys `title`, `text`, `category`, `channel`, `place` (code of a grid unit), `address`, `name`, `phone`,
    `email`, `reach` (`email`, `sms` or `none`), `name_hidden`, `known` (it may be a matter that was there already),
    `locale`, `kind` (key of a process),
    `start` (its start form), `parties` (a list, see `PartySchema`). Messages are gettext ids."""

    class Meta:
        unknown = EXCLUDE

    title = _text(2, 80, TITLE_LENGTH)
    text = _text(5, 5000, TEXT_LENGTH)
    category = fields.String(load_default="", validate=validate.Length(max=64))
    channel = fields.String(load_default="portal", validate=validate.OneOf(CHANNELS))
    place = fields.String(required=True, error_messages={"required": REQUIRED, "null": REQUIRED})
    address = fields.String(load_default="", validate=validate.Length(max=300))
    name = _text(1, 60, NAME_LENGTH)
    phone = fields.String(load_default="", validate=_phone)
    email = fields.String(load_default="", validate=lambda v: not v or validate.Email(error=EMAIL_WRONG)(v) is not None)
    reach = fields.String(load_default="", validate=validate.OneOf(("", *REACHES)))
    name_hidden = fields.Boolean(load_default=True)
    known = fields.Boolean(load_default=False)
    kind = fields.String(load_default="petition", validate=validate.Regexp(r"[a-z][a-z0-9_-]{0,63}$"))
    start = fields.Dict(keys=fields.String(), load_default=dict)
    parties = fields.List(fields.Nested(PartySchema), load_default=list, validate=validate.Length(max=8))
    locale = fields.String(load_default="zh_CN", validate=validate.OneOf(("zh_CN", "en")))

    @pre_load
    def strip(self, data: Any, **_options: Any) -> dict[str, Any]:
        """Take white space off the ends; an empty required field is a missing one."""
        # no database keeps U+0000, and nobody typed it
        stripped = {k: v.replace("\0", "").strip() if isinstance(v, str) else v for k, v in dict(data).items()}
        return {k: v for k, v in stripped.items() if v != "" or k not in ("title", "text", "place", "name")}

    @validates_schema
    def reachable(self, data: dict[str, Any], **_options: Any) -> None:
        """An answer needs an address; a paper or counter filing may do without."""
        _reachable(data, needed=data.get("channel") in ("portal", "hotline", "api"))

    @post_load
    def make(self, data: dict[str, Any], **_options: Any) -> Filing:
        """Return the value object that `file_case` takes."""
        return Filing(**{**data, "parties": tuple(data["parties"])})
