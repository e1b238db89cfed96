"""Checking a package's diagrams before they are deployed."""

from collections.abc import Collection, Mapping
from typing import Any

from engine.errors import Invalid, Phrase
from engine.spiff.document import children, count_parts
from engine.spiff.findings import Finding, Severity, finding
from engine.spiff.layout import check_layout
from engine.spiff.lint.context import Package, Page
from engine.spiff.lint.expressions import check_expressions
from engine.spiff.lint.flows import check_flows
from engine.spiff.lint.references import check_references
from engine.spiff.lint.settings import check_settings
from engine.spiff.outline import read_definitions
from engine.spiff.rewrites import refusals
from engine.spiff.specification import compile_process

RULES = (check_flows, check_references, check_expressions, check_settings)
#: Elements and flows of one file; a larger one is not looked at: no person could read it either.
MAX_PARTS = 2_000
ORDER = {Severity.ERROR.value: 0, Severity.WARNING.value: 1, Severity.NOTE.value: 2}


def lint(
    files: Mapping[str, bytes],
    *,
    decisions: Collection[str] | None = None,
    forms: Collection[str] | None = None,
    functions: Collection[str] | None = None,
    strict_layout: bool = True,
    layout: bool = True,
) -> list[Finding]:
    """Find what is wrong with the diagrams of one package.

    Args:
        files: name → bytes of the diagrams; other files are left alone.
        decisions, forms: the ids that the package has; None: references to them are not checked.
        functions: FEEL functions of the host, such as `working days after`; None: calls are not checked.
        strict_layout: mistakes of the drawing are errors, else warnings.
        layout: whether the drawing is judged at all.

    Returns:
        The findings, errors first, then in the order of the files. A package without errors can be deployed.
    """
    try:
        definitions = read_definitions(files)
    except Invalid as error:
        return [_unreadable(said) for said in error.facts["findings"]]
    if large := [name for name, root in definitions.documents.items() if count_parts(root) > MAX_PARTS]:
        reason = Phrase("it has more than {limit} elements and flows", limit=MAX_PARTS)
        return [
            finding(Severity.ERROR, "process-too-large", name, "", "", reason, Phrase("Split it into called processes"))
            for name in large
        ]
    package = Package(definitions=definitions, decisions=decisions, forms=forms, functions=functions)
    found: list[Finding] = []
    for name, root in definitions.documents.items():
        for node in children(root, "process"):
            page = Page(package=package, process=definitions.processes[node.get("id")], node=node)
            found += [
                finding(Severity.ERROR, r.code, name, r.element_id, r.element_name, r.reason, r.mend)
                for r in refusals(node)
            ]
            for rule in RULES:
                found += rule(page)
        if layout:
            found += check_layout(name, root, Severity.ERROR if strict_layout else Severity.WARNING)
    if not any(each.severity == Severity.ERROR and not each.code.startswith("layout-") for each in found):
        found += _trials(package)
    return sorted(found, key=lambda each: (ORDER[each.severity], each.file))


def _unreadable(said: Mapping[str, Any]) -> Finding:
    if not said["file"]:
        mend = Phrase("Add a diagram in BPMN 2.0")
    else:  # of some the reader says itself what to do
        mend = Phrase("") if "; " in said["message"] else Phrase("Save it again as BPMN 2.0")
    return finding(Severity.ERROR, said["code"], said["file"] or "package", "", "", said["message"], mend)


def _trials(package: Package) -> list[Finding]:
    """Build every process, as a last net: what no rule has foreseen is said by the builder."""
    found = []
    for process in package.definitions.processes.values():
        try:
            compile_process(package.definitions, process.id)
        except Invalid as error:
            found.append(
                finding(
                    Severity.ERROR,
                    error.code,
                    process.file,
                    process.id,
                    process.name,
                    error.message,
                    Phrase("Mend the element that is named"),
                )
            )
    return found
