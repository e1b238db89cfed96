"""One's own notices."""

from typing import Final
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from engine.notices.service import mark_read, open_notice, page_of, unread_count
from web import current
from web.parsing import ids
from web.presentation.addresses import with_query

blueprint: Final = Blueprint("notices", __name__, url_prefix="/notices")
#: how a channel is called
CHANNELS: Final = {
    "app": lazy_gettext("站内"),
    "email": lazy_gettext("邮件"),
    "sms": lazy_gettext("短信"),
    "webhook": lazy_gettext("网络回调"),
    "wecom": lazy_gettext("企业微信群"),
    "dingtalk": lazy_gettext("钉钉群"),
    "feishu": lazy_gettext("飞书群"),
    "lark": lazy_gettext("Lark 群"),
}


@blueprint.get("")
def index() -> str:
    """Show the notices, newest first; `show=unread` only those that were not opened."""
    session, staff_id, unread = current.session(), current.staff().id, request.args.get("show") == "unread"
    after = next(iter(ids(request.args.getlist("after"))), None)
    page = page_of(session, staff_id, unread_only=unread, after=after)
    waiting = unread_count(session, staff_id)
    return render_template(
        "notices/index.html", page=page, unread=unread, waiting=waiting, chips=_chips(unread, waiting),
        channels=CHANNELS, first=after is None,
    )  # fmt: skip


@blueprint.post("/<uuid:notice_id>/open")
def follow(notice_id: UUID) -> Response:
    """Mark a notice as read and go to what it is about."""
    link = open_notice(current.session(), current.staff().id, notice_id, now=current.now()).link
    own = link.startswith("/") and not link.startswith(("//", "/\\"))
    return redirect(link if own else url_for("notices.index"), code=303)


@blueprint.post("/read")
def read_all() -> Response:
    """Mark everything as read."""
    mark_read(current.session(), current.staff().id, now=current.now())
    return redirect(url_for("notices.index"), code=303)


def _chips(unread: bool, waiting: int) -> list[dict[str, object]]:
    return [
        {"label": gettext("全部"), "href": with_query(show=None, after=None), "active": not unread},
        {"label": gettext("未读"), "href": with_query(show="unread", after=None), "active": unread, "count": waiting},
    ]
