"""Foreign bytes become a tree: every encoding that modellers write, small faults of XML mended, attacks refused."""

import codecs
import re
from html.entities import html5
from typing import Final

from lxml import etree

from engine.errors import Invalid, Phrase, misread
from engine.importing.namespaces import UNDECLARED, use_namespaces
from engine.importing.report import Loss, Notes
from engine.spiff.document import BPMN, Node, check_size, local, q

#: The largest file, in bytes. Drawings with pictures in them are large; what is larger is no diagram.
MAX_BYTES: Final = 10_000_000
#: An element with more takes the parser a time that grows with their square.
MAX_ATTRIBUTES: Final = 2_000
#: Twice as many as elements are read (a beginning and an end each), and room for comments.
MAX_TAGS: Final = 200_000
#: More bare ampersands and entities than this are no slip of a tool; to mend them takes long.
MAX_FAULTS: Final = 300_000
#: Namespaces under which tools wrote BPMN 2.0 before it had its own.
EARLIER: Final = (
    "http://schema.omg.org/spec/BPMN/2.0",
    "http://www.omg.org/spec/BPMN/2.0",
    "http://www.omg.org/spec/BPMN/20100524/MODEL/",
    "http://www.omg.org/bpmn20",
)
#: First bytes of files that are no text at all, and what they are.
_BINARY: Final = {
    b"PK\x03\x04": "a zip archive",
    b"\xd0\xcf\x11\xe0": "a file of an office program",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "an archive",
    b"Rar!": "an archive",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}
#: Roots of XML that people take for BPMN: part of the namespace or the name → what it is.
_OTHERS: Final = (
    ("/DMN/", "a DMN model; put it into the folder `decisions` of a package"),
    ("/CMMN/", "a CMMN model, which is not executed"),
    ("xpdl", "an XPDL file; save it as BPMN 2.0"),
    ("bpel", "a BPEL file; draw it as BPMN 2.0"),
    ("svg", "a picture (SVG); save the diagram as BPMN 2.0"),
    ("html", "a web page"),
    ("XMI", "an XMI file; save it as BPMN 2.0"),
    ("mxfile", "a drawing of draw.io; save it as BPMN 2.0"),
    ("AML", "an ARIS database export; export the model as BPMN 2.0"),
)
_CODECS: Final = re.compile(r"(utf-(8|16|32)|ascii|iso8859|cp\d|gb|hz|big5|shift|euc|koi8|mac|iso2022|johab|tis|ptcp)")
_DECLARATION: Final = re.compile(r"\s*<\?xml\b[^>]{0,400}?\?>")
_DECLARED: Final = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([\w.:-]{1,40})["']""")
#: What XML 1.0 does not allow, section 2.2.
_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_AMPERSAND: Final = re.compile(r"&(?!(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);)")
_ENTITY: Final = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31};)")
_PREFIX: Final = re.compile(r"[<\s/]([A-Za-z_][\w.-]{0,60}):[A-Za-z_]")
_DEFINED: Final = re.compile(r"xmlns:([A-Za-z_][\w.-]{0,60})\s*=")
#: A namespace, in which tools leave blanks, which no URI has.
_NAMESPACE: Final = re.compile(r"""(?<=xmlns:)[A-Za-z_][\w.-]{0,60}=("[^"<>]{1,500}"|'[^'<>]{1,500}')""")
_FIRST_TAG: Final = re.compile(r"<[A-Za-z_][\w.:-]{0,120}")


def read_drawing(name: str, content: bytes, notes: Notes) -> Node:
    """Read the bytes of a foreign diagram.

    Args:
        name: the file's name, for the message.
        notes: gets what had to be mended.

    Returns:
        The root element, `bpmn:definitions`.

    Raises:
        Invalid: it is no BPMN 2.0, too large, has a document type, or cannot be read; the message says what it is.
    """
    if len(content) > MAX_BYTES:
        raise Invalid(
            "file-too-large", "{file} is larger than {limit} bytes; split it into pages", file=name, limit=MAX_BYTES
        )
    text = _decoded(name, content, notes)
    declaration = _DECLARATION.match(text)
    text = text[declaration.end() :] if declaration else text
    if text.count("<") > MAX_TAGS:
        raise Invalid("file-too-complex", "{file} has more than {limit} tags; it is no diagram", file=name,
                      limit=MAX_TAGS)  # fmt: skip
    if _has_document_type(text):
        raise Invalid("document-type", "{file} has a document type, which BPMN does not use; remove it", file=name)
    if any(part.partition(">")[0].count("=") > MAX_ATTRIBUTES for part in text.split("<")):
        raise Invalid("file-too-complex", "{file} has an element with more than {limit} attributes; it is no diagram",
                      file=name, limit=MAX_ATTRIBUTES)  # fmt: skip
    for earlier in EARLIER:
        text = text.replace(f'"{earlier}"', f'"{BPMN}"').replace(f"'{earlier}'", f"'{BPMN}'")
    root = _parsed(name, text, notes)
    check_size(name, root)
    use_namespaces(root, notes)
    if root.tag != q("definitions"):
        raise Invalid("not-bpmn", "{file} is no BPMN 2.0 diagram: it is {what}", file=name, what=_kind(root))
    return root


