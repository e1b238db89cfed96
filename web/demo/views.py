"""The demonstration's own pages: who can sign in, the movable clock, the mailbox."""

from datetime import timedelta
from typing import Final, cast

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask_babel import format_datetime
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engine.errors import NotFound
from web import current
from web.auth.access import background, public
from web.demo import district
from web.demo.clock import DemoClock
from web.demo.mailbox import Mailbox
from web.demo.time import next_deadline

blueprint: Final = Blueprint("demo", __name__, url_prefix="/demo")
_MAILBOX: Final = "chuishao.demo.mailbox"
#: where the clock can be sent besides the next deadline
_STEPS: Final = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


def init_demo(app: Flask, mailbox: Mailbox) -> None:
    """Give `app` the demonstration's pages and the strip that says on every page that this is one."""
    app.extensions[_MAILBOX] = mailbox
    app.register_blueprint(blueprint)

    @app.context_processor
    def _strip() -> dict[str, object]:
        return {"demo": {"now": current.now(), "moved": bool(_clock().offset)}}


def _clock() -> DemoClock:
    return cast(DemoClock, current.clock())


def _mailbox() -> Mailbox:
    return cast(Mailbox, current_app.extensions[_MAILBOX])


@blueprint.get("/")
@public
def index() -> str:
    """Show the accounts and what to try."""
    names = {person.login: person.name for person in district.people()}
    accounts = [{"login": login, "name": names[login], "role": role} for login, role in district.SHOWN]
    number = request.args.get("number", "").strip().upper()
    upcoming = next_deadline(current.session(), current.now(), number)
    return render_template(
        "demo/index.html", accounts=accounts, password=district.PASSWORD, upcoming=upcoming, number=number
    )


@blueprint.post("/clock")
@public
def move_clock() -> Response:
    """Move the demonstration's clock forward and let the scheduler see it at once."""
    step = _STEPS.get(request.form.get("to", ""))
    now = current.now()
    upcoming = None if step else next_deadline(current.session(), now, request.form.get("number", ""))
    moment = now + step if step else upcoming.moment if upcoming else None
    if moment is None:
        flash(_("没有等待中的时限。先提出一件诉求，再来快进。"), "info")
    else:
        _clock().move_to(moment)
        current.wake()
        shown = format_datetime(moment, "yyyy-MM-dd HH:mm")
        flash(_("演示时间已快进到 %(moment)s；到期的提醒正在发出。", moment=shown), "success")
    back = request.form.get("back", "")
    return redirect(back if _is_here(back) else url_for("demo.index"))


def _is_here(path: str) -> bool:
    """Whether `path` is one of this site's."""
    return path.startswith("/") and not path.startswith(("//", "/\\"))


@blueprint.get("/mail")
@public
def mail() -> str:
    """List the letters that the demonstration's mail server took."""
    return _letters("demo/mail.html")


@blueprint.get("/mail/news")
@public
@background
def mail_news() -> str | tuple[str, int]:
    """Answer the list again when a letter has come after `seen`, nothing when not."""
    if request.args.get("seen", "") == _mailbox().newest():
        return "", 204
    return _letters("demo/letters.html")


def _letters(template: str) -> str:
    to, seen = request.args.get("to", ""), _mailbox().newest()  # read first: what comes meanwhile is news
    return render_template(template, letters=_mailbox().letters(to), to=to, seen=seen)


@blueprint.get("/mail/<letter_id>")
@public
def letter(letter_id: str) -> str:
    """Show one letter.

    Raises:
        NotFound: there is none.
    """
    found = _mailbox().letter(letter_id)
    if found is None:
        raise NotFound("letter-not-found", "There is no such letter in the demonstration's mailbox.")
    return render_template("demo/letter.html", letter=found)
