"""Addresses of the page that is being read, changed in one respect."""

from urllib.parse import urlencode

from flask import request
from flask_babel import get_locale


def with_query(**changes: object) -> str:
    """Return the present page's address with these query arguments set, or left out where the value is None.

    Args:
        changes: argument name → new value; a list sets the argument several times.
    """
    arguments = {name: values for name, values in request.args.lists() if name not in changes}
    arguments |= {
        name: [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)]
        for name, value in changes.items()
        if value is not None
    }
    return f"{request.path}?{urlencode(arguments, doseq=True)}" if arguments else request.path


def is_language(language: str) -> bool:
    """Return whether the page is shown in this language, given as `zh` or `en`."""
    return str(get_locale() or "zh").startswith(language)