def _of_file(kind: str, what: str) -> Loss:
    return Loss(process="", element="", name="", kind=kind, what=what)


def _decoded(name: str, content: bytes, notes: Notes) -> str:
    """Decode by the byte order mark, else as declared, else as what the bytes can be."""
    if not content.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise Invalid("file-empty", "{file} is empty", file=name)
    for start, what in _BINARY.items():
        if content.startswith(start):
            raise Invalid("not-bpmn", "{file} is no BPMN 2.0 diagram: it is {what}", file=name, what=what)
    declared = _DECLARED.search(content[:1000].replace(b"\0", b""))
    wanted = _by_mark(content) or (_known(name, declared[1].decode()) if declared else "utf-8")
    if wanted.startswith(("utf-16", "utf-32")) and b"\0" not in content[:200]:
        wanted = "utf-8"  # .NET declares UTF-16 for text that somebody then saves as UTF-8
    for codec in (wanted, "utf-8", "gb18030"):
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        break
    else:
        codec, text = "windows-1252", content.decode("cp1252", "replace")
    if "\0" in text:
        raise Invalid("not-bpmn", "{file} is no BPMN 2.0 diagram: it is {what}", file=name, what="a binary file")
    if codec != wanted:
        notes.lossy.append(
            _of_file("encoding", Phrase("the file is not {declared} as it says; it was read as {codec}",
                                        declared=wanted, codec=codec))
        )  # fmt: skip
    return text.lstrip("\ufeff \t\r\n")


def _by_mark(content: bytes) -> str | None:
    """The encoding that the first bytes give away."""
    if content.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(content[:2])


def _known(name: str, declared: str) -> str:
    """The codec of a declared encoding. Python has codecs that are no encodings of text, and slow ones."""
    try:
        found = codecs.lookup(declared).name
    except LookupError:
        found = ""
    if not _CODECS.match(found):
        raise Invalid(
            "encoding-unknown", "{file} is written in {encoding}, which is not known; save it as UTF-8",
            file=name, encoding=declared,
        )  # fmt: skip
    return found


def _has_document_type(text: str) -> bool:
    """Does anything before the first element declare a document type? It can hold entities that expand without end."""
    position = 0
    while True:
        while position < len(text) and text[position].isspace():
            position += 1
        closing = next((end for start, end in _ASIDES.items() if text.startswith(start, position)), None)
        if closing is None:
            return text[position : position + 9].upper() == "<!DOCTYPE"
        end = text.find(closing, position + 2)
        if end < 0:
            return False
        position = end + len(closing)


def _parsed(name: str, text: str, notes: Notes) -> Node:
    """Parse; where that fails, mend the faults that tools are known for and parse again."""
    try:
        return _tree(text)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = misread(error)
    if not text.lstrip().startswith("<"):
        what = "JSON; export the diagram as BPMN 2.0 XML" if text.lstrip()[:1] in ("{", "[") else "no XML"
        raise Invalid("not-bpmn", "{file} is no BPMN 2.0 diagram: it is {what}", file=name, what=what)
    try:
        if text.count("&") > MAX_FAULTS:
            raise ValueError(reason)
        root = _tree(_mended(text))
    except (etree.XMLSyntaxError, ValueError):
        raise Invalid("not-xml", "{file} is not well-formed XML: {reason}", file=name, reason=reason) from None
    notes.lossy.append(_of_file("xml-faults", Phrase("the file has faults of XML, which were mended: {reason}",
                                                     reason=reason)))  # fmt: skip
    return root


def _tree(text: str) -> Node:
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        huge_tree=False, recover=False,
    )  # fmt: skip
    return etree.fromstring(text.encode("utf-8"), parser)


def _mended(text: str) -> str:
    """Take out characters that XML forbids, escape bare ampersands, and declare prefixes that nobody has declared."""
    text = _ILLEGAL.sub("", text)
    text = _ENTITY.sub(lambda found: html5.get(found[1], found[0]) if found[1] not in _OWN else found[0], text)
    text = _AMPERSAND.sub("&amp;", text)
    text = _NAMESPACE.sub(lambda found: found[0].replace(" ", "%20"), text)
    undeclared = sorted({*_PREFIX.findall(text)} - {*_DEFINED.findall(text)} - {"xml", "xmlns", "http", "https"})
    first = _FIRST_TAG.search(text)
    if first and 0 < len(undeclared) <= 100:
        declared = "".join(f' xmlns:{prefix}="{UNDECLARED}{prefix}"' for prefix in undeclared)
        text = text[: first.end()] + declared + text[first.end() :]
    return text


#: What may stand before the first element: a comment, an instruction.
_ASIDES: Final = {"<!--": "-->", "<?": "?>"}
#: XML's own entities, which stay.
_OWN: Final = frozenset(["amp;", "lt;", "gt;", "quot;", "apos;"])


def _kind(root: Node) -> str:
    for sign, what in _OTHERS:
        if sign.lower() in str(root.tag).lower():
            return what
    return f"XML with the root {local(root)!r}"
