"""Diagrams as nobody should draw them and somebody does: random, unsound, in the dialects of many tools."""

import random
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from lxml import etree

_BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_TASKS: Final = (
    "task", "userTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "manualTask", "businessRuleTask",
    "callActivity",
)  # fmt: skip
_GATEWAYS: Final = (
    "exclusiveGateway", "parallelGateway", "inclusiveGateway", "complexGateway", "eventBasedGateway",
)  # fmt: skip
_SCOPES: Final = ("subProcess", "subProcess", "transaction", "adHocSubProcess")
_TRIGGERS: Final = (
    "timer", "message", "signal", "error", "escalation", "compensate", "cancel", "link", "terminate", "conditional",
)  # fmt: skip
_EVENTS: Final = ("startEvent", "intermediateCatchEvent", "intermediateThrowEvent", "endEvent", "boundaryEvent")
_VENDORS: Final = {
    "camunda": ("http://camunda.org/schema/1.0/bpmn", ("assignee", "formKey", "class", "expression", "topic")),
    "activiti": ("http://activiti.org/bpmn", ("candidateGroups", "delegateExpression", "dueDate")),
    "signavio": ("http://www.signavio.com", ("bgcolor", "meta")),
    "bizagi": ("http://www.bizagi.com/bpmn20", ("BizagiExtensions",)),
    "adonis": ("http://www.boc-eu.com/boc-is/bpmn", ("class", "state")),
}
_SAID: Final = (
    "${a > 1}", "yes", "=a > 1", "", "x == 1 && y", "#{bean.call()}", "${execution.setVariable('a', 1)}",
    "/x/y = 3", "Amount > 500 EUR",
)  # fmt: skip


