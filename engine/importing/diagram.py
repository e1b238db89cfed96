"""One foreign file, step by step: read, named, connected, mapped, judged."""

from lxml import etree

from engine.errors import Phrase
from engine.importing.beginnings import add_starts, make_executable, name_platform
from engine.importing.camunda import map_camunda
from engine.importing.drawing import draw_missing
from engine.importing.expressions import translate_expressions
from engine.importing.flows import connect_flows, name_links, use_shared_definitions
from engine.importing.identity import give_ids
from engine.importing.joins import note_waiting_joins
from engine.importing.losses import note_losses
from engine.importing.missing import note_missing
from engine.importing.reading import read_drawing
from engine.importing.report import Group, Imported, ImportedProcess, Notes, ToDo
from engine.spiff.document import NODES, Node, count_parts, every
from engine.spiff.lint import MAX_PARTS

_ORDER = {group: number for number, group in enumerate(Group)}


def import_diagram(name: str, content: bytes) -> Imported:
    """Import a BPMN 2.0 file of any modeller.

    Args:
        name: the file's name, for messages.
        content: its bytes.

    Returns:
        The normalised file, and what is missing and lost. Nothing of the drawing is taken away; what other tools wrote
        beside it stays.

    Raises:
        Invalid: it is no BPMN 2.0, or larger or deeper than any diagram is.
    """
    notes = Notes()
    root = read_drawing(name, content, notes)
    give_ids(root, notes)
    connect_flows(root, notes)
    use_shared_definitions(root)
    name_links(root)
    said = make_executable(root)
    name_platform(root, notes)
    map_camunda(root, notes)
    translate_expressions(root, notes)
    if count_parts(root) <= MAX_PARTS:
        add_starts(root, notes)
        draw_missing(root, notes)
    note_losses(root, notes)
    normalised: bytes = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
    _judge(root, normalised, notes)
    notes.todo.sort(key=lambda each: (not each.required, _ORDER[each.group]))
    return Imported(
        content=normalised,
        processes=tuple(_processes(root, said, notes)),
        todo=tuple(notes.todo),
        lossy=tuple(notes.lossy),
        renamed=notes.renamed,
    )


def _judge(root: Node, normalised: bytes, notes: Notes) -> None:
    """Say what is missing to run it; a file that no person could read is not looked at."""
    processes = every(root, "process")
    if not processes:
        missing = Phrase("there is no process in the file")
        notes.todo.append(_of_file("no-process", missing, Phrase("Draw a process, or open the file that holds it")))
    elif count_parts(root) > MAX_PARTS:
        missing = Phrase("it has more than {limit} elements and flows, and was not checked", limit=MAX_PARTS)
        notes.todo.append(_of_file("process-too-large", missing, Phrase("Split it into called processes")))
    else:
        note_missing(root, normalised, notes)
        note_waiting_joins(root, notes)


def _of_file(kind: str, missing: str, mend: str) -> ToDo:
    return ToDo(process="", element="", name="", kind=kind, group=Group.STRUCTURE, missing=missing, mend=mend)


def _processes(root: Node, said: set[str], notes: Notes) -> list[ImportedProcess]:
    pools = {pool.get("processRef"): pool.get("name") or "" for pool in every(root, "participant")}
    stuck = {each.process for each in notes.todo if each.required}
    whole = any(each.required and not each.process for each in notes.todo)
    found = []
    for process in every(root, "process"):
        identifier, elements = process.get("id"), len(every(process, *NODES))
        found.append(
            ImportedProcess(
                id=identifier,
                name=" ".join((process.get("name") or pools.get(identifier) or identifier).split()),
                pool=" ".join(pools.get(identifier, "").split()),
                drawn_executable=identifier in said,
                elements=elements,
                flows=len(every(process, "sequenceFlow")),
                runs=elements > 0 and not whole and identifier not in stuck,
            )
        )
    return found
