"""Filters that people save under a name, and that leads share with a unit."""

from typing import Final
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from flask import Blueprint, flash, redirect, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import EngineError
from engine.organisation.policy import Action, require
from engine.tasks.saved_filters import delete_filter, readable, rename_filter, save_filter, set_default, share_filter
from web import current
from web.inbox.filters import address
from web.words import say

blueprint: Final = Blueprint("saved", __name__, url_prefix="/inbox/filters")


@blueprint.post("")
def save() -> Response:
    """Save the filter of the page that was open (`back`) under a name (`name`)."""
    require(current.viewer(), Action.VIEW_INBOX)
    try:
        saved = save_filter(
            current.session(), staff=current.staff(), name=_text("name"), query=_shown(), now=current.now()
        )
    except EngineError as error:
        return _back(say(error), "warning")
    return _back(gettext("已保存筛选“%(name)s”。", name=saved.name))


@blueprint.post("/<uuid:filter_id>/rename")
def rename(filter_id: UUID) -> Response:
    """Give one's filter another name."""
    try:
        saved = rename_filter(current.session(), filter_id, staff=current.staff(), name=_text("name"))
    except EngineError as error:
        return _back(say(error), "warning")
    return _back(gettext("筛选已改名为“%(name)s”。", name=saved.name))


@blueprint.post("/<uuid:filter_id>/delete")
def delete(filter_id: UUID) -> Response:
    """Delete one's filter."""
    try:
        name = delete_filter(current.session(), filter_id, staff=current.staff())
    except EngineError as error:
        return _back(say(error), "warning")
    return _back(gettext("已删除筛选“%(name)s”。", name=name))


@blueprint.post("/<uuid:filter_id>/default")
def default(filter_id: UUID) -> Response:
    """Let the inbox open with a filter, or no longer (`off`)."""
    off = bool(request.form.get("off"))
    try:
        set_default(current.session(), None if off else filter_id, staff=current.staff())
    except EngineError as error:
        return _back(say(error), "warning")
    return _back(gettext("待办不再按筛选打开。") if off else gettext("以后打开待办，先按这个筛选显示。"))


@blueprint.post("/<uuid:filter_id>/share")
def share(filter_id: UUID) -> Response:
    """Share one's filter with a unit (`unit`), or with nobody any more."""
    wanted = _text("unit")
    try:
        unit_id = UUID(wanted) if wanted else None
    except ValueError:
        return _back(gettext("请选择一个单位。"), "warning")
    try:
        share_filter(current.session(), current.viewer(), filter_id, staff=current.staff(), unit_id=unit_id)
    except EngineError as error:
        return _back(say(error), "warning")
    return _back(gettext("已共享。对方按各自的权限看到自己的待办。") if unit_id else gettext("已取消共享。"))


def _text(name: str) -> str:
    return request.form.get(name, "").strip()


def _shown() -> dict[str, str]:
    return readable(dict(parse_qsl(urlsplit(request.form.get("back", "")).query)))


def _back(told: str, category: str = "success") -> Response:
    flash(told, category)
    return redirect(address(_shown()), code=303)
