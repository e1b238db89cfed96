import time

import pytest

from engine.errors import Invalid
from engine.importing import import_diagram
from tests.engine.importing.drawings import BPMN, WHOLE, drawing, flow

PLAIN = drawing(WHOLE)
BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (b"", "file-empty", "empty"),
        (b" \n\t ", "file-empty", "empty"),
        (b"hello", "not-bpmn", "no XML"),
        (b'{"resourceId": "canvas"}', "not-bpmn", "JSON"),  # Signavio's own format
        (b"PK\x03\x04rest", "not-bpmn", "zip"),  # Bizagi's .bpm
        (b"\x89PNG\r\n", "not-bpmn", "picture"),
        (b"a\0b\0\0", "not-bpmn", "binary"),
        (b"<a><b></a>", "not-xml", "well-formed"),
        (PLAIN[:-20], "not-xml", "well-formed"),  # cut off
        (b"<a/>", "not-bpmn", "root 'a'"),
        (b"<html><body/></html>", "not-bpmn", "web page"),
        (b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', "not-bpmn", "DMN"),
        (b'<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL"/>', "not-bpmn", "CMMN"),
        (b'<Package xmlns="http://www.wfmc.org/2009/XPDL2.2"/>', "not-bpmn", "XPDL"),
        (BOMB, "document-type", "document type"),
        (b'<!-- a --><?b c?>\n<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document-type", "document type"),
        (BOMB.decode().encode("utf-16"), "document-type", "document type"),
        (b'<?xml version="1.0" encoding="punycode"?><a/>', "encoding-unknown", "punycode"),
        (b"<a>" + b"x" * 10_000_001, "file-too-large", "larger"),
        (b"<a " + b" ".join(b'x%d="1"' % n for n in range(3000)) + b"/>", "file-too-complex", "attributes"),
        (drawing("<b:subProcess>" * 200 + "</b:subProcess>" * 200), "file-too-complex", "nested"),
        (drawing("<b:task/>" * 60_000), "file-too-complex", "elements"),
        (drawing("&" * 300_001), "not-xml", "well-formed"),
        (b"<" * 9_000_000, "file-too-complex", "tags"),
        (b"<!-- -->" * 300_000 + b"<a/>", "file-too-complex", "tags"),
        (drawing("<b:subProcess>" * 9000 + "</b:subProcess>" * 9000), "not-xml", "depth"),
    ],
)
def test_what_is_no_diagram_is_refused_with_what_it_is(content: bytes, code: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        import_diagram("x.bpmn", content)
    assert caught.value.code == code
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        (PLAIN, []),
        (b"\xef\xbb\xbf" + PLAIN, []),  # a byte order mark
        (b"\n\n" + PLAIN, []),  # blank lines before the declaration
        (drawing(WHOLE, encoding="UTF-16"), []),
        (drawing(WHOLE, encoding="GB18030"), []),
        (PLAIN.replace(b"UTF-8", b"utf-16"), []),  # .NET: declared by the writer of strings
        (drawing(WHOLE.replace('id="g"', 'id="g" name="\u00e9\u00e0 "')).decode().encode("latin-1"), ["encoding"]),
        (drawing(WHOLE.replace('id="g"', 'id="g" name="核实"')).decode().encode("gbk"), ["encoding"]),
        (PLAIN.replace(BPMN.encode(), b"http://schema.omg.org/spec/BPMN/2.0"), []),  # before the standard was final
        (PLAIN.replace(b"b:", b"").replace(b"xmlns:b", b"xmlns"), []),
        (PLAIN.replace(b"<b:", b"<").replace(b"</b:", b"</"), ["namespace"]),
        # a draft of the standard; the prefix of BPMN itself not declared
        (PLAIN.replace(BPMN.encode(), b"http://www.omg.org/spec/BPMN/20100501/BPMN20.xsd"), ["namespace"]),
        (PLAIN.replace(b'xmlns:b="' + BPMN.encode() + b'"', b""), ["xml-faults", "namespace"]),
        (PLAIN.replace(b'id="g"', b'id="g" sig:x="1"'), ["xml-faults"]),  # a prefix that nobody declares
        (PLAIN.replace(b"xmlns:b", b'xmlns:p="http://a/first import/p" xmlns:b'), ["xml-faults"]),  # no URI has blanks
        (PLAIN.replace(b'id="g"', b'id="g" name="a & b &nbsp; c"'), ["xml-faults"]),
        (PLAIN.replace(b'id="g"', b'id="g" name="a\x0bb"'), ["xml-faults"]),
        (PLAIN.replace(b"<b:start", b"<b:documentation><![CDATA[<!DOCTYPE html>]]></b:documentation><b:start"), []),
    ],
)
def test_what_tools_write_is_read(content: bytes, kinds: list[str]) -> None:
    imported = import_diagram("x.bpmn", content)
    assert [each.kind for each in imported.lossy if each.kind not in ("foreign", "drawn-anew")] == kinds
    assert [each.runs for each in imported.processes] == [True]


def wide(count: int) -> bytes:
    return drawing(
        "<b:userTask id='a'/>" + "".join(f"<b:task id='t{n}'/>{flow(f'f{n}', 'a', f't{n}')}" for n in range(count))
    )


@pytest.mark.parametrize(
    "content",
    [
        wide(900),  # every way open at once
        drawing("<b:task id='t'/>" * 10_000),  # duplicates
        drawing("<b:task/>" * 10_000),  # nothing has an id
        drawing("".join(f"<b:startEvent id='s{n}'/>" for n in range(5_000))),
        drawing("&" * 200_000),
        drawing("", "".join(f"<b:process id='p{n}'><b:task id='t{n}'/></b:process>" for n in range(3_000))),
        drawing("<b:callActivity id='c' calledElement='P'/>"),  # calls itself for ever
        drawing("<b:task id='a'/><b:task id='c'/>" + flow("1", "a", "c") + flow("2", "c", "a")),
    ],
    ids=["wide", "duplicates", "nameless", "starts", "ampersands", "processes", "recursion", "cycle"],
)
def test_hostile_diagrams_take_no_time(content: bytes) -> None:
    before = time.process_time()
    imported = import_diagram("x.bpmn", content)
    assert time.process_time() - before < 5  # about one second on a machine with nothing else to do
    assert not any(each.runs for each in imported.processes)
