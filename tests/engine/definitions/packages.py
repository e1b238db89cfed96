"""A small package for tests: one page with a task, a decision, a notice, a document and a called page."""

import json
from typing import Any

from engine.definitions import Package

_HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'id="{id}" targetNamespace="urn:test">{content}</bpmn:definitions>'
)

MAIN = """
<bpmn:process id="main" name="办理" isExecutable="true">
  <bpmn:startEvent id="start" name="开始"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
  <bpmn:userTask id="handle" name="办理">
    <bpmn:extensionElements><zeebe:userTask/><zeebe:formDefinition formId="handle"/>
      <zeebe:properties><zeebe:property name="chuishao:role" value="handler"/>
        <zeebe:property name="chuishao:state" value="handling"/>
        <zeebe:property name="chuishao:document" value="reply"/></zeebe:properties></bpmn:extensionElements>
    <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:userTask>
  <bpmn:businessRuleTask id="decide" name="定时限">
    <bpmn:extensionElements><zeebe:calledDecision decisionId="times" resultVariable="times"/></bpmn:extensionElements>
    <bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing></bpmn:businessRuleTask>
  <bpmn:callActivity id="call" name="回访">
    <bpmn:extensionElements><zeebe:calledElement processId="inner" propagateAllChildVariables="false"/>
      </bpmn:extensionElements>
    <bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing></bpmn:callActivity>
  <bpmn:sendTask id="tell" name="告知">
    <bpmn:extensionElements><zeebe:taskDefinition type="notify"/>
      <zeebe:properties><zeebe:property name="chuishao:notice" value="done"/>
        <zeebe:property name="chuishao:to" value="resident"/></zeebe:properties></bpmn:extensionElements>
    <bpmn:incoming>f4</bpmn:incoming><bpmn:outgoing>f5</bpmn:outgoing></bpmn:sendTask>
  <bpmn:endEvent id="end" name="办结"><bpmn:extensionElements><zeebe:properties>
    <zeebe:property name="chuishao:outcome" value="solved"/></zeebe:properties></bpmn:extensionElements>
    <bpmn:incoming>f5</bpmn:incoming></bpmn:endEvent>
  <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="handle"/>
  <bpmn:sequenceFlow id="f2" sourceRef="handle" targetRef="decide"/>
  <bpmn:sequenceFlow id="f3" sourceRef="decide" targetRef="call"/>
  <bpmn:sequenceFlow id="f4" sourceRef="call" targetRef="tell"/>
  <bpmn:sequenceFlow id="f5" sourceRef="tell" targetRef="end"/>
</bpmn:process>
"""

INNER = """
<bpmn:process id="inner" name="回访" isExecutable="true">
  <bpmn:startEvent id="inner_start" name="开始"><bpmn:outgoing>g1</bpmn:outgoing></bpmn:startEvent>
  <bpmn:endEvent id="inner_end" name="结束"><bpmn:incoming>g1</bpmn:incoming></bpmn:endEvent>
  <bpmn:sequenceFlow id="g1" sourceRef="inner_start" targetRef="inner_end"/>
</bpmn:process>
"""

DECISION = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="times_model" name="times" namespace="urn:test">
  <decision id="times" name="times"><decisionTable id="times_table" hitPolicy="UNIQUE">
    <input id="i1"><inputExpression id="ie1" typeRef="string"><text>category</text></inputExpression></input>
    <output id="o1" name="days" typeRef="number"/><output id="o2" name="notice" typeRef="string"/>
    <rule id="r1"><inputEntry id="e1"><text>"water"</text></inputEntry>
      <outputEntry id="e2"><text>3</text></outputEntry><outputEntry id="e3"><text>"done"</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>"""


def diagram(content: str, identifier: str = "d") -> bytes:
    return _HEAD.format(id=identifier, content=content).encode()


def form(**field: Any) -> bytes:
    component = {
        "type": "textarea", "id": "result", "key": "result", "label": "结果", "properties": {"label_en": "Result"}
    } | field  # fmt: skip
    return json.dumps({"type": "default", "id": "handle", "components": [component]}).encode()


FILES: dict[str, bytes] = {
    "package.json": json.dumps({"key": "small", "main": "main", "name": {"zh_CN": "小流程", "en": "Small"}}).encode(),
    "texts.json": json.dumps(
        {
            "states": {"handling": {"zh_CN": "办理中", "en": "In hand"}},
            "outcomes": {"solved": {"zh_CN": "已解决", "en": "Solved"}},
        }
    ).encode(),
    "main.bpmn": diagram(MAIN),
    "inner.bpmn": diagram(INNER, "d2"),
    "forms/handle.form": form(),
    "decisions/times.dmn": DECISION.encode(),
    "notices/done.zh_CN.txt": "Subject: 已办结\n\n{{ result }}\n".encode(),
    "notices/done.en.txt": b"Subject: Done\n\n{{ result }}\n",
    "documents/reply.html": "<h1>答复</h1><p>{{ result }} {{ issued_at | date }}</p>".encode(),
}


def small(**changes: bytes | None) -> Package:
    """Return the package with files replaced, added or (None) taken away."""
    files: dict[str, bytes] = dict(FILES)
    for name, content in changes.items():
        if content is None:
            files.pop(name)
        else:
            files[name] = content
    return Package(files=files)
