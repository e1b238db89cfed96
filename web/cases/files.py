"""Files that staff attach to a matter."""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, request, send_file, url_for
from flask_babel import gettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from engine.cases.attachments import StagedPhoto, add_files, stage_photo
from engine.cases.models import Attachment
from engine.cases.papers import ACCEPT, clean_file, too_large
from engine.cases.photos import MAX_BYTES
from engine.cases.subject import get_case, subject_of
from engine.cases.view import CaseView
from engine.errors import EngineError
from engine.organisation.policy import Action, may, require
from web import current
from web.portal.uploads import CappedFile
from web.words import say

blueprint: Final = Blueprint("files", __name__)
#: what a browser may show in place; everything else is downloaded
_SHOWN: Final = ("image/jpeg", "image/png", "image/webp")


@blueprint.post("/cases/<uuid:case_id>/attachments")
def attach(case_id: UUID) -> AnyResponse:
    """Attach what is good of the chosen files, and say what was wrong with the others."""
    case = get_case(current.session(), case_id)
    require(current.viewer(), Action.ATTACH, subject_of(current.session(), case))
    good = []
    for file in request.files.getlist("files"):
        try:
            if file.filename:
                good.append(stage(file))
        except EngineError as error:
            flash(say(error), "warning")
    internal = request.form.get("seen_by") != "resident"
    added = add_files(current.session(), case, good, actor=current.actor(), now=current.now(), internal=internal)
    if added:
        flash(gettext("已添加附件：%(names)s", names="、".join(each.name for each in added)), "success")
    return redirect(url_for("cases.show", case_id=case_id) + "#papers", code=303)


def stage(file: FileStorage) -> StagedPhoto:
    """Check one file of a form and put it into the store.

    Raises:
        Invalid: it is too large, or of a kind that is not taken.
    """
    stream, name = file.stream, file.filename or ""
    if isinstance(stream, CappedFile) and stream.too_large:
        raise too_large(name)
    return stage_photo(clean_file(name, stream), blobs=current.blobs())


def send_stored(row: Attachment) -> Response:
    """Answer a file: a picture in place, everything else as a download; a browser runs nothing that is in it."""
    answer = send_file(
        current.blobs().open(row.sha256), mimetype=row.media_type, as_attachment=row.media_type not in _SHOWN,
        download_name=row.name, max_age=0,
    )  # fmt: skip
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@blueprint.app_template_global("attaching")
def attaching(view: CaseView) -> dict[str, Any]:
    """Return what the form that attaches files needs to know of a matter."""
    return {"may": may(current.viewer(), Action.ATTACH, view.subject), "accept": ACCEPT, "most": MAX_BYTES}
