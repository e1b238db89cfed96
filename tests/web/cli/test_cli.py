import argparse
import io
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from web.cli import GROUPS, main
from web.migrating import newest_revision

Run = "tuple[int, str, str]"
PETITION = Path(__file__).parents[3] / "bpmn" / "petition"


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_adds_the_commands_by_which_it_is_found(group: str) -> None:
    chosen = argparse.ArgumentParser().add_subparsers()
    import_module(f"web.cli.{group}").add_commands(chosen)
    assert tuple(chosen.choices) == GROUPS[group]


def test_command_that_serves_nothing_loads_no_pages() -> None:
    code = "import sys; from web.cli import main; main(['feel', '1']); assert 'flask' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path):  # type: ignore[no-untyped-def]
    """Call the command with an installation of its own; returns status, output and errors."""

    def call(*arguments: str) -> tuple[int, str, str]:
        status = main(["--env-file", str(tmp_path / "x.env"), *arguments], environ={})
        out, err = capsys.readouterr()
        return status, out, err

    call("init", str(tmp_path / "x.env"))
    return call


def test_init_writes_fresh_keys_that_only_the_owner_reads(tmp_path: Path) -> None:
    texts = []
    for name in ("one.env", "two.env"):
        assert main(["init", str(tmp_path / name)], environ={}) == 0
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
        texts.append((tmp_path / name).read_text())
    assert texts[0] != texts[1].replace("two.env", "one.env")


def test_init_leaves_an_existing_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.env"
    path.write_text("CHUISHAO_DEMO=1\n")
    assert main(["init", str(path)], environ={}) == 0
    assert path.read_text() == "CHUISHAO_DEMO=1\n"


def test_database_is_brought_up_and_down(run) -> None:  # type: ignore[no-untyped-def]
    assert "no revision" in run("db", "current")[1]
    assert newest_revision() in run("db", "upgrade")[1]
    assert "no revision" in run("db", "downgrade", "base")[1]


@pytest.mark.parametrize("action", ["upgrade", "downgrade"])
def test_a_revision_that_there_is_not_is_refused_and_those_there_are_are_named(run, action: str) -> None:  # type: ignore[no-untyped-def]
    status, _, err = run("db", action, "0999_nonsense")
    assert status == 2
    assert "no revision 0999_nonsense" in err
    assert newest_revision() in err
    assert run("db", "downgrade", newest_revision())[0] == 2, "an empty database cannot go down to one"
    assert "no revision" in run("db", "current")[1]


def test_serving_an_old_database_is_refused_with_what_to_do(run) -> None:  # type: ignore[no-untyped-def]
    status, _, err = run("web")
    assert status == 2
    assert "chuishao db upgrade" in err


@pytest.mark.parametrize("command", ["web", "worker", "scheduler"])
def test_processes_say_what_they_take_and_which_settings_they_lack(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"], environ={})
    assert ended.value.code == 0
    assert f"usage: chuishao {command}" in capsys.readouterr().out
    assert main([command], environ={"CHUISHAO_DATABASE_URL": "mysql://x", "CHUISHAO_ZONE": "Mars"}) == 2
    told = capsys.readouterr().err
    assert {"CHUISHAO_DATABASE_URL", "CHUISHAO_SECRET_KEY", "CHUISHAO_FIELD_KEY", "CHUISHAO_ZONE"} <= set(
        re.findall(r"CHUISHAO_[A-Z_]+", told)
    )
    assert "Traceback" not in told


def test_worker_without_postgresql_says_who_does_its_work(run) -> None:  # type: ignore[no-untyped-def]
    run("db", "upgrade")
    status, _, err = run("worker")
    assert (status, "PostgreSQL" in err, "chuishao web" in err) == (2, True, True)


@pytest.mark.parametrize("given", [["--concurrency", "0"], ["--concurrency", "many"], ["--queues", "mail"]])
def test_worker_refuses_what_it_cannot_do(run, given: list[str]) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SystemExit) as ended:
        run("worker", *given)
    assert ended.value.code == 2


