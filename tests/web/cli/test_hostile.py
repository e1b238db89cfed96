"""Files made to hang, break out or eat the memory: every command refuses them soon, and what is live stays."""

import time
from pathlib import Path

import pytest

from tests.engine.definitions.packages import MAIN, diagram, small
from tests.engine.importing.drawings import drawing, flow
from tests.web.cli.measuring import run_measured
from web.cli import main

_BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'
_TASKS = "".join(f"<b:manualTask id='t{n}'/>{flow(f'f{n}', f't{n}', f't{n + 1}')}" for n in range(10_000))
_INSIDE = '<zeebe:taskDefinition type="notify"/>'


def scripted(expression: str) -> bytes:
    """The small package's page with a script in it."""
    script = f"<zeebe:script expression='={expression}' resultVariable='x'/>"
    return diagram(MAIN.replace("sendTask", "scriptTask").replace(_INSIDE, script))


#: What lies in `main.bpmn` of a package that is otherwise in order, and the code of what is said of it.
ATTACKS = {
    "entities": (_BOMB, "document-type"),
    "external": (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document-type"),
    "larger-than-a-diagram": (b"<a>" + b"x" * 3_000_000, "file-too-large"),
    "ten-thousand-elements": (drawing(_TASKS), "process-too-large"),
    "deep": (drawing("<b:subProcess>" * 200 + "</b:subProcess>" * 200), "file-too-complex"),
    "duplicate-ids": (drawing("<b:task id='t'/>" * 1_000), "id-duplicate"),
    "cycle": (drawing("<b:task id='a'/><b:task id='c'/>" + flow("1", "a", "c") + flow("2", "c", "a")), "no-start"),
    "deep-expression": (scripted("(" * 5_000 + "1" + ")" * 5_000), "feel"),
    "deep-list": (scripted("[" * 5_000 + "]" * 5_000), "feel"),
    "long-sum": (scripted("1+" * 100_000), "feel"),
}


@pytest.fixture
def installation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The arguments of an installation on which the small package is live."""
    settings = tmp_path / "x.env"
    run = ["--env-file", str(settings)]
    small().write_directory(tmp_path / "small")
    assert main(["init", str(settings)], environ={}) == 0
    assert main([*run, "db", "upgrade"], environ={}) == 0
    assert main([*run, "deploy", str(tmp_path / "small")], environ={}) == 0
    capsys.readouterr()
    return run


def test_no_attack_is_deployed(installation: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, (content, code) in ATTACKS.items():
        folder = tmp_path / name
        small(**{"main.bpmn": content}).write_directory(folder)
        before = time.process_time()
        assert main(["lint", str(folder)], environ={}) == 1, name
        assert f"[{code}" in capsys.readouterr().out, name
        assert main([*installation, "deploy", str(folder)], environ={}) == 2, name
        assert "chuishao: The package is not deployed" in capsys.readouterr().err, name
        assert time.process_time() - before < 8, name  # both together about two seconds on a machine at rest
    assert main([*installation, "deploy", str(tmp_path / "small")], environ={}) == 0
    assert capsys.readouterr().out == "small 1 is active.\n"


@pytest.mark.parametrize("name", ["entities", "ten-thousand-elements", "long-sum"])
def test_attack_needs_little_memory(tmp_path: Path, name: str) -> None:
    small(**{"main.bpmn": ATTACKS[name][0]}).write_directory(tmp_path / name)
    status, most = run_measured("lint", str(tmp_path / name))
    assert status == 1
    assert most < 300


def test_package_of_fifty_megabytes_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small(**{"forms/large.form": b" " * 50_000_000}).write_directory(tmp_path / "large")
    assert main(["lint", str(tmp_path / "large")], environ={}) == 2
    assert "20 MB are the most" in capsys.readouterr().err
