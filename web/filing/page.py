"""The page on which a matter is filed, of any kind that a package opens."""

from dataclasses import dataclass, field, replace
from typing import Any, Final

from flask import render_template, request

from engine.audit import Actor
from engine.cases.attachments import StagedPhoto
from engine.cases.filing import Filed, Filing, file_case
from engine.cases.kinds import Kind, kind_of, start_context
from engine.cases.vault import new_submission
from engine.errors import EngineError, Invalid, NotFound
from engine.forms import Form
from engine.notices import groups
from engine.organisation.grid import finer_places, streets
from web import current
from web.cases.forms import ShownForm
from web.errors import status_of
from web.filing import fields
from web.filing.parties import party_rows, read_parties
from web.languages import choose_locale
from web.portal import resent
from web.portal.uploads import Staging
from web.words import say, translated_fields

#: Kind that is filed when none is asked for.
USUAL: Final = "petition"


def asked_kind(*, staff: bool) -> Kind:
    """Return the kind that the address asks for.

    Raises:
        NotFound: there is none, or it is not open to this reader.
    """
    kind = kind_of(current.session(), request.args.get("kind", USUAL), choose_locale())
    if not (kind.staff if staff else kind.portal):
        raise NotFound("kind-closed", "Matters of the kind {kind} are not filed here.", kind=kind.name)
    return kind


@dataclass
class FilingPage:
    """One request for the page.

    Args:
        channels: what staff choose from; empty in the portal.
    """

    kind: Kind
    actor: Actor
    channels: tuple[str, ...] = ()
    #: of the page that is shown again
    status: int = field(default=422, init=False)

    def show(self) -> str:
        """Return the empty page."""
        return self._render({}, {}, self._start_form(), submission=new_submission())

    def take(self) -> tuple[Filed | None, str, str]:
        """File what was sent.

        Returns:
            The case, the form's token and "", or None, the token and the page again with every word and good photo.
        """
        started = self._start_form()
        entered = started.parse(request.form) if started is not None else {}
        filing, errors = fields.read_filing(
            request.form, choose_locale(), kind=self.kind.key, start=entered, channels=self.channels
        )
        parties, wrong = read_parties(request.form, self.kind, choose_locale(), required=not self.channels)
        errors = errors | wrong
        filing = replace(filing, parties=parties) if filing is not None and not wrong else None
        staging = Staging(current.settings().secret_key, current.blobs())
        photos, problems = staging.receive(request.files.getlist("photos"), request.form.getlist("staged"))
        self.status = max(map(status_of, problems), default=422)
        submission = request.form.get("submission") or new_submission()
        if filing is not None and not problems:
            if not self.channels:
                submission = resent.submission_of(filing, submission, now=current.now())
            try:
                return self._file(filing, submission, photos), submission, ""
            except Invalid as error:
                errors = translated_fields(error)
        if started is not None:
            started = self._checked(started, entered, errors)
            errors = errors | dict(started.errors)
        staged = [{"name": p.name, "size": p.size, "token": staging.token(p)} for p in photos]
        values = request.form.to_dict() | {"name_hidden": "name_hidden" in request.form}
        page = self._render(values, errors, started, submission=submission, staged=staged, problems=problems)
        return None, submission, page

    def _file(self, filing: Filing, submission: str, photos: list[StagedPhoto]) -> Filed:
        return file_case(
            current.session(),
            filing,
            jurisdiction=current.settings().jurisdiction,
            submission=submission,
            vault=current.vault(),
            runtime=current.runtime(),
            actor=self.actor,
            now=current.now(),
            photos=photos,
        )

    def _start_form(self) -> ShownForm | None:
        form, now = self.kind.form, current.now()
        if form is None:
            return None
        context = start_context(current.session(), current.settings().jurisdiction)
        return ShownForm.make(form, context, form.initial(context, None, now=now), now)

    def _checked(self, started: ShownForm, entered: dict[str, Any], errors: dict[str, list[str]]) -> ShownForm:
        """Return the start form as it was sent, with its mistakes, also when another field was the first mistake."""
        form: Form = started.form
        try:
            form.load(entered, started.context, now=current.now())
        except Invalid as error:
            return started.refused(entered, error)
        return started.filled(entered)

    def _render(
        self,
        values: dict[str, Any],
        errors: dict[str, list[str]],
        started: ShownForm | None,
        *,
        submission: str,
        staged: list[dict[str, Any]] | None = None,
        problems: list[EngineError] | None = None,
    ) -> str:
        jurisdiction = current.settings().jurisdiction
        groups = {
            "matter_fields": fields.matter_fields(self.kind.categories),
            "photo_fields": fields.photo_fields(),
            "person_fields": fields.person_fields(sms=_has_gateway()),
            "channel_fields": fields.channel_fields(self.channels),
        }
        rows = party_rows(self.kind, required=not self.channels)
        labels = {c["key"]: c["label"] for group in (*groups.values(), *(row.fields for row in rows)) for c in group}
        labels |= fields.place_labels()
        return render_template(
            "filing/file.html",
            **groups,
            kind=self.kind,
            by_staff=bool(self.channels),
            started=started,
            party_rows=rows,
            labels=labels | (started.labels if started is not None else {}),
            values=values,
            errors=errors,
            submission=submission,
            staged=staged or [],
            photo_problems=[say(problem) for problem in problems or []],
            places=streets(current.session(), jurisdiction),
            finer=finer_places(current.session(), jurisdiction, values.get("place", "")),
        )


def _has_gateway() -> bool:
    """Say whether short messages can be sent here."""
    return groups.has_gateway(current.session(), current.settings().jurisdiction)
