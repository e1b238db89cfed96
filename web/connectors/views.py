"""Set up connectors, try them, renew their secrets, switch them off."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from engine.errors import EngineError, Invalid
from engine.notices import connectors as desk
from engine.notices.connector_setup import KINDS, Setup
from engine.notices.models import Connector
from engine.organisation.grid import units
from engine.organisation.policy import Action, require
from web import current
from web.connectors.fields import labels, setup_fields
from web.notices.views import CHANNELS
from web.words import say, translated_fields

blueprint: Final = Blueprint("connectors", __name__, url_prefix="/connectors")


@blueprint.before_request
def _only_operators() -> None:
    require(current.viewer(), Action.MANAGE_CONNECTORS)


@blueprint.get("")
def index() -> str:
    """Show the connectors, those that fail first."""
    found = sorted(desk.connectors(current.session(), _here()), key=lambda each: each.failing_since is None)
    names = {unit.id: unit.name for unit in units(current.session(), _here())}
    return render_template("connectors/index.html", found=found, units=names, channels=CHANNELS, kinds=KINDS)


@blueprint.get("/new")
def new() -> str:
    """Show the form for a connector of a kind."""
    kind = request.args.get("kind", KINDS[0])
    return _form(kind if kind in KINDS else KINDS[0], {}, {})


@blueprint.post("/new")
def add() -> Response | tuple[str, int]:
    """Set up a connector; a webhook's secret is shown once."""
    return _save(request.form.get("kind", ""), None)


@blueprint.get("/<uuid:connector_id>")
def show(connector_id: UUID) -> str:
    """Show one connector, without its address and secrets."""
    row = desk.get_connector(current.session(), _here(), connector_id)
    unit = next((each.code for each in units(current.session(), _here()) if each.id == row.unit_id), "")
    values = {"name": row.name, "least": row.least, "unit": unit, "allowed": "\n".join(row.allowed)}
    return _form(row.kind, values, {}, row)


@blueprint.post("/<uuid:connector_id>")
def change(connector_id: UUID) -> Response | tuple[str, int]:
    """Change a connector."""
    return _save(desk.get_connector(current.session(), _here(), connector_id).kind, connector_id)


@blueprint.post("/<uuid:connector_id>/try")
def try_out(connector_id: UUID) -> Response:
    """Send something through a connector now."""
    row = desk.get_connector(current.session(), _here(), connector_id)
    text = gettext("这是一条测试通知，请不必理会。")
    try:
        desk.try_out(row, safe=current.vault(), text=text, now=current.now(), number=request.form.get("number", ""))
    except EngineError as error:
        flash(gettext("没有发出：%(reason)s", reason=say(error)), "danger")
    else:
        flash(gettext("对方已接收。"), "success")
    return redirect(url_for("connectors.show", connector_id=connector_id), code=303)


@blueprint.post("/<uuid:connector_id>/secret")
def secret(connector_id: UUID) -> Response:
    """Give a webhook a new secret, or with `drop` sign with the newest only."""
    options: dict[str, Any] = {"safe": current.vault(), "actor": current.actor(), "now": current.now()}
    if "drop" in request.form:
        desk.drop_old_secrets(current.session(), _here(), connector_id, **options)
        flash(gettext("旧密钥已停用。"), "success")
    else:
        found = desk.renew_secret(current.session(), _here(), connector_id, **options)
        flash(_shown_once(found), "success")
    return redirect(url_for("connectors.show", connector_id=connector_id), code=303)


@blueprint.post("/<uuid:connector_id>/switch")
def switch(connector_id: UUID) -> Response:
    """Switch a connector on or off."""
    active = request.form.get("active") == "1"
    desk.switch(current.session(), _here(), connector_id, active=active, actor=current.actor(), now=current.now())
    flash(gettext("已启用。") if active else gettext("已停用。还没发出的在“未送达的通知”里。"), "success")
    return redirect(url_for("connectors.index"), code=303)


def _save(kind: str, connector_id: UUID | None) -> Response | tuple[str, int]:
    form, safe = request.form, current.vault()
    setup = Setup(
        name=form.get("name", ""), kind=kind, url=form.get("url", ""), unit=form.get("unit", ""),
        least=form.get("least", ""), allowed=tuple(form.get("allowed", "").split()), secret=form.get("secret", ""),
        body=form.get("body", ""), form="form" in form, headers=form.get("headers", ""),
        accepted=form.get("accepted", ""), nobody=form.get("nobody", ""),
    )  # fmt: skip
    row = desk.get_connector(current.session(), _here(), connector_id) if connector_id else None
    try:
        saved = desk.save_connector(
            current.session(), setup, jurisdiction=_here(), safe=safe, actor=current.actor(), now=current.now(),
            connector_id=connector_id,
        )  # fmt: skip
    except Invalid as error:
        return _form(kind, form.to_dict(), translated_fields(error), row), 422
    flash(gettext("已保存。请试发一条。"), "success")
    if kind == "webhook" and row is None:
        flash(_shown_once(safe.open(saved.sealed, saved.id)["secrets"][0]), "success")
    return redirect(url_for("connectors.show", connector_id=saved.id), code=303)


def _form(kind: str, values: dict[str, Any], errors: dict[str, list[str]], row: Connector | None = None) -> str:
    fields = setup_fields(kind, units(current.session(), _here()), known=row is not None)
    secrets = desk.secrets_of(row, current.vault()) if row is not None and kind == "webhook" else 0
    return render_template(
        "connectors/form.html", kind=kind, fields=fields, values=values, errors=errors, row=row, secrets=secrets,
        channels=CHANNELS, labels=labels(fields),
    )  # fmt: skip


def _shown_once(secret: str) -> str:
    return str(gettext("密钥（只显示这一次，请交给接收方）：%(secret)s", secret=secret))


def _here() -> str:
    return current.settings().jurisdiction
