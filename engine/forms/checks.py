"""The rules that a form sets for one value. Every broken one is told at once."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from engine.clock import CHINA
from engine.forms import messages, patterns
from engine.forms.components import MULTIPLE, OPTIONED, Component
from engine.forms.conditions import Scope
from engine.forms.messages import Problem
from engine.forms.values import decimal

#: The HTML standard's e-mail address, which form-js uses. Source: HTML, 4.10.5.1.5.
EMAIL: Final = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)
#: Mobile and landline numbers of China as people write them, and international ones. form-js takes international ones
#: only, which would turn every resident away.
PHONE: Final = re.compile(
    r"(?:(?:\+|00)86[- ]?)?1[3-9]\d{9}|(?:(?:\+|00)86[- ]?)?0?\d{2,3}-?\d{7,8}|(?:\+|00)\d{7,15}", re.ASCII
)


def problems(component: Component, value: Any, scope: Scope) -> list[Problem]:
    """Return what is wrong with a typed value, in the order in which a person mends it."""
    if component.is_required and (_is_empty(value) or _is_blank(value)):
        return [Problem(_missing(component))]
    if _is_empty(value):
        return []
    checker = _CHECKS.get(component.type)
    return list(checker(component, value, scope)) if checker else []


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ("", [])


def _is_blank(value: Any) -> bool:
    # form-js lets a required text of blanks pass; a resident's name that is one blank helps nobody
    return isinstance(value, str) and not value.strip()


def _missing(component: Component) -> str:
    if component.type == "checkbox":
        return messages.TICK
    if component.type in OPTIONED:
        return messages.CHOOSE_SOME if component.type in MULTIPLE else messages.CHOOSE
    return messages.REQUIRED


def _text_problems(component: Component, value: str, scope: Scope) -> Iterator[Problem]:
    rules = component.rules
    if rules.get("pattern") and not patterns.matches(rules["pattern"], value):
        own = rules.get("patternErrorMessage")
        yield Problem(own, literal=True) if own else Problem(messages.NO_MATCH)
    yield from _range_problems(component, value, scope)
    shortest, longest = _limit(rules.get("minLength"), scope), _limit(rules.get("maxLength"), scope)
    if shortest is not None and patterns.trimmed_length(value) < shortest:
        yield Problem(messages.TOO_SHORT, count=f"{shortest:f}")
    if longest is not None and patterns.trimmed_length(value) > longest:
        yield Problem(messages.TOO_LONG, count=f"{longest:f}")
    if rules.get("validationType") == "email" and not EMAIL.fullmatch(value):
        yield Problem(messages.NOT_EMAIL)
    if rules.get("validationType") == "phone" and not PHONE.fullmatch(value):
        yield Problem(messages.NOT_PHONE)


def _number_problems(component: Component, value: Decimal | str, scope: Scope) -> Iterator[Problem]:
    number = Decimal(value)
    digits, step = component.settings.get("decimalDigits"), component.settings.get("increment")
    if digits not in (None, "") and _decimals(number) > int(str(digits)):
        yield Problem(messages.TOO_MANY_DECIMALS, count=digits) if int(str(digits)) else Problem(messages.NOT_WHOLE)
    if step not in (None, "") and (size := Decimal(str(step))) and number % size:
        below = number - number % size
        yield Problem(messages.NOT_STEP, step=step, below=f"{below.normalize():f}", above=f"{below + size:f}")
    yield from _range_problems(component, number, scope)


def _decimals(number: Decimal) -> int:
    return max(0, -int(number.normalize().as_tuple().exponent))


def _range_problems(component: Component, value: Decimal | str, scope: Scope) -> Iterator[Problem]:
    smallest, largest = (_limit(component.rules.get(name), scope) for name in ("min", "max"))
    if smallest is None and largest is None:
        return
    number = decimal(value)
    if number is None:
        yield Problem(messages.NOT_NUMBER)
    elif smallest is not None and number < smallest:
        yield Problem(messages.TOO_SMALL, limit=f"{smallest:f}")
    elif largest is not None and number > largest:
        yield Problem(messages.TOO_LARGE, limit=f"{largest:f}")


def _limit(setting: Any, scope: Scope) -> Decimal | None:
    """Return a limit; one whose FEEL has no number holds nobody up, as in form-js."""
    value = scope.setting(setting)
    return None if value in (None, "") else decimal(value)


def _date_problems(component: Component, value: Any, scope: Scope) -> Iterator[Problem]:
    if not component.settings.get("disallowPassedDates") or not isinstance(value, date):
        return
    day = value.astimezone(CHINA).date() if isinstance(value, datetime) else value
    if day < scope.now.astimezone(CHINA).date():
        yield Problem(messages.IN_THE_PAST)


def _file_problems(component: Component, value: list[str], scope: Scope) -> Iterator[Problem]:
    if len(value) > 1 and scope.setting(component.settings.get("multiple")) is not True:
        yield Problem(messages.ONE_FILE)


_CHECKS: Final = {
    "textfield": _text_problems,
    "textarea": _text_problems,
    "number": _number_problems,
    "datetime": _date_problems,
    "filepicker": _file_problems,
}
