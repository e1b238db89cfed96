"""The inbox's page, its refresh, and taking what is in it."""

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from engine.organisation.absences import Cover, covered_keys
from engine.organisation.colleagues import receivers
from engine.organisation.policy import Action, may, require
from engine.organisation.service import inbox_keys
from engine.tasks import Page, inbox
from engine.tasks.co_handling import requests_to
from web import current
from web.auth.access import background
from web.inbox.bulk import give_all
from web.inbox.claiming import claim_all
from web.inbox.filters import Filters, bucket_chips, holding_chips
from web.parsing import ids
from web.words import say

blueprint: Final = Blueprint("inbox", __name__, url_prefix="/inbox")
#: at least so often the words of the time left are written anew
_REFRESH_SECONDS: Final = 600


@blueprint.get("")
def index() -> str:
    """Show the inbox as the address filters it."""
    return _render("inbox/index.html", _read())


@blueprint.get("/news")
@background
def news() -> Response | str | tuple[str, int]:
    """Answer the list again when it is no longer as `seen` says, nothing when it is."""
    read = _read()
    if request.args.get("seen") == _fingerprint(read.page):
        return "", 204
    return _render("inbox/list.html", read)


@blueprint.post("/claim")
def claim() -> Response:
    """Take one task (`claim`) or the selected ones (`item`) and go back to the list."""
    wanted = [request.form["claim"]] if request.form.get("claim") else request.form.getlist("item")
    claims = claim_all(current.session(), ids(wanted), staff=current.staff(), now=current.now())
    if claims.taken:
        count = len(claims.taken)
        flash(ngettext("已认领 %(num)d 件，在“我办的”里。", "已认领 %(num)d 件，在“我办的”里。", count), "success")
    for error in claims.refused:
        flash(say(error), "warning")
    if not claims.taken and not claims.refused:
        flash(gettext("没有选中任何待办。请先勾选，再认领。"), "info")
    query = urlsplit(request.form.get("back", "")).query
    return redirect(url_for("inbox.index") + (f"?{query}" if query else ""), code=303)


@blueprint.post("/give")
def give() -> Response:
    """Give the selected tasks (`item`) to somebody (`to`): what one holds is transferred, a lead assigns."""
    wanted, to = ids(request.form.getlist("item")), request.form.get("to", "")
    if not wanted or not to:
        flash(gettext("请先勾选待办，再选择交给谁。"), "info")
    else:
        given = give_all(current.acting(), wanted, jurisdiction=current.settings().jurisdiction, to=to, note="")
        if given.done:
            count = len(given.done)
            told = ngettext(
                "已交给%(who)s %(num)d 件，时限不变。", "已交给%(who)s %(num)d 件，时限不变。", count, who=given.who
            )
            flash(told, "success")
        for error in given.refused:
            flash(say(error), "warning")
    query = urlsplit(request.form.get("back", "")).query
    return redirect(url_for("inbox.index") + (f"?{query}" if query else ""), code=303)


@dataclass(frozen=True, kw_only=True)
class _Reading:
    """What the reader asked for and found.

    Args:
        covers: the inboxes that they work from for somebody absent.
    """

    filters: Filters
    page: Page
    covers: dict[str, Cover]


def _read() -> _Reading:
    require(current.viewer(), Action.VIEW_INBOX)
    session, staff = current.session(), current.staff()
    filters = Filters.from_args(request.args)
    own = inbox_keys(session, staff.id)
    covers = {key: each for key, each in covered_keys(session, staff.id, current.now()).items() if key not in own}
    query = replace(filters.query(staff.id, [*own, *covers]), covered=tuple(covers))
    return _Reading(filters=filters, page=inbox(session, query, current.now()), covers=covers)


def _render(template: str, read: _Reading) -> str:
    session, me = current.session(), current.staff()
    return render_template(
        template, page=read.page, filters=read.filters, now=current.now(), seen=_fingerprint(read.page),
        holdings=holding_chips(read.filters), buckets=bucket_chips(read.filters, read.page.counts),
        selected=set(request.args.getlist("item")), covers=read.covers, second=timedelta(seconds=1),
        requests=requests_to(session, me.id), receivers=receivers(session, me.id),
        me=me, leads=may(current.viewer(), Action.VIEW_ESCALATIONS),
    )  # fmt: skip


def _fingerprint(page: Page) -> str:
    """Return what tells two states of the list apart."""
    era = int(current.now().timestamp()) // _REFRESH_SECONDS
    rows = [(item.id, item.state, item.owner_id, item.due_at) for item in page.items]
    return hashlib.sha256(repr((era, rows, page.counts)).encode()).hexdigest()[:16]
