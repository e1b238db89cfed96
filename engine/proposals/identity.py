"""A household is an address, a telephone its digits: what makes two ways of writing them the same."""

import re
import unicodedata
from typing import Final

from engine.errors import Invalid
from engine.forms.messages import N_

#: Words between the numbers of an address: 3号楼2单元501室 is 3-2-501.
_BETWEEN: Final = re.compile(r"(?:号楼|单元|门牌|[号楼幢栋座室户弄门#,，.。/\\—–\-\s])+")
_MOBILE: Final = re.compile(r"1[3-9]\d{9}")
_LANDLINE: Final = re.compile(r"0\d{9,11}")
_SHORTEST, _LONGEST = 3, 120
NO_HOUSEHOLD: Final = N_("Please enter building, staircase and flat, as in 3-2-501.")
NO_PHONE: Final = N_("Please enter a mobile number, or a landline number with its area code.")


def household(text: str) -> str:
    """Return an address as it is compared.

    Raises:
        Invalid: `second-invalid`: it has no number, or is too long to be one.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    parts = [part for part in _BETWEEN.split(plain) if part]
    same = "-".join(parts)
    if not _SHORTEST <= len(same) <= _LONGEST or not any(part[-1].isdigit() for part in parts):
        raise _invalid("household", NO_HOUSEHOLD)
    return same


def telephone(text: str) -> str:
    """Return a telephone number as it is compared: its digits, without the country's code.

    Raises:
        Invalid: `second-invalid`: it is no number of this country.
    """
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
    digits = digits.removeprefix("0086").removeprefix("86") if len(digits) > 12 or digits[:2] == "86" else digits
    if not (_MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits)):
        raise _invalid("phone", NO_PHONE)
    return digits


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(
        "second-invalid", "Something of what you entered must be corrected first.", fields={field: [message]}
    )
