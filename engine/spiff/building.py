"""Specifications from a corrected process: one for each node, connected by its flows.

SpiffWorkflow's parser follows the flows recursively, so that a long chain ends in a RecursionError, looks for a data
object at most one level up and then for ever, and knows neither zeebe nor FEEL. This one reads node by node.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.data_spec import DataObject

from engine.errors import Invalid
from engine.spiff.document import (
    SUB_PROCESSES,
    Node,
    child,
    children,
    condition,
    flows,
    flows_by,
    local,
    text,
    yes,
)
from engine.spiff.nodes import make_spec
from engine.spiff.outline import Definitions, ElementOutline
from engine.spiff.rewrites.writing import BODY, STANDS_FOR
from engine.spiff.specs.control import Fork, ProcessSpec
from engine.spiff.specs.element import About
from engine.spiff.specs.events import EventGateway
from engine.spiff.specs.gateways import Conditional, Undo
from engine.spiff.specs.instances import Loop, Repeated
from engine.spiff.specs.triggers import Condition
from engine.spiff.zeebe import extensions, instances

#: Nodes that the rewrites add beside BPMN's own.
ADDED = ("note", "undo", "bodyEnd")


class Builder:
    """Builds the specifications of one process and of the sub-processes in it.

    Args:
        definitions: the package, for names of messages and for the author's elements.
        process_id: the author's process.
    """

    def __init__(self, definitions: Definitions, process_id: str) -> None:
        self.definitions = definitions
        self.process_id = process_id
        self.elements: Mapping[str, ElementOutline] = definitions.processes[process_id].elements
        self.inner: dict[str, ProcessSpec] = {}
        self.called: set[str] = set()

    def build(self, scope: Node, name: str, outer_objects: Mapping[str, DataObject] | None = None) -> ProcessSpec:
        """Build one process or sub-process, and what is nested in it."""
        spec = ProcessSpec(name)
        spec.process_id = self.process_id
        spec.is_body = scope.get(BODY) == "true"
        spec.data_objects = {
            part.get("id"): DataObject(part.get("id"), part.get("name")) for part in children(scope, "dataObject")
        }
        objects = {**(outer_objects or {}), **spec.data_objects}
        nodes = [part for part in scope if local(part) in ADDED or self.is_node(part)]
        events: dict[str, list[Node]] = {}
        for node in nodes:
            if local(node) == "boundaryEvent":
                events.setdefault(node.get("attachedToRef"), []).append(node)
        entries = {node.get("id"): self.add(spec, node, objects, events.get(node.get("id"), ())) for node in nodes}
        by_source = flows_by(scope, "sourceRef")
        for node in nodes:
            self.connect(spec, node, entries, by_source.get(node.get("id"), []))
        self.connect_start(spec, nodes, entries)
        return spec

    def is_node(self, part: Node) -> bool:
        """Is it a flow node that takes part?"""
        kind = local(part)
        return kind.endswith(("ask", "Event", "Gateway")) or kind in (*SUB_PROCESSES, "callActivity")

    def add(
        self, spec: ProcessSpec, node: Node, objects: Mapping[str, DataObject], events: Iterable[Node]
    ) -> tuple[Any, Any]:
        """Make the specifications of a node; return where tokens come in, and where they go out."""
        identifier = node.get("id")
        how = instances(node)
        made = make_spec(self, spec, node, f"{identifier} [child]" if how else identifier)
        made.about = self.about(node)
        said = extensions(node)
        made.takes, made.gives = said.inputs, said.outputs
        self.associate(made, node, objects)
        if local(node) in SUB_PROCESSES:
            name = f"{spec.name}/{identifier}"
            made.spec = name
            self.inner[name] = self.build(node, name, objects)
        way_in = way_out = made
        if how is not None:
            wrapper = (Loop if how.collection is None and how.cardinality is None else Repeated)(spec, identifier)
            wrapper.each, wrapper.how = made.name, how
            way_in = way_out = wrapper
        if events:
            way_in = Fork(spec, f"{identifier}/fork")
            way_in.main = way_out.name
            way_in.connect(way_out)
            # The events themselves are made as nodes of their own; see connect.
        return way_in, way_out

    def about(self, node: Node) -> About | None:
        """The author's element behind a node; None for what the rewrites have added."""
        identifier = node.get(STANDS_FOR) or node.get("id")
        element = self.elements.get(identifier)
        if element is None:
            return None
        return About(
            element_id=element.id,
            process_id=self.process_id,
            kind=element.kind,
            name=element.name,
            settings=element.settings,
        )

    def associate(self, made: Any, node: Node, objects: Mapping[str, DataObject]) -> None:
        """Let a node read and write data objects, those of all enclosing processes included."""
        references = {
            part.get("id"): part.get("dataObjectRef")
            for scope in node.iterancestors()
            for part in children(scope, "dataObjectReference")
        }
        for tag, reference, wanted in (
            ("dataInputAssociation", "sourceRef", made.data_input_associations),
            ("dataOutputAssociation", "targetRef", made.data_output_associations),
        ):
            for part in children(node, tag):
                name = references.get(text(child(part, reference)) or "")
                if name is not None and name in objects:
                    wanted.append(objects[name])

    def connect(
        self, spec: ProcessSpec, node: Node, entries: Mapping[str, tuple[Any, Any]], out: Iterable[Node]
    ) -> None:
        """Connect a node with what follows it; without anything, with the end."""
        way_in, way_out = entries[node.get("id")]
        if local(node) == "boundaryEvent":
            entries[node.get("attachedToRef")][0].connect(way_in)
        targets = []
        for flow in out:
            target = entries.get(flow.get("targetRef"))
            if target is None:
                raise Invalid("flow-nowhere", "the flow {flow} leads nowhere", flow=flow.get("id"))
            targets.append((flow, target[0]))
        if isinstance(way_out, (Conditional, Undo)):
            self.choose(node, way_out, targets)
        for _, target in targets:
            if target.name not in way_out._outputs:
                way_out.connect(target)
        if not targets:
            way_out.connect(spec.end)
        if isinstance(way_out, EventGateway):
            self.await_first(way_out, [target for _, target in targets])

    def choose(self, node: Node, made: Any, targets: list[tuple[Node, Any]]) -> None:
        """Give a gateway its conditions."""
        default = node.get("default")
        if isinstance(made, Undo):
            made.handlers = {condition(flow) or "": target.name for flow, target in targets if condition(flow)}
            made.default = next(target.name for flow, target in targets if flow.get("id") == default)
            return
        ways = []
        for flow, target in targets:
            if flow.get("id") == default:
                made.default = target.name
            else:
                ways.append((condition(flow), target.name))
        made.ways = tuple(ways)
        unconditional = [name for when, name in ways if when is None]
        if local(node) == "exclusiveGateway" and unconditional and len(targets) > 1:
            raise Invalid(
                "flow-without-condition",
                "{element} has several flows and one of them has no condition and is not its default flow",
                element=node.get("id"),
            )

    def await_first(self, gateway: EventGateway, targets: list[Any]) -> None:
        """Let an event gateway wait in place of the events behind it."""
        gateway.awaited = tuple((target.trigger, target.about) for target in targets)
        for target in targets:
            target.trigger = None
            target.conditional = False
        gateway.conditional = any(isinstance(trigger, Condition) for trigger, _ in gateway.awaited)

    def connect_start(self, spec: ProcessSpec, nodes: list[Node], entries: Mapping[str, tuple[Any, Any]]) -> None:
        """Connect the beginning with the start events; without any, with all that nothing leads to."""
        starts = [node for node in nodes if local(node) == "startEvent"]
        if not starts:
            entered = {flow.get("targetRef") for flow in flows(nodes[0].getparent())} if nodes else set()
            starts = [
                node
                for node in nodes
                if node.get("id") not in entered
                and local(node) != "boundaryEvent"
                and not yes(node, "isForCompensation", "false")
            ]
        for node in starts:
            spec.start.connect(entries[node.get("id")][0])
        if not starts:
            raise Invalid("no-start", "{scope} has no start event", scope=spec.name)


def trigger_of(node: Node) -> Node | None:
    """The event definition of a node, if it has one."""
    return next((part for part in node if local(part).endswith("EventDefinition")), None)
