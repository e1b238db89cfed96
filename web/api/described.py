"""What a program sends is held to the description of the API as it was sent."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from marshmallow import Schema, ValidationError, fields, pre_load, validate

#: validators that OpenAPI has words for: `minLength` and `maxLength`, `enum`, `pattern`
_DESCRIBED: Final = (validate.Length, validate.OneOf, validate.Regexp)

if TYPE_CHECKING:
    _Base = Schema
else:
    _Base = object


class AsDescribed(_Base):
    """A schema whose `strip` takes white space off what people type, and that programs use, too.

    Its fields say how long a text may be and which words it may be. Sixty letters and a space are too long a name by
    that description, though the space would go; they are refused, so that the description is true.
    """

    @pre_load
    def strip(self, data: Any, **options: Any) -> Any:
        """Take white space off, but not off what the description does not allow."""
        stripped = super().strip(data, **options)  # type: ignore[misc]
        if not isinstance(data, Mapping):
            return stripped
        wrong = {key: value for key, value in data.items() if value and not _fits(self.fields.get(key), value)}
        return {**stripped, **wrong}


def _fits(field: fields.Field[Any] | None, value: Any) -> bool:
    if not isinstance(field, fields.String) or not isinstance(value, str):
        return True
    try:
        for validator in field.validators:
            if isinstance(validator, _DESCRIBED):
                validator(value)
    except ValidationError:
        return False
    return True
