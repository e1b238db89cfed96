"""What a new process, and each part of one, begins as. A new package passes the checks as it is."""

import re
from enum import StrEnum
from typing import Final
from xml.sax.saxutils import quoteattr

import orjson

from engine.definitions.package import MANIFEST, TEXTS, Package
from engine.errors import Invalid

_DIAGRAM: Final = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" \
xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" \
xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" \
xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="definitions" targetNamespace="urn:chuishao" \
modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.9.0">
  <bpmn:process id={id} name={name} isExecutable="true">
    <bpmn:startEvent id="start" name="提出">
      <bpmn:outgoing>flow_1</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:endEvent id="end" name="办结">
      <bpmn:extensionElements>
        <zeebe:properties>
          <zeebe:property name="chuishao:outcome" value="solved"/>
        </zeebe:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>flow_1</bpmn:incoming>
    </bpmn:endEvent>
    <bpmn:sequenceFlow id="flow_1" sourceRef="start" targetRef="end"/>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement={id}>
      <bpmndi:BPMNShape id="start_di" bpmnElement="start">
        <dc:Bounds x="182" y="182" width="36" height="36"/>
        <bpmndi:BPMNLabel>
          <dc:Bounds x="189" y="225" width="23" height="14"/>
        </bpmndi:BPMNLabel>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="end_di" bpmnElement="end">
        <dc:Bounds x="502" y="182" width="36" height="36"/>
        <bpmndi:BPMNLabel>
          <dc:Bounds x="509" y="225" width="23" height="14"/>
        </bpmndi:BPMNLabel>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="flow_1_di" bpmnElement="flow_1">
        <di:waypoint x="218" y="200"/>
        <di:waypoint x="502" y="200"/>
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""


def empty_package(key: str, name: str) -> Package:
    """Return the package of a new process: staff file its matters, and each is solved at once.

    Args:
        key: of the process, and the id of its main page.
        name: in Chinese; other languages are added to package.json.
    """
    manifest = {
        "format": 1,
        "key": key,
        "name": {"zh_CN": name},
        "main": key,
        "prefix": "".join(letter for letter in key.upper() if "A" <= letter <= "Z")[:2] or "X",
        "start": {"portal": False, "staff": True},
        "description": {"zh_CN": ""},
        "categories": [{"key": "other", "name": {"zh_CN": "其他", "en": "Other"}}],
    }
    texts = {"milestones": {}, "states": {}, "outcomes": {"solved": {"zh_CN": "已解决", "en": "Solved"}}}
    files = {
        MANIFEST: orjson.dumps(manifest, option=orjson.OPT_INDENT_2) + b"\n",
        TEXTS: orjson.dumps(texts, option=orjson.OPT_INDENT_2) + b"\n",
        "process.bpmn": _diagram(key, name, outcome=True),
    }
    return Package(files=files)


class FileKind(StrEnum):
    """What a designer can add to a package."""

    #: another page, for a call activity
    PAGE = "page"
    FORM = "form"
    DECISION = "decision"
    NOTICE = "notice"
    DOCUMENT = "document"


_DECISION: Final = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" \
xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" \
id="{key}_model" name="{key}" namespace="urn:chuishao">
  <decision id="{key}" name="{key}">
    <decisionTable id="{key}_table" hitPolicy="FIRST">
      <input id="{key}_input" label="类别">
        <inputExpression id="{key}_expression" typeRef="string">
          <text>case.category</text>
        </inputExpression>
      </input>
      <output id="{key}_output" label="结果" name="result" typeRef="string"/>
      <rule id="{key}_rule">
        <inputEntry id="{key}_entry">
          <text></text>
        </inputEntry>
        <outputEntry id="{key}_value">
          <text>""</text>
        </outputEntry>
      </rule>
    </decisionTable>
  </decision>
  <dmndi:DMNDI>
    <dmndi:DMNDiagram id="{key}_diagram">
      <dmndi:DMNShape id="{key}_shape" dmnElementRef="{key}">
        <dc:Bounds height="80" width="180" x="160" y="100"/>
      </dmndi:DMNShape>
    </dmndi:DMNDiagram>
  </dmndi:DMNDI>
</definitions>
"""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)


def new_files(kind: FileKind, key: str) -> dict[str, bytes]:
    """Return the files with which a part of a package begins, by path.

    Args:
        key: what diagrams call it by: of a form or decision its id, of a page the id of its process.

    Raises:
        Invalid: the key is no name of small letters, digits and underscores.
    """
    if not _NAME.fullmatch(key):
        raise Invalid(
            "file-key", "{key} is no name of small letters, digits and underscores that begins with a letter.", key=key
        )
    if kind is FileKind.PAGE:
        return {f"{key}.bpmn": _diagram(key, key, outcome=False)}
    if kind is FileKind.FORM:
        form = {"type": "default", "id": key, "schemaVersion": 18, "components": []}
        return {f"forms/{key}.form": orjson.dumps(form, option=orjson.OPT_INDENT_2) + b"\n"}
    if kind is FileKind.DECISION:
        return {f"decisions/{key}.dmn": _DECISION.format(key=key).encode()}
    if kind is FileKind.NOTICE:
        texts = {"zh_CN": "Subject: {{ case.number }}\n\n{{ case.title }}\n", "en": "Subject: {{ case.number }}\n\n\n"}
        return {f"notices/{key}.{locale}.txt": text.encode() for locale, text in texts.items()}
    return {f"documents/{key}.html": b"<h1>{{ case.title }}</h1>\n<p>{{ case.number }}</p>\n"}


def _diagram(key: str, name: str, *, outcome: bool) -> bytes:
    drawn = _DIAGRAM.format(id=quoteattr(key), name=quoteattr(name))
    if not outcome:  # only the main page says how a matter ends
        begin, end = drawn.index("      <bpmn:extensionElements>"), drawn.index("      <bpmn:incoming>")
        drawn = drawn[:begin] + drawn[end:]
    return drawn.encode()
