"""Finds what is wrong with a package before it is deployed: every file, and every reference from one to another."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from lxml import etree

from engine import feel
from engine.decisions import Model
from engine.decisions import check as check_model
from engine.definitions.check_ladders import check_ladders, is_ladder
from engine.definitions.check_people import check_people
from engine.definitions.check_texts import (
    check_documents,
    check_manifest,
    check_notices,
    check_reopening,
    check_sealed,
    check_words,
)
from engine.definitions.package import Package
from engine.errors import Invalid, Phrase
from engine.forms import Form
from engine.spiff import Definitions, ElementOutline, lint, read_definitions
from engine.spiff.findings import Finding, Severity, finding, one_of

#: FEEL functions that the engine hands to expressions in diagrams and decisions.
FUNCTIONS: Final = frozenset(
    [
        "working days after", "calendar days after", "calendar months after", "hours after", "close of business",
        "start of business", "is working day", "rolled forward", "next working day", "working days between",
        "working days left", "clock due", "extensions", "rung",
    ]
)  # fmt: skip
_ORDER: Final = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
#: The column of a decision that names a notice.
_NOTICE_COLUMN: Final = "notice"


def check(package: Package, *, functions: Collection[str] = FUNCTIONS, strict_layout: bool = False) -> list[Finding]:
    """Find what is wrong with a package.

    Args:
        functions: names of the FEEL functions that the engine hands in.
        strict_layout: mistakes of a drawing are errors, else warnings.

    Returns:
        findings, errors first, then by file. A package without an error can be deployed.
    """
    checker = _Checker(package=package, functions=functions)
    found = [*check_manifest(package), *checker.forms(), *checker.decisions()]
    found += lint(
        package.diagrams,
        decisions=checker.decision_ids,
        forms=checker.form_ids,
        functions=functions,
        strict_layout=strict_layout,
    )
    found += [*check_notices(package), *check_documents(package), *checker.references(), *checker.languages()]
    return sorted(found, key=lambda each: (_ORDER.index(Severity(each.severity)), each.file))


def _missing(setting: str, value: str) -> Phrase:
    """Return that the package lacks what a setting names."""
    if setting == "notice":
        return Phrase("the package has no notice {notice!r}", notice=value)
    if setting == "ladder":
        return Phrase("the package has no decision {decision!r}", decision=value)
    return Phrase("the package has no document {document!r}", document=value)


@dataclass(frozen=True, kw_only=True)
class _Checker:
    package: Package
    functions: Collection[str]
    #: ids that some file of the package has, filled while the files are read
    form_ids: dict[str, str] = field(default_factory=dict)
    decision_ids: dict[str, str] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    read_forms: dict[str, Form] = field(default_factory=dict)

    def forms(self) -> Iterator[Finding]:
        for name, content in self.package.below("forms", ".form").items():
            file = f"forms/{name}.form"
            try:
                form = Form.read(content)
            except Invalid as error:
                for problem in error.facts["problems"]:
                    yield _error(
                        "form-malformed", file, problem["component"], problem["problem"], Phrase("Mend the form")
                    )
                # a reference to it is no second mistake
                self.form_ids.setdefault(name, file)
                continue
            if form.id in self.form_ids:
                yield _error(
                    "form-id-twice",
                    file,
                    form.id,
                    Phrase("{file} has this id too", file=self.form_ids[form.id]),
                    Phrase("Give it an id of its own"),
                )
            self.form_ids[form.id] = file
            self.read_forms[file] = form
            for component, setting, source in form.expressions():
                if said := _feel_mistake(source, self.functions):
                    yield _error(
                        "form-expression",
                        file,
                        component,
                        Phrase("{setting}: {said}", setting=setting, said=said),
                        Phrase("Correct the expression"),
                    )

    def decisions(self) -> Iterator[Finding]:
        for name, content in self.package.below("decisions", ".dmn").items():
            file = f"decisions/{name}.dmn"
            try:
                model = Model.read(content)
            except Invalid as error:
                yield _error(error.code, file, "", error.message, Phrase("Save it again as DMN"))
                self.decision_ids.setdefault(name, file)
                continue
            self.models[file] = model
            for said in check_model(model, self.functions):
                severity = Severity.ERROR if said.level == "error" else Severity.WARNING
                mend = Phrase("") if "; " in said.message else Phrase("Mend it")
                yield finding(severity, said.code, file, said.element, "", said.message, mend)
            for info in model.decisions:
                if info.id in self.decision_ids:
                    yield _error(
                        "decision-id-twice",
                        file,
                        info.id,
                        Phrase("{file} has this id too", file=self.decision_ids[info.id]),
                        Phrase("Give it an id of its own"),
                    )
                self.decision_ids[info.id] = file

    @cached_property
    def definitions(self) -> Definitions | None:
        try:
            return read_definitions(self.package.diagrams)
        except Invalid:
            return None  # the linter says so

    def elements(self) -> Iterator[tuple[str, ElementOutline]]:
        """Yield every element with the file that it is in."""
        for process in self.definitions.processes.values() if self.definitions else ():
            for element in process.elements.values():
                yield process.file, element

    def references(self) -> Iterator[Finding]:
        """Check what the diagrams and ladders name outside of the diagrams."""
        notices = {name.rpartition(".")[0] for name in self.package.below("notices", ".txt")}
        documents = set(self.package.below("documents", ".html"))
        known = {"notice": notices, "document": documents, "serves": documents, "ladder": set(self.decision_ids)}
        for file, element in self.elements():
            yield from check_people(file, element, forms=self.form_ids, decisions=self.decision_ids)
            for setting, names in known.items():
                value = element.settings.get(setting, "").strip()
                if value and not value.startswith("=") and value not in names:
                    yield finding(
                        Severity.ERROR,
                        f"{setting}-unknown",
                        file,
                        element.id,
                        element.name,
                        _missing(setting, value),
                        one_of(names),
                    )
        ladders = {element.settings.get("ladder", "").strip() for _, element in self.elements()}
        for file, model in self.models.items():
            yield from _named_notices(file, model, notices)
            yield from check_ladders(file, model.xml, named=ladders, notices=notices, documents=documents)
        yield from check_sealed(self.package, self.decision_ids)
        main = self._main()
        yield from check_reopening(self.package)
        if self.definitions and main and main not in self.definitions.processes:
            yield _error(
                "main-process-unknown",
                "package.json",
                "",
                Phrase("no diagram has the process {process!r} that `main` names", process=main),
                Phrase("Name one of: {names}", names=", ".join(self.definitions.processes)),
            )

    def _main(self) -> str:
        try:
            return str(self.package.manifest["main"])
        except Invalid:
            return ""  # told with the manifest

    def _outcomes(self) -> Collection[str]:
        try:
            known = self.package.texts.get("outcomes", {})
        except Invalid:
            return ()  # told with the manifest
        return known if isinstance(known, dict) else ()

    def languages(self) -> Iterator[Finding]:
        """Check that everything that people read is there in every language of the package."""
        used = {"states": set[str](), "outcomes": set[str]()}
        for file, element in self.elements():
            used["states"].add(element.settings.get("state", ""))
            used["outcomes"].add(outcome := element.settings.get("outcome", ""))
            if outcome and outcome not in self._outcomes():
                yield finding(
                    Severity.ERROR, "outcome-unknown", file, element.id, element.name,
                    Phrase("texts.json has no words for the outcome {outcome!r}", outcome=outcome),
                    one_of(self._outcomes()),
                )  # fmt: skip
        yield from check_words(self.package, used, self.read_forms)


def _error(code: str, file: str, element: str, reason: Phrase, mend: Phrase) -> Finding:
    return finding(Severity.ERROR, code, file, element, "", reason, mend)


def _feel_mistake(source: str, functions: Collection[str]) -> Phrase | None:
    """Return what is wrong with the text of an expression, None when nothing is."""
    try:
        feel.compile(source, functions)
    except feel.FeelError as error:
        return error.message
    return None


def _named_notices(file: str, model: Model, notices: Collection[str]) -> Iterator[Finding]:
    """Find notices that a decision names and the package does not have; a ladder's are found row by row."""
    for table, column, texts in output_texts(model.xml):
        for text in sorted(texts - set(notices)) if column == _NOTICE_COLUMN else ():
            yield _error(
                "notice-unknown",
                file,
                table,
                Phrase("the package has no notice {notice!r}", notice=text),
                Phrase("Add it, or name one that is there"),
            )


def output_texts(xml: bytes) -> Iterator[tuple[str, str, set[str]]]:
    """Yield (id of the table, name of the column, the plain texts in it) of every output column, but of ladders."""
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    for table in root.iter("{*}decisionTable"):
        if is_ladder(table):
            continue
        for position, column in enumerate(table.findall("{*}output")):
            texts = set()
            for rule in table.findall("{*}rule"):
                entries = rule.findall("{*}outputEntry")
                text = (entries[position].findtext("{*}text") or "").strip() if position < len(entries) else ""
                if len(text) > 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
                    texts.add(text[1:-1])
            yield table.get("id") or "", column.get("name") or "", texts
