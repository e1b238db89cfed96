"""An offer of the process on a page: shown with its form, taken up, shown again with mistakes. For staff and portal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import request

from engine.audit import Actor
from engine.cases.assisting import PROOF, WAY
from engine.cases.attachments import StagedPhoto
from engine.cases.blobs import NotStored
from engine.cases.models import Case
from engine.cases.offers import Offer, find_offer, offers, send_offer
from engine.errors import Invalid
from engine.organisation.policy import Viewer
from web import current
from web.cases.forms import ShownForm, offered_form
from web.errors import status_of
from web.languages import choose_locale
from web.words import say


def shown_offers(case: Case, viewer: Viewer) -> list[Offer]:
    """Return what `viewer` may do now, in the reader's language."""
    return offers(current.session(), case, viewer, now=current.now(), locale=choose_locale())


def shown_offer(case: Case, offer_id: str, viewer: Viewer) -> tuple[Offer, ShownForm]:
    """Return an offer with its form.

    Raises:
        Conflict: it is over.
    """
    found = find_offer(current.session(), case, offer_id, viewer, now=current.now(), locale=choose_locale())
    return found, offered_form(found)


def take_up(
    case: Case, offer_id: str, viewer: Viewer, actor: Actor, *, proof: Callable[[], Sequence[StagedPhoto]] = list
) -> tuple[Offer, ShownForm, int] | None:
    """Take up an offer with the form that this request sent.

    Args:
        proof: gives what the petitioner signed, where staff enter it for them.

    Returns:
        None when it is done, now or by the first of two clicks; else the offer with what was wrong, and its status.

    Raises:
        Conflict: it is over.
    """
    still = next((each for each in shown_offers(case, viewer) if each.id == offer_id), None)
    form = offered_form(still) if still is not None else None
    submitted = form.parse(request.form) if form is not None else {}
    try:
        send_offer(
            current.session(), case, offer_id, submitted, viewer=viewer, actor=actor, runtime=current.runtime(),
            now=current.now(), way=request.form.get(WAY, ""),
            proof=proof(),
        )  # fmt: skip
    except (Invalid, NotStored) as error:
        if still is None or form is None:
            raise
        return still, refused_form(form, submitted, error), status_of(error)
    return None


def refused_form(form: ShownForm, submitted: Mapping[str, Any], error: Invalid | NotStored) -> ShownForm:
    """Return a form as it was sent, with what was wrong in it or with the paper beside it."""
    if isinstance(error, Invalid) and "fields" in error.facts:
        return form.refused(submitted, error)
    return replace(form.filled(submitted), errors={PROOF: [say(error)]})
