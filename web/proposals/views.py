"""Proposals in public: everybody may read what was published, second, object and follow."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from engine.errors import Conflict, EngineError, Invalid
from engine.organisation.grid import streets
from engine.proposals import following
from engine.proposals.service import PublicProposal, list_proposals, object_to, read_proposal, second
from web import current
from web.auth.access import public
from web.guard import limiter
from web.languages import choose_locale
from web.words import say, translated_fields

blueprint: Final = Blueprint("proposals", __name__, url_prefix="/proposals")
_rate: Final = limiter.limit(lambda: current.settings().rate_portal, methods=["POST"])
#: what was published, by its kind
KINDS: Final = {
    "call": lazy_gettext("议题公开"),
    "review": lazy_gettext("审查意见"),
    "meeting": lazy_gettext("会议通知"),
    "vote": lazy_gettext("表决结果"),
    "decision": lazy_gettext("决议公示"),
    "refusal": lazy_gettext("不予实施的理由"),
    "plan": lazy_gettext("实施计划"),
    "result": lazy_gettext("结果和账目"),
    "evaluation": lazy_gettext("居民评议"),
}


@blueprint.get("")
@public
def index() -> str:
    """List the proposals of a community, or of everywhere."""
    place, state = request.args.get("place", ""), request.args.get("state", "")
    shown, after = list_proposals(
        current.session(),
        jurisdiction=current.settings().jurisdiction,
        community=place,
        ended={"open": False, "over": True}.get(state),
        before=request.args.get("after", ""),
    )
    places = streets(current.session(), current.settings().jurisdiction)
    return render_template(
        "proposals/index.html", proposals=shown, after=after, place=place, state=state, places=places, kinds=KINDS
    )


@blueprint.get("/<number>")
@public
def show(number: str) -> str:
    """Show one proposal with everything published of it."""
    return _page(_read(number))


@blueprint.post("/<number>/second")
@public
@_rate
def second_it(number: str) -> Response | tuple[str, int]:
    """Second it in the name of a household."""

    def do(proposal: PublicProposal) -> None:
        second(
            current.session(), proposal, address=request.form.get("household", ""),
            phone=request.form.get("phone", ""), vault=current.vault(), runtime=current.runtime(), now=current.now(),
        )  # fmt: skip
        flash(_("已附议。只公开户数，不公开是谁。"), "success")

    return _try(number, do)


@blueprint.post("/<number>/object")
@public
@_rate
def object_it(number: str) -> Response | tuple[str, int]:
    """Object to what is published."""

    def do(proposal: PublicProposal) -> None:
        filed = object_to(
            current.session(), proposal, text=request.form.get("text", ""), email=request.form.get("email", ""),
            locale=choose_locale(), vault=current.vault(), runtime=current.runtime(), now=current.now(),
        )  # fmt: skip
        flash(_("已收到，这是第%(n)d条异议。答复会公布在本页。", n=filed), "success")

    return _try(number, do)


@blueprint.post("/<number>/follow")
@public
@_rate
def follow(number: str) -> Response | str | tuple[str, int]:
    """Follow it; show the code once."""
    proposal = _read(number)
    try:
        code = following.follow(
            current.session(), proposal, email=request.form.get("follow_email", ""), locale=choose_locale(),
            vault=current.vault(), now=current.now(), site=current.settings().public_url,
            link=lambda code: url_for("proposals.followed", code=code), seal=current.vault().seal_address,
        )  # fmt: skip
    except Invalid as error:
        return _page(proposal, errors={"follow_email": translated_fields(error)["email"]}), 422
    current.wake()
    link = current.settings().public_url + url_for("proposals.followed", code=code.replace("-", ""))
    mailed = bool(request.form.get("follow_email", "").strip())
    return render_template("proposals/following.html", proposal=proposal, code=code, link=link, mailed=mailed)


@blueprint.get("/follow/<code>")
@public
@limiter.limit(lambda: current.settings().rate_portal)
def followed(code: str) -> str:
    """Show what a code follows, and how much is new."""
    found = following.followed(current.session(), code, vault=current.vault())
    return render_template("proposals/followed.html", found=found, code=code)


@blueprint.post("/follow/<code>")
@public
@_rate
def change_following(code: str) -> Response:
    """Confirm the address of a code, or forget who follows."""
    if "unfollow" in request.form:
        following.unfollow(current.session(), code, vault=current.vault())
        flash(_("已取消关注，您的邮箱已删除。"), "success")
        return redirect(url_for("proposals.index"))
    found = following.followed(current.session(), code, vault=current.vault())
    following.confirm(current.session(), code, vault=current.vault(), now=current.now())
    flash(_("已确认关注。"), "success")
    return redirect(url_for("proposals.show", number=found.case.number))


def _read(number: str) -> PublicProposal:
    return read_proposal(current.session(), number, jurisdiction=current.settings().jurisdiction, now=current.now())


def _try(number: str, do: Callable[[PublicProposal], None]) -> Response | tuple[str, int]:
    """Do something to a proposal; a mistake comes back with the page and every word."""
    proposal = _read(number)
    try:
        do(proposal)
    except (Invalid, Conflict) as error:
        errors = translated_fields(error) if "fields" in error.facts else {}
        return _page(_read(number), errors=errors, problem=None if errors else error), 422
    current.wake()
    return redirect(url_for("proposals.show", number=proposal.number))


def _page(
    proposal: PublicProposal, *, errors: dict[str, list[str]] | None = None, problem: EngineError | None = None
) -> str:
    labels: dict[str, Any] = {
        "household": _("楼、单元、房号"), "phone": _("电话"), "text": _("异议和理由"), "email": _("电子邮箱"),
        "follow_email": _("电子邮箱"),
    }  # fmt: skip
    return render_template(
        "proposals/show.html", proposal=proposal, kinds=KINDS, values=request.form, errors=errors or {}, labels=labels,
        problem=say(problem) if problem else "", instant_of=datetime.fromisoformat,
    )  # fmt: skip
