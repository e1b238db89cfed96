"""What a drawing holds that does not run: it stays in the file, is shown, and is said."""

from collections import Counter
from typing import Final

from lxml import etree

from engine.errors import Phrase
from engine.importing.camunda import NAMESPACES, parts
from engine.importing.report import Loss, Notes
from engine.spiff.document import BPMN, BPMNDI, NODES, SCOPES, ZEEBE, Node, definition, every, local, nodes_of, q

#: Tags whose element is shown and not run, each with the kind of the note and what is said.
_SHOWN: Final = {
    "messageFlow": (
        "message-flow",
        Phrase("a message between pools is shown; the other pool sends or gets it by hand"),
    ),
    "choreographyTask": ("choreography", Phrase("a choreography is shown, and does not run")),
    "subChoreography": ("choreography", Phrase("a choreography is shown, and does not run")),
    "callChoreography": ("choreography", Phrase("a choreography is shown, and does not run")),
    "choreography": ("choreography", Phrase("a choreography is shown, and does not run")),
    "globalChoreographyTask": ("choreography", Phrase("a choreography is shown, and does not run")),
    "conversation": ("conversation", Phrase("a conversation is shown, and does not run")),
    "subConversation": ("conversation", Phrase("a conversation is shown, and does not run")),
    "callConversation": ("conversation", Phrase("a conversation is shown, and does not run")),
    "globalConversation": ("conversation", Phrase("a conversation is shown, and does not run")),
    "dataStoreReference": ("data-store", Phrase("a data store is shown; nothing is read from it or written to it")),
    "ioSpecification": ("io-specification", Phrase("inputs and outputs of BPMN are not read; mappings are")),
    "potentialOwner": ("resource", Phrase("who may do it is kept as drawn; roles decide here")),
    "humanPerformer": ("resource", Phrase("who may do it is kept as drawn; roles decide here")),
    "performer": ("resource", Phrase("who may do it is kept as drawn; roles decide here")),
    "complexBehaviorDefinition": ("instances", Phrase("events of single instances are not thrown")),
    "import": ("import", Phrase("another file that it imports is not read")),
    "globalUserTask": ("global-task", Phrase("a global task is no process that can be called")),
    "globalTask": ("global-task", Phrase("a global task is no process that can be called")),
    "globalScriptTask": ("global-task", Phrase("a global task is no process that can be called")),
    "globalManualTask": ("global-task", Phrase("a global task is no process that can be called")),
    "globalBusinessRuleTask": ("global-task", Phrase("a global task is no process that can be called")),
    "complexGateway": ("complex-gateway", Phrase("a complex gateway runs as an inclusive one")),
}
#: Of other engines: what happens beside the process.
_BESIDE: Final = ("executionListener", "taskListener", "connector", "failedJobRetryTimeCycle", "errorEventDefinition")
_OWN: Final = (BPMN, BPMNDI, ZEEBE, "http://www.omg.org/spec/DD/20100524/DC", "http://www.omg.org/spec/DD/20100524/DI")
#: Namespaces that only colour or describe.
_HARMLESS: Final = ("http://www.w3.org/", "http://bpmn.io/", "http://camunda.org/schema/modeler/", "BPMN/non-normative")


def note_losses(root: Node, notes: Notes) -> None:
    """Note everything that is shown and does not run."""
    for node in root.iter(f"{{{BPMN}}}*"):
        kind, what = _SHOWN.get(local(node), ("", ""))
        if kind:
            notes.lose(node if node.get("id") else node.getparent(), kind, what)
        elif node.get("startQuantity", "1") != "1" or node.get("completionQuantity", "1") != "1":
            notes.lose(node, "quantity", Phrase("it takes or gives several tokens; one is taken and given here"))
        elif local(node) in NODES and local(node.getparent()) not in SCOPES:
            notes.lose(node, "misplaced", Phrase("it lies in what holds no elements; it is kept, and does not run"))
    _pools(root, notes)
    _triggers(root, notes)
    for node in every(root, *NODES, "process", "sequenceFlow"):
        for name in _BESIDE:
            if found := parts(node, name):
                notes.lose(node, "listener", Phrase("{name} of another engine is not run", name=name), len(found))
    _foreign(root, notes)


def _pools(root: Node, notes: Notes) -> None:
    """Say which pools hold nothing that could run."""
    processes = {process.get("id"): process for process in every(root, "process")}
    for pool in every(root, "participant"):
        process = processes.get(pool.get("processRef"))
        if process is None:
            notes.lose(pool, "black-box", Phrase("a pool without a process is shown, and does not run"))
    for process in processes.values():
        if not any(True for _ in nodes_of(process)):
            notes.lose(process, "empty-process", Phrase("there is nothing in it that could run"))


def _triggers(root: Node, notes: Notes) -> None:
    """A process begins when a case is filed, whatever its start event waits for."""
    for start in every(root, "startEvent"):
        kind = next((local(part).removesuffix("EventDefinition") for part in start
                     if local(part).endswith("EventDefinition")), None)  # fmt: skip
        if kind and start.getparent().tag == q("process"):
            notes.lose(
                start, "start-trigger",
                Phrase("the process begins when a case is filed, not by itself: {kind} is not waited for", kind=kind),
            )  # fmt: skip
    for event in every(root, "intermediateThrowEvent", "endEvent"):
        if definition(event, "timer") is not None or definition(event, "conditional") is not None:
            notes.lose(event, "throw-nothing", Phrase("a time or a condition cannot be thrown; it is passed"))


def _foreign(root: Node, notes: Notes) -> None:
    """One line for each foreign namespace: its settings are kept, and nothing here reads them."""
    counted: Counter[str] = Counter()
    for node in root.iter(etree.Element):
        for name in (node.tag, *node.attrib):
            if name.startswith("{"):
                counted[name[1:].partition("}")[0]] += 1
    for namespace, count in sorted(counted.items()):
        if namespace in (*_OWN, *NAMESPACES) or any(part in namespace for part in _HARMLESS):
            continue
        what = Phrase("settings of {namespace} are kept, and not read", namespace=namespace)
        notes.lossy.append(Loss(process="", element="", name="", kind="foreign", what=what, count=count))
