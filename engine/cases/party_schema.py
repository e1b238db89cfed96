"""What somebody types of a party, checked. Messages are gettext ids."""

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, post_load, pre_load, validate

from engine.cases.filing_schema import EMAIL_WRONG, NAME_LENGTH, REQUIRED, check_phone
from engine.cases.parties import NewParty


class PartySchema(Schema):
    """JSON keys `name`, `phone`, `address`, `email`, `role`, `locale`."""

    class Meta:
        unknown = EXCLUDE

    name = fields.String(
        required=True,
        validate=validate.Length(1, 60, error=NAME_LENGTH),
        error_messages={"required": REQUIRED, "null": REQUIRED},
    )
    phone = fields.String(load_default="", validate=check_phone)
    address = fields.String(load_default="", validate=validate.Length(max=300))
    email = fields.String(load_default="", validate=lambda v: not v or validate.Email(error=EMAIL_WRONG)(v) is not None)
    role = fields.String(load_default="respondent", validate=validate.Length(max=32))
    locale = fields.String(load_default="zh_CN", validate=validate.OneOf(("zh_CN", "en")))

    @pre_load
    def strip(self, data: Any, **_options: Any) -> dict[str, Any]:
        """Take white space off the ends; what is empty is missing."""
        stripped = {k: v.replace("\0", "").strip() if isinstance(v, str) else v for k, v in dict(data).items()}
        return {k: v for k, v in stripped.items() if v != ""}

    @post_load
    def make(self, data: dict[str, Any], **_options: Any) -> NewParty:
        """Return the value object that `add_party` takes."""
        return NewParty(**data)
