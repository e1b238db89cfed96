"""What a form says to the person who fills it in. English templates are the msgids; the caller translates them."""

from collections.abc import Callable
from typing import Any, Final

#: Turns a msgid into the reader's language. `str` leaves it English.
Translate = Callable[[str], str]


def N_(message: str) -> str:
    """Mark a msgid for extraction; gettext's own name for it."""
    return message


class Problem:
    """One thing that is wrong with one field: a msgid, and what fills its places.

    Args:
        message: msgid with `{place}`s.
        literal: the text comes from the form itself and is not translated.
        places: numbers and texts for the places.
    """

    __slots__ = ("literal", "message", "places")

    def __init__(self, message: str, *, literal: bool = False, **places: Any) -> None:
        self.message = message
        self.literal = literal
        self.places = places

    def __repr__(self) -> str:
        return f"Problem({self.message!r}, {self.places!r})"

    def render(self, translate: Translate) -> str:
        """Return the sentence in the reader's language."""
        return self.message if self.literal else translate(self.message).format(**self.places)


REQUIRED: Final = N_("Please fill in this field.")
TICK: Final = N_("Please tick this box.")
CHOOSE: Final = N_("Please choose one.")
CHOOSE_SOME: Final = N_("Please choose at least one.")
NOT_TEXT: Final = N_("Please enter text.")
NOT_STORABLE: Final = N_("Please remove the characters that cannot be stored.")
TOO_SHORT: Final = N_("Please enter at least {count} characters.")
TOO_LONG: Final = N_("Please enter at most {count} characters.")
NO_MATCH: Final = N_("Please check the format.")
NOT_EMAIL: Final = N_("Please enter a valid e-mail address.")
NOT_PHONE: Final = N_("Please enter a valid phone number.")
NOT_NUMBER: Final = N_("Please enter a number.")
NOT_WHOLE: Final = N_("Please enter a whole number.")
TOO_MANY_DECIMALS: Final = N_("Please enter at most {count} decimal places.")
NOT_STEP: Final = N_("Please enter a multiple of {step}; the nearest are {below} and {above}.")
TOO_SMALL: Final = N_("Please enter at least {limit}.")
TOO_LARGE: Final = N_("Please enter at most {limit}.")
NOT_YES_OR_NO: Final = N_("Please answer yes or no.")
NOT_AN_OPTION: Final = N_("Please choose from the list.")
NOT_DATE: Final = N_("Please enter a valid date.")
NOT_TIME: Final = N_("Please enter a valid time.")
NOT_DATETIME: Final = N_("Please enter a valid date and time.")
IN_THE_PAST: Final = N_("Please choose today or a later day.")
ONE_FILE: Final = N_("Please choose one file only.")
NOT_A_LIST: Final = N_("Please enter a list.")
TOO_MANY_ROWS: Final = N_("Please enter at most {count} rows.")
FIXED_ROWS: Final = N_("Rows can be neither added nor removed here; there are {count}.")