class Strange:
    """One random diagram.

    Args:
        rng: decides everything.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.number = rng, 0
        self.vendor = rng.choice([*_VENDORS])
        self.prefix = rng.choice(["", "bpmn:", "semantic:", "model:", "bpmn2:"])
        pools = rng.choice([1, 1, 1, 2, 3])
        self.body = "".join(self.process(index) for index in range(pools))
        if pools > 1 or rng.random() < 0.2:
            self.body = self.collaboration(pools) + self.body

    @property
    def content(self) -> bytes:
        """The file, in one of the encodings that tools write."""
        own = f'xmlns{":" if self.prefix else ""}{self.prefix.rstrip(":")}="{_BPMN}"'
        foreign = f'xmlns:{self.vendor}="{_VENDORS[self.vendor][0]}"'
        tag = f"{self.prefix}definitions"
        root = f'<{tag} {own} {foreign} id="d" targetNamespace="t">{self.body}</{tag}>'
        encoding = self.rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "gb18030"])
        declared = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16"}.get(encoding, encoding)
        return f'<?xml version="1.0" encoding="{declared}"?>{root}'.encode(encoding)

    def id(self) -> str:
        self.number += 1
        return f"n{self.number}"

    def tag(self, kind: str, inside: str = "", /, **attributes: str) -> str:
        said = "".join(f' {key}="{value}"' for key, value in attributes.items() if value)
        return f"<{self.prefix}{kind}{said}>{inside}</{self.prefix}{kind}>"

    def collaboration(self, pools: int) -> str:
        parts = [self.tag("participant", id=f"pool{i}", name="甲", processRef=f"P{i}") for i in range(pools)]
        parts.append(self.tag("participant", id="outside", name="Customer"))
        parts += [
            self.tag("messageFlow", id=self.id(), sourceRef=self.rng.choice(["outside", "n1", "n2"]), targetRef="n3")
            for _ in range(2)
        ]
        return self.tag("collaboration", "".join(parts), id="C")

    def process(self, index: int) -> str:
        return self.tag("process", self.scope(3), id=f"P{index}", isExecutable=self.rng.choice(["", "false", "true"]))

    def scope(self, depth: int) -> str:
        """Nodes with flows that lead mostly forwards; starts and ends may be missing, or several."""
        rng = self.rng
        ids = [self.id() for _ in range(rng.randint(1, 7))]
        nodes = [self.activity(each, depth) for each in ids]
        starts = [self.id() for _ in range(rng.choice([0, 1, 1, 1, 2]))]
        ends = [self.id() for _ in range(rng.choice([0, 1, 1, 2]))]
        nodes += [self.event("startEvent", each, 0.3) for each in starts]
        nodes += [self.event("endEvent", each, 0.4) for each in ends]
        line = [*starts[:1], *ids, *ends[:1]]
        pairs = list(pairwise(line))
        pairs += [(each, rng.choice(ids)) for each in starts[1:]]
        pairs += [(rng.choice(ids), rng.choice(line)) for _ in range(rng.randint(0, 4))]
        for host in ids:
            if rng.random() < 0.15:
                border = self.id()
                interrupting = rng.choice(["", "false"])
                nodes.append(self.event("boundaryEvent", border, 1.0, attachedToRef=host, cancelActivity=interrupting))
                pairs.append((border, rng.choice(line)))
        if depth and rng.random() < 0.1:
            nodes.append(self.tag("subProcess", self.scope(0), id=self.id(), triggeredByEvent="true"))
        nodes.append(self.tag("dataObjectReference", id=self.id(), dataObjectRef="gone"))
        return "".join(nodes) + "".join(self.flow(source, target) for source, target in pairs)

    def activity(self, id: str, depth: int) -> str:
        rng, roll = self.rng, self.rng.random()
        if roll < 0.3:
            return self.tag(
                rng.choice(_GATEWAYS), id=id, gatewayDirection=rng.choice(["", "Unspecified", "Converging"])
            )
        if roll < 0.45:
            return self.event(rng.choice(_EVENTS[1:3]), id, 0.9)
        if roll < 0.6 and depth:
            inside = self.scope(depth - 1) if rng.random() < 0.8 else ""
            return self.tag(rng.choice(_SCOPES), self.loop() + inside, id=id, name="子流程")
        name = rng.choice(_VENDORS[self.vendor][1])
        foreign = {f"{self.vendor}:{name}": rng.choice(["x", "${x}", "a.b.C"])}
        undone = "true" if rng.random() < 0.05 else ""
        called = "unknown" if rng.random() < 0.5 else ""
        said = {"id": id, "name": rng.choice(["", "审核", "Check&#10;it"]), "isForCompensation": undone} | foreign
        tag = rng.choice(_TASKS)
        return self.tag(tag, self.loop(), **said | ({"calledElement": called} if tag == "callActivity" else {}))

    def loop(self) -> str:
        if self.rng.random() > 0.15:
            return ""
        how = self.rng.choice(["multiInstanceLoopCharacteristics", "standardLoopCharacteristics"])
        count = self.tag("loopCardinality", self.rng.choice(["3", "${n}", "", "many"]))
        return self.tag(how, count if how.startswith("m") else "")

    def event(self, tag: str, id: str, chance: float, **attributes: str) -> str:
        inside = ""
        if self.rng.random() < chance:
            kind = self.rng.choice(_TRIGGERS)
            said = {"name": self.rng.choice("AB")} if kind == "link" else {}
            inside = self.tag(f"{kind}EventDefinition", **said)
        return self.tag(tag, inside, id=id, **attributes)

    def flow(self, source: str, target: str) -> str:
        said = self.rng.choice(_SAID).replace("&", "&amp;").replace(">", "&gt;") if self.rng.random() < 0.2 else ""
        inside = self.tag("conditionExpression", said) if said else ""
        return self.tag("sequenceFlow", inside, id=self.id(), sourceRef=source, targetRef=target)


def damaged(rng: random.Random, content: bytes) -> bytes:
    """A diagram with a few things in it gone, doubled, turned into others or led elsewhere."""
    root = etree.fromstring(content)
    for _ in range(rng.choice([1, 1, 2, 3, 6, 15])):
        parts = [part for part in root.iter(f"{{{_BPMN}}}*") if part is not root]
        if parts:
            _damage(rng, rng.choice(parts), parts)
    encoded: bytes = etree.tostring(root, encoding=rng.choice(["UTF-8", "UTF-8", "UTF-16"]), xml_declaration=True)
    if rng.random() < 0.1:
        position = rng.randrange(len(encoded))
        encoded = encoded[:position] + rng.randbytes(2) + encoded[position + 2 :]
    return encoded


def _damage(rng: random.Random, part: etree._Element, parts: list[etree._Element]) -> None:
    other = rng.choice(parts)
    identifier = other.get("id") or "nothing"
    match rng.randrange(9):
        case 0:
            part.getparent().remove(part)
        case 1:
            _flown(rng, parts, part).tag = f"{{{_BPMN}}}{rng.choice((*_TASKS, *_GATEWAYS, *_EVENTS, *_SCOPES))}"
        case 2:
            part.set(rng.choice(["sourceRef", "targetRef", "attachedToRef", "default", "id"]), identifier)
        case 3:
            part.attrib.pop("id", None)
        case 4:
            etree.SubElement(_flown(rng, parts, part), f"{{{_BPMN}}}{rng.choice(_TRIGGERS)}EventDefinition")
        case 5:
            part.getparent().append(etree.fromstring(etree.tostring(part)))
        case 6:
            if part is not other and part not in other.iterancestors():
                other.append(part)
        case 7:
            flag = rng.choice(
                ["triggeredByEvent", "isForCompensation", "instantiate", "cancelActivity", "isInterrupting"]
            )
            part.set(flag, rng.choice(["true", "false", ""]))
        case _:
            flow = etree.SubElement(part.getparent(), f"{{{_BPMN}}}sequenceFlow")
            flow.attrib.update({"id": f"x{rng.random()}", "sourceRef": part.get("id") or "", "targetRef": identifier})


def _flown(rng: random.Random, parts: Iterable[etree._Element], otherwise: etree._Element) -> etree._Element:
    """One of the flow nodes."""
    found = [part for part in parts if etree.QName(part).localname in (*_TASKS, *_GATEWAYS, *_EVENTS, *_SCOPES)]
    return rng.choice(found) if found else otherwise
