"""Incidents with their retry, and notices that did not arrive with their resending."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug.wrappers import Response

from engine.cases import incidents as desk
from engine.cases.undelivered import UndeliveredView, held, release_held, resend, try_again, undelivered, unusable
from engine.instances.models import IncidentState
from web import current
from web.cases import story
from web.cockpit.condition import condition
from web.notices.views import CHANNELS

blueprint: Final = Blueprint("cockpit", __name__, url_prefix="/cockpit")
#: what was tried when a step failed
ATTEMPTS: Final = {
    "start": lazy_gettext("启动流程"),
    "complete": lazy_gettext("完成待办"),
    "timer": lazy_gettext("定时到期"),
    "rung": lazy_gettext("发出超期提醒"),
    "ladder": lazy_gettext("为时限排定提醒梯次"),
    "message": lazy_gettext("收到消息"),
}


@blueprint.get("/incidents")
def incidents() -> str:
    """Show what waits for an operator, or with `state=resolved` what was mended."""
    state = IncidentState.RESOLVED if request.args.get("state") == "resolved" else IncidentState.OPEN
    found = desk.incidents(current.session(), current.viewer(), state)
    return _render("cockpit/incidents.html", state, found=found, most=desk.MOST)


@blueprint.get("/incidents/<uuid:incident_id>")
def incident(incident_id: UUID) -> str:
    """Show one incident: where, what went wrong, what the step saw, what was done about it."""
    found = desk.incident(current.session(), current.viewer(), incident_id)
    events = desk.history(current.session(), current.viewer(), incident_id)
    return render_template("cockpit/incident.html", found=found, attempts=ATTEMPTS, story=story.lines(events))


@blueprint.post("/incidents/<uuid:incident_id>/retry")
def retry(incident_id: UUID) -> Response:
    """Try the failed step again."""
    worked = desk.retry_incident(
        current.session(), current.runtime(), current.viewer(), incident_id, actor=current.actor(), now=current.now()
    )
    if worked:
        flash(gettext("重试成功，这件事项已继续办理。"), "success")
    else:
        flash(gettext("重试没有成功，事项停在原处，没有任何内容丢失。最新的原因见下。"), "warning")
    return redirect(url_for("cockpit.incident", incident_id=incident_id), code=303)


@blueprint.get("/notices")
def notices() -> str:
    """Show what was given up, and what failed and is tried again."""
    found = undelivered(current.session(), current.viewer())
    marked = unusable(current.session(), current.viewer())
    dead, waiting = [each for each in found if each.dead], _waiting(each for each in found if not each.dead)
    return _render(
        "cockpit/notices.html", "notices", found=dead, waiting=waiting, marked=marked, channels=CHANNELS
    )  # fmt: skip


def _waiting(found: Iterable[UndeliveredView]) -> list[list[UndeliveredView]]:
    """Put together what is tried again by one channel for one reason: an outage is one line, not a hundred."""
    groups: dict[tuple[str, str], list[UndeliveredView]] = {}
    for each in sorted(found, key=lambda one: one.next_try_at):
        groups.setdefault((each.channel, str(each.reason or each.error)), []).append(each)
    return sorted(groups.values(), key=len, reverse=True)


@blueprint.post("/addresses/<uuid:mark_id>/again")
def address_again(mark_id: UUID) -> Response:
    """Let an address be tried again that was marked as unusable."""
    try_again(current.session(), current.viewer(), mark_id, actor=current.actor(), now=current.now())
    flash(gettext("已取消标记。下一条通知会再发到这个地址。"), "success")
    return redirect(url_for("cockpit.notices"), code=303)


@blueprint.post("/notices/<uuid:notice_id>/resend")
def resend_one(notice_id: UUID) -> Response:
    """Put a notice that was given up back into the outbox."""
    resend(current.session(), current.viewer(), notice_id, actor=current.actor(), now=current.now())
    flash(gettext("已放回待发送。发出后从这里消失。"), "success")
    return redirect(url_for("cockpit.notices"), code=303)


@blueprint.post("/notices/resend")
def resend_all() -> Response:
    """Put everything that was given up back into the outbox: the mail server is back."""
    dead = [each.id for each in undelivered(current.session(), current.viewer()) if each.dead]
    for notice_id in dead:
        resend(current.session(), current.viewer(), notice_id, actor=current.actor(), now=current.now())
    flash(ngettext("已把 %(num)d 条放回待发送。", "已把 %(num)d 条放回待发送。", len(dead)), "success")
    return redirect(url_for("cockpit.notices"), code=303)


@blueprint.post("/notices/release")
def release() -> Response:
    """Let notices be sent again after a restore."""
    aside = release_held(
        current.session(), current.viewer(), actor=current.actor(), now=current.now(),
        set_aside=request.form.get("set_aside") == "1",
    )  # fmt: skip
    flash(gettext("通知已恢复发送。"), "success")
    if aside:
        flash(ngettext("%(num)d 条备份前的通知列在下面，需要时可逐条重发。",
                       "%(num)d 条备份前的通知列在下面，需要时可逐条重发。", aside), "info")  # fmt: skip
    return redirect(url_for("cockpit.notices"), code=303)


def _render(template: str, place: str, **values: Any) -> str:
    figures = condition(current_app, current.session(), current.viewer(), current.now())
    chips = [
        {"label": label, "href": href, "active": place == key}
        for key, label, href in (
            (IncidentState.OPEN, gettext("待处理"), url_for("cockpit.incidents")),
            (IncidentState.RESOLVED, gettext("已处理"), url_for("cockpit.incidents", state="resolved")),
            ("notices", gettext("未送达的通知"), url_for("cockpit.notices")),
            ("connectors", gettext("通知渠道"), url_for("connectors.index")),
        )
    ]
    hold = held(current.session(), current.viewer())
    return render_template(template, figures=figures, chips=chips, hold=hold, place=place, attempts=ATTEMPTS, **values)
