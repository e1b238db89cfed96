"""What can be filed: every active process that a package opens to residents or to staff."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.cases.accusing import is_sealed_kind
from engine.cases.parties import allowed, party_roles
from engine.definitions import LoadedVersion, active_version_id, load
from engine.definitions.models import ProcessVersion, VersionState
from engine.errors import EngineError, Invalid
from engine.forms import Form
from engine.organisation.grid import known_units

#: Names of what every form asks for; a start form cannot use them.
COMMON = (
    "title",
    "text",
    "category",
    "place",
    "finer_place",
    "address",
    "name",
    "phone",
    "email",
    "reach",
    "name_hidden",
)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A process that a matter can be filed for, in the reader's language.

    Args:
        portal, staff: who may file it.
        sealed: it is an accusation: only who handles it and the petitioner know of it.
        parties: least and most other people that it needs, None when it is about the petitioner alone.
        party_roles: what those can be, key → name.
        categories: `value` and `label` of each.
        form: what is asked beside the common fields; None when nothing is.
    """

    key: str
    name: str
    description: str
    portal: bool
    staff: bool
    sealed: bool
    parties: tuple[int, int] | None
    party_roles: Mapping[str, str]
    categories: list[dict[str, str]]
    form: Form | None


def kinds(session: Session, locale: str) -> list[Kind]:
    """Return everything that can be filed, petitions first, then by key. A version that cannot be read is left out."""
    keys = session.scalars(select(ProcessVersion.key).where(ProcessVersion.state == VersionState.ACTIVE))
    found = []
    for key in sorted(keys, key=lambda each: (each != "petition", each)):
        try:
            made = kind_of(session, key, locale)
        except EngineError:
            continue
        if made.portal or made.staff:
            found.append(made)
    return found


def kind_of(session: Session, key: str, locale: str) -> Kind:
    """Return one kind.

    Raises:
        NotFound: no process of this key is active.
    """
    version = load(session, active_version_id(session, key))
    manifest = version.package.manifest
    opened = manifest.get("start", {"portal": True, "staff": True})
    form = start_form(version)
    return Kind(
        key=key,
        name=_said(manifest["name"], locale) or key,
        description=_said(manifest.get("description", {}), locale),
        portal=bool(opened.get("portal")),
        staff=bool(opened.get("staff")),
        sealed=is_sealed_kind(version),
        parties=allowed(version),
        party_roles=party_roles(version, locale),
        categories=[
            {"value": each["key"], "label": _said(each["name"], locale) or each["key"]} for each in version.categories
        ],
        form=form.localized(locale) if form is not None else None,
    )


def start_form(version: LoadedVersion) -> Form | None:
    """Return the form of the main process's start event."""
    for element in version.definitions.processes[version.main_process].elements.values():
        if element.kind == "startEvent" and element.parent_id is None and element.form_id:
            return version.form(element.form_id)
    return None


def start_context(session: Session, jurisdiction: str) -> dict[str, Any]:
    """Return what a start form can offer beside what it holds itself: `units`, `value` and `label` of each unit that
    people know by name."""
    return {"units": [{"value": each.code, "label": each.label} for each in known_units(session, jurisdiction)]}


def read_start(
    session: Session, version: LoadedVersion, submitted: Mapping[str, Any], *, jurisdiction: str, now: datetime
) -> dict[str, Any]:
    """Return what was entered into the start form, checked and typed.

    Raises:
        Invalid: `form-invalid`, `facts["fields"]` has the messages; or something was entered and there is no form.
    """
    form = start_form(version)
    if form is not None:
        return form.load(submitted, start_context(session, jurisdiction), now=now)
    if submitted:
        raise Invalid(
            "start-form-missing",
            "The process {process} asks for nothing more, and {names} was sent. Leave it out; nothing was filed.",
            process=version.key,
            names=", ".join(sorted(submitted)),
            fields={},
        )
    return {}


def _said(texts: Any, locale: str) -> str:
    return str(texts.get(locale) or texts.get("zh_CN") or "") if isinstance(texts, Mapping) else str(texts or "")
