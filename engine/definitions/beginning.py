"""What a new process begins as: a package that has a start and an end, and passes the checks as it is."""

from typing import Final
from xml.sax.saxutils import quoteattr

import orjson

from engine.definitions.package import MANIFEST, TEXTS, Package

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
        "process.bpmn": _DIAGRAM.format(id=quoteattr(key), name=quoteattr(name)).encode(),
    }
    return Package(files=files)
