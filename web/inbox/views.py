"""The inbox's page, what has come since it was opened, and taking what is in it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext, ngettext
from werkzeug.wrappers import Response

from engine.cases.step_names import task_names
from engine.organisation.absences import Cover, covered_keys
from engine.organisation.colleagues import receivers
from engine.organisation.policy import Action, may, require
from engine.tasks import Holding, InboxQuery, Page, held_counts, inbox
from engine.tasks.co_handling import requests_to
from engine.tasks.inbox_news import Mark, came_since
from engine.tasks.saved_filters import readable, saved_filters, units_to_share_with
from web import current
from web.auth.access import background
from web.inbox.bulk import give_all
from web.inbox.claiming import claim_all
from web.inbox.filters import Filters, address, bucket_chips, holding_chips, saved_chips
from web.parsing import ids
from web.words import say

blueprint: Final = Blueprint("inbox", __name__, url_prefix="/inbox")


@blueprint.get("")
def index() -> str | Response:
    """Show the inbox as the address filters it; an address that says nothing opens it with the reader's own filter."""
    kept = saved_filters(current.session(), current.staff().id)
    if not request.args and (first := next((each for each in kept if each.default), None)):
        return redirect(address(first.query))
    read = _read()
    held = None
    if not (read.filters.bucket or read.filters.text):
        every = read.page.counts.total if read.filters.holding is Holding.ANY else None  # counted already
        held = held_counts(current.session(), read.query, every=every, closed=read.page.closed)
    return _render(
        "inbox/index.html", read, holdings=holding_chips(read.filters, held), saved=saved_chips(read.filters, kept),
        kept=kept, saving=readable(read.filters.said()), units=units_to_share_with(current.session(), current.viewer()),
        requests=requests_to(current.session(), current.staff().id),
    )  # fmt: skip


@blueprint.get("/list")
def rows() -> str:
    """Answer the list alone, when the reader asks for what is new."""
    return _render("inbox/list.html", _read())


@blueprint.get("/news")
@background
def news() -> Response:
    """Say how many tasks have come since the list was shown (`since`); 304 when as many as the page knows."""
    require(current.viewer(), Action.VIEW_INBOX)
    mark, (query, _covers) = Mark.read(request.args.get("since", "")), _inboxes()
    count = came_since(current.session(), query, mark) if mark else 0
    words = ngettext("%(num)d 件新任务", "%(num)d 件新任务", count) if count else ""
    answer = jsonify(count=count, words=words)
    answer.set_etag(f"{count}")
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer.make_conditional(request)


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
    query: InboxQuery
    page: Page
    covers: dict[str, Cover]
    mark: Mark


def _inboxes() -> tuple[InboxQuery, dict[str, Cover]]:
    session, staff, standings = current.session(), current.staff(), current.viewer().standings
    own = [each.inbox_key for each in standings if each.for_staff is None]
    covers: dict[str, Cover] = {}
    if len(own) < len(standings):
        covers = {key: each for key, each in covered_keys(session, staff.id, current.now()).items() if key not in own}
    return InboxQuery(staff_id=staff.id, keys=(*own, *covers), covered=tuple(covers)), covers


def _read() -> _Reading:
    require(current.viewer(), Action.VIEW_INBOX)
    filters, mark = Filters.from_args(request.args), Mark.of(current.now())
    whose, covers = _inboxes()
    query = filters.applied(whose)
    page = inbox(current.session(), query, current.now())
    return _Reading(filters=filters, query=query, page=page, covers=covers, mark=mark)


def _render(template: str, read: _Reading, **more: object) -> str:
    session, me = current.session(), current.staff()
    return render_template(
        template, page=read.page, filters=read.filters, now=current.now(), mark=read.mark,
        buckets=bucket_chips(read.filters, read.page.counts), selected=set(request.args.getlist("item")),
        names=task_names(session, [item.id for item in read.page.items], str(get_locale())), covers=read.covers,
        second=timedelta(seconds=1), receivers=receivers(session, me.id), me=me,
        leads=may(current.viewer(), Action.VIEW_ESCALATIONS), **more,
    )  # fmt: skip
