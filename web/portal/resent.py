"""The same petition sent again: a step back in the browser gives a new form with the old words in it."""

import hmac
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Final

from flask import session

from engine.cases.filing import Filing, by_receipt
from engine.cases.models import CaseState
from engine.cases.vault import new_submission
from engine.errors import NotFound
from web import current

_KEY: Final = "sent"
#: the same words after this long are a new matter: what was mended is broken again
AGAIN: Final = timedelta(hours=1)


def submission_of(filing: Filing, submission: str, *, now: datetime) -> str:
    """Return the token under which `filing` is filed, and remember it in this browser.

    Args:
        submission: the form's token.

    Returns:
        The token of the same words, while the matter that this browser made of them a short time ago is under way;
        a fresh one when other words come under the token of a matter already filed, so that they are not lost;
        else `submission`.
    """
    digest = _digest(filing)
    kept = session.get(_KEY)
    last = kept if isinstance(kept, dict) else {}
    if last.get("digest") == digest and last["at"] >= (now - AGAIN).timestamp() and _is_running(last["submission"]):
        return str(last["submission"])
    if last.get("submission") == submission and last.get("digest") != digest:
        submission = new_submission()
    session[_KEY] = {"digest": digest, "submission": submission, "at": now.timestamp()}
    return submission


def _digest(filing: Filing) -> str:
    """Return a fingerprint of all words. Keyed: the cookie can be read, and a telephone number can be guessed."""
    return hmac.new(current.settings().secret_key, repr(astuple(filing)).encode(), "sha256").hexdigest()


def _is_running(submission: str) -> bool:
    try:
        filed = by_receipt(current.session(), submission, vault=current.vault())
    except NotFound:
        return False
    return filed.case.state == CaseState.RUNNING
