"""A deployed version, ready to run: compiled once, kept for as long as it is used."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from engine.decisions import Decision, Model
from engine.definitions.models import ProcessVersion
from engine.definitions.package import Package
from engine.errors import NotFound
from engine.forms import Form
from engine.notices.texts import NoticeTexts
from engine.spiff import Definitions, ElementOutline, Specification, compile_process, read_definitions

#: Where a session notes versions that it added and did not commit yet: they may never come to be.
UNCOMMITTED: Final = "chuishao.definitions.uncommitted"
#: How many versions are kept compiled; running cases of older ones are compiled again when needed.
KEPT: Final = 64


@dataclass(frozen=True)
class LoadedVersion:
    """Everything that a running case asks of its version. Immutable and shared between threads."""

    id: UUID
    key: str
    number: int
    package: Package
    definitions: Definitions
    specification: Specification
    forms: Mapping[str, Form]
    decisions: Mapping[str, Model]
    notices: Mapping[str, NoticeTexts]
    documents: Mapping[str, str]

    @property
    def main_process(self) -> str:
        """The id of the process that a case starts."""
        return str(self.package.manifest["main"])

    @property
    def texts(self) -> Mapping[str, Any]:
        """What residents read of the process: `states`, `milestones`, `outcomes`, by key and locale."""
        return self.package.texts

    @property
    def prefix(self) -> str:
        """What the numbers of its cases begin with."""
        return str(self.package.manifest.get("prefix") or self.key.upper()[:2])

    @property
    def categories(self) -> list[dict[str, Any]]:
        """The kinds of matters that residents choose from: `key`, `name` by locale."""
        return list(self.package.manifest.get("categories", []))

    def form(self, form_id: str) -> Form:
        """Return a form.

        Raises:
            NotFound: the package has none of this id.
        """
        if form_id not in self.forms:
            raise self._missing("form", form_id)
        return self.forms[form_id]

    def notice_texts(self, key: str) -> NoticeTexts:
        """Return a notice's texts in every language.

        Raises:
            NotFound: the package has none of this key.
        """
        if key not in self.notices:
            raise self._missing("notice", key)
        return self.notices[key]

    def document(self, key: str) -> str:
        """Return a document's template.

        Raises:
            NotFound: the package has none of this key.
        """
        if key not in self.documents:
            raise self._missing("document", key)
        return self.documents[key]

    def element(self, process_id: str, element_id: str) -> ElementOutline | None:
        """Return an element of a process, None when it has none of this id."""
        process = self.definitions.processes.get(process_id)
        return process.elements.get(element_id) if process is not None else None

    def element_name(self, process_id: str, element_id: str, locale: str) -> str:
        """Return what an element is called, on one line: as drawn, or as `texts.json` has it in another language."""
        texts = self.texts.get("elements", {}).get(process_id, {}).get(element_id, {})
        named = texts.get(locale, {}).get("name")
        element = self.element(process_id, element_id)
        return str(named) if named else (element.name if element else element_id).replace("\n", "")

    def category_name(self, key: str, locale: str) -> str:
        """Return what a category of the manifest is called; the key itself when there is none such."""
        names: dict[str, str] = next((each["name"] for each in self.categories if each["key"] == key), {})
        return str(names.get(locale) or names.get("zh_CN") or key)

    def outcome_name(self, key: str, locale: str) -> str:
        """Return what residents read of an outcome; the key itself when there are no words for it."""
        said = self.texts.get("outcomes", {}).get(key, {})
        return str(said.get(locale) or said.get("zh_CN") or key)

    def decide(
        self,
        decision_id: str,
        data: Mapping[str, Any],
        *,
        now: datetime | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> Decision:
        """Evaluate a decision.

        Raises:
            NotFound: the package has none of this id.
            DecisionError: it cannot be evaluated; the error names decision, rule and cell.
        """
        model = self._models.get(decision_id)
        if model is None:
            raise self._missing("decision", decision_id)
        return model.decide(decision_id, data, now=now, functions=functions)

    def has_decision(self, decision_id: str) -> bool:
        """Say whether the package has a decision."""
        return decision_id in self._models

    @cached_property
    def _models(self) -> dict[str, Model]:
        """The model of every decision, by its id."""
        return {info.id: model for model in self.decisions.values() for info in model.decisions}

    def _missing(self, what: str, name: str) -> NotFound:
        return NotFound(
            "version-part-missing",
            "Version {number} of {process} has no {what} {name}.",
            number=self.number,
            process=self.key,
            what=what,
            name=name,
        )


_loaded: OrderedDict[UUID, LoadedVersion] = OrderedDict()
_lock = Lock()


def load(session: Session, version_id: UUID) -> LoadedVersion:
    """Return a deployed version, compiled.

    Raises:
        NotFound: there is no such version.
    """
    with _lock:
        found = _loaded.get(version_id)
        if found is not None:
            _loaded.move_to_end(version_id)
            return found
    row = session.get(ProcessVersion, version_id)
    if row is None:
        raise NotFound("version-unknown", "There is no process version {version}.", version=str(version_id))
    made = assemble(Package.read_zip(row.package), version_id=row.id, key=row.key, number=row.number)
    if version_id not in session.info.get(UNCOMMITTED, ()):
        remember(made)
    return made


def remember(version: LoadedVersion) -> None:
    """Keep a committed version compiled, and let go of the one that was not used for longest."""
    with _lock:
        _loaded[version.id] = version
        _loaded.move_to_end(version.id)
        while len(_loaded) > KEPT:
            _loaded.popitem(last=False)


def assemble(package: Package, *, version_id: UUID, key: str, number: int) -> LoadedVersion:
    """Compile a package.

    Raises:
        Invalid: a diagram, form or decision cannot be read; `engine.definitions.check` says so with every finding.
    """
    definitions = read_definitions(package.diagrams)
    forms = [Form.read(content) for content in package.below("forms", ".form").values()]
    return LoadedVersion(
        id=version_id,
        key=key,
        number=number,
        package=package,
        definitions=definitions,
        specification=compile_process(definitions, str(package.manifest["main"])),
        forms={form.id: form for form in forms},
        decisions={name: Model.read(content) for name, content in package.below("decisions", ".dmn").items()},
        notices=_notices(package),
        documents={name: content.decode() for name, content in package.below("documents", ".html").items()},
    )


def _notices(package: Package) -> dict[str, NoticeTexts]:
    """The notices by key, each with its sources by locale, Chinese first."""
    sources: dict[str, dict[str, str]] = {}
    for name, content in sorted(package.below("notices", ".txt").items(), key=lambda item: item[0].endswith(".en")):
        key, _, locale = name.rpartition(".")
        sources.setdefault(key, {})[locale] = content.decode()
    return {key: NoticeTexts(key=key, sources=by_locale) for key, by_locale in sources.items()}
