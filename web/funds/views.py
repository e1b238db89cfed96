"""The communities' funds: grant a year's, set how much it is, read the ledger, take it along as a table."""

import csv
import io
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from engine.cases.models import Case
from engine.clock import CHINA
from engine.errors import EngineError, Invalid
from engine.forms.messages import N_
from engine.funds import open_account, set_yearly_grant, yuan_text
from engine.funds.ledgers import CommunityFund, Line, community_fund, community_funds, ledger_of
from engine.funds.models import EntryKind
from engine.organisation.models import OrgUnit, UnitKind
from engine.organisation.policy import Action, require
from engine.organisation.roles import Role
from engine.organisation.sealing import closed_cases
from web import current
from web.words import say

blueprint: Final = Blueprint("funds", __name__, url_prefix="/funds")
#: Whose units the funds lie below.
_ANSWER: Final = (Role.FINANCE, Role.STREET_LEADER)
_MOST: Final = Decimal(100_000_000)
AMOUNT_WRONG: Final = N_("Write the amount in yuan, from 0 to 100,000,000, with at most two decimals.")


@blueprint.get("/")
def index() -> str:
    """Show the funds of a year of every community that the reader answers for."""
    year = _year()
    funds = community_funds(current.session(), current.settings().jurisdiction, _above(), year)
    return render_template("funds/index.html", funds=funds, year=year, this_year=_this_year(), yuan=yuan_text)


@blueprint.get("/<code>")
def show(code: str) -> str:
    """Show the ledger of a community's fund."""
    fund, year = _fund(code), _year()
    lines = ledger_of(current.session(), fund.account)
    return render_template(
        "funds/ledger.html", fund=fund, year=year, this_year=_this_year(), lines=lines, numbers=_numbers(lines),
        kinds=_kinds(), yuan=yuan_text,
    )  # fmt: skip


@blueprint.post("/<code>/grant")
def grant(code: str) -> AnyResponse:
    """Grant this year's money. A second time changes nothing: a community has one account a year."""
    fund, year = _fund(code), _year()
    before = fund.account is not None
    open_account(
        current.session(), jurisdiction=current.settings().jurisdiction, unit_code=fund.unit.code, year=year,
        actor=current.actor(), now=current.now(),
    )  # fmt: skip
    text = gettext("这一年的经费之前已经拨入，没有重复拨。") if before else gettext("已拨入。")
    flash(text, "info" if before else "success")
    return redirect(url_for("funds.show", code=code, year=year), code=303)


@blueprint.post("/<code>/yearly")
def yearly(code: str) -> AnyResponse:
    """Set how much a community has a year, from the year on that is shown; what was granted stays as it is."""
    fund, year = _fund(code), _year()
    try:
        amount = _fen(request.form.get("yuan", ""))
        set_yearly_grant(
            current.session(), jurisdiction=current.settings().jurisdiction, from_year=year, yearly=amount,
            unit_code=fund.unit.code, actor=current.actor(), now=current.now(),
        )  # fmt: skip
        flash(gettext("已改为每年 %(yuan)s 元，从 %(year)s 年起。", yuan=yuan_text(amount), year=year), "success")
    except EngineError as error:
        flash(say(error), "warning")
    return redirect(url_for("funds.show", code=code, year=year), code=303)


@blueprint.get("/<code>/ledger.csv")
def ledger(code: str) -> Response:
    """Send the ledger as a table that spreadsheets open."""
    fund, year = _fund(code), _year()
    lines = ledger_of(current.session(), fund.account)
    numbers, kinds = _numbers(lines), _kinds()
    out = io.StringIO()
    table = csv.writer(out)
    money = (gettext("金额（元）"), gettext("可用余额（元）"))
    table.writerow([gettext("日期"), gettext("摘要"), *money, gettext("事项"), gettext("说明")])
    for line in lines:
        amount, balance = (str(Decimal(fen) / 100) for fen in (line.amount, line.balance))
        day = f"{line.at.astimezone(CHINA):%Y-%m-%d %H:%M}"
        table.writerow([day, kinds[line.kind], amount, balance, numbers.get(line.case_id, ""), _harmless(line.note)])
    answer = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"fund-{fund.unit.code}-{year}.csv")
    return answer


def _above() -> list[str]:
    """Return the paths of the units whose communities' funds the reader answers for; an office's is its unit's."""
    viewer, session = current.viewer(), current.session()
    require(viewer, Action.MANAGE_FUNDS)
    held = [session.get_one(OrgUnit, each.unit_id) for each in viewer.standings if each.role in _ANSWER]
    return [(unit.parent or unit).path if unit.kind == UnitKind.OFFICE else unit.path for unit in held]


def _fund(code: str) -> CommunityFund:
    return community_fund(current.session(), current.settings().jurisdiction, _above(), code, _year())


def _this_year() -> int:
    return current.now().astimezone(CHINA).year


def _year() -> int:
    asked = request.values.get("year", "")
    return (
        int(asked) if asked.isascii() and asked.isdigit() and 2000 <= int(asked) <= _this_year() + 1 else _this_year()
    )


def _numbers(lines: list[Line]) -> dict[Any, str]:
    """Return the numbers of the matters that money went to, those left out that the reader may not know of."""
    wanted = {line.case_id for line in lines if line.case_id is not None}
    closed = set(closed_cases(current.session(), current.staff().id)) if wanted else set()
    rows = current.session().execute(select(Case.id, Case.number).where(Case.id.in_(wanted - closed), ~Case.sealed))
    return {row.id: row.number for row in rows}


def _kinds() -> dict[EntryKind, str]:
    return {
        EntryKind.GRANT: gettext("拨入"), EntryKind.RESERVE: gettext("预留"), EntryKind.PAY: gettext("支付"),
        EntryKind.RELEASE: gettext("退回"),
    }  # fmt: skip


def _fen(text: str) -> int:
    try:
        amount = Decimal(text.strip().replace(",", "").replace("，", ""))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount <= _MOST or amount * 100 != int(amount * 100):
        raise Invalid("fund-yearly", AMOUNT_WRONG)
    return int(amount * 100)


def _harmless(text: str) -> str:
    """A spreadsheet computes what begins like a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
