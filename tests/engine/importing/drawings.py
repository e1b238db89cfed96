"""Small drawings as other tools write them."""

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
START, END, TASK = '<b:startEvent id="s"/>', '<b:endEvent id="e"/>', '<b:userTask id="t" name="T"/>'


def drawing(
    body: str, beside: str = "", attributes: str = 'id="P" isExecutable="true"', encoding: str = "UTF-8"
) -> bytes:
    """A file with one process."""
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><b:definitions xmlns:b="{BPMN}" xmlns:camunda="{CAMUNDA}" '
        f'targetNamespace="x"><b:process {attributes}>{body}</b:process>{beside}</b:definitions>'
    )
    return text.encode(encoding)


def flow(id: str, source: str, target: str, inner: str = "") -> str:
    return f'<b:sequenceFlow id="{id}" sourceRef="{source}" targetRef="{target}">{inner}</b:sequenceFlow>'


def condition(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f"<b:conditionExpression>{escaped}</b:conditionExpression>"


#: What runs as it is: nobody has to do anything in it.
WHOLE = START + '<b:parallelGateway id="g"/>' + END + flow("f", "s", "g") + flow("h", "g", "e")