def test_missing_settings_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "current"], environ={}) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("chuishao: CHUISHAO_") for line in lines)


def test_staff_of_an_unknown_unit_is_refused(run, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    run("db", "upgrade")
    monkeypatch.setattr("sys.stdin", io.StringIO("a long password\n"))
    status, _, err = run("staff", "add", "li", "--name", "李", "--role", "operator", "--unit", "nowhere")
    assert status == 2
    assert err.startswith("chuishao: There is no unit nowhere")
    assert "Traceback" not in err


def test_audit_of_an_empty_log_holds(run) -> None:  # type: ignore[no-untyped-def]
    run("db", "upgrade")
    assert run("audit", "verify")[0] == 0


@pytest.mark.parametrize(
    ("expression", "status", "out", "err"),
    [
        ("1 + 2 * amount", 0, "7", ""),  # a value
        ("a.b", 0, "null", "no variable or function"),  # null, and why
        ("1 ==", 2, "", "line 1, column 3: `==` does not fit here; write `=` for equality"),  # no expression
    ],
)
def test_expression_is_evaluated(run, expression: str, status: int, out: str, err: str) -> None:  # type: ignore[no-untyped-def]
    done = run("feel", expression, "--data", '{"amount": 3}')
    assert (done[0], done[1].strip()) == (status, out)
    assert err in done[2]


def test_data_that_is_no_json_is_said(run) -> None:  # type: ignore[no-untyped-def]
    assert run("feel", "1", "--data", "[")[2].startswith("chuishao: --data is no JSON")
    assert run("feel", "1", "--data", "[]")[2].startswith("chuishao: --data is no JSON object")


def test_periods_of_retention_are_shown_and_set_and_what_is_no_rule_is_refused(run) -> None:  # type: ignore[no-untyped-def]
    run("db", "upgrade")
    status, out, _ = run("retention", "list")
    assert status == 0
    assert "drafts-of-ended-tasks      7 days  drafts" in out
    assert {"uploads", "sessions", "keyed-answers"} <= {line.split()[0] for line in out.splitlines()}
    assert run("retention", "set", "uploads", "5")[0] == 0
    assert "5 days (proposed: 2)" in run("retention", "list")[1]
    status, _, err = run("retention", "set", "cases", "5")
    assert (status, "There is no rule cases" in err) == (2, True)


def test_diagram_of_a_package_is_read_with_what_it_calls(run) -> None:  # type: ignore[no-untyped-def]
    assert run("lint", str(PETITION / "process.bpmn"))[:2] == (0, "0 errors, 0 other findings.\n")
    assert run("lint", str(PETITION / "process.bpmn"), "--json")[:2] == (0, "[]\n")


def test_file_that_is_no_diagram_is_said_once_and_with_what_to_do(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "photo.bpmn"
    path.write_bytes(b"\x89PNG")
    status, out, _ = run("lint", str(path))
    assert (status, out.count("photo.bpmn"), "Save it again as BPMN 2.0." in out) == (1, 1, True)


def test_deploying_names_every_mistake_with_its_element_and_changes_nothing(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    run("db", "upgrade")
    assert run("deploy", str(PETITION))[0] == 0
    broken = tmp_path / "bpmn" / "petition"
    shutil.copytree(PETITION.parent, broken.parent)
    page = broken / "department.bpmn"
    page.write_text(page.read_text().replace('sourceRef="handle"', 'sourceRef="nowhere"', 1))
    status, out, err = run("deploy", str(broken))
    assert (status, out) == (2, "")
    assert "f_handle_redraft: the flow does not connect two elements" in err
    assert "(sign_off): no way leads here" in err
    assert run("deploy", str(PETITION))[1] == "petition 1 is active.\n"


def test_database_without_its_tables_is_said_with_what_to_do(run) -> None:  # type: ignore[no-untyped-def]
    status, _, err = run("deploy", str(PETITION))
    assert (status, "Run `chuishao db upgrade` first." in err) == (2, True)
