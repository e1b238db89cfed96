import json
from pathlib import Path

import pytest

from tests.engine.definitions.packages import FILES, form, small
from web.cli import main


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    small().write_directory(tmp_path / "old")
    small(**{"forms/handle.form": form(label="处理结果")}).write_directory(tmp_path / "new")
    return tmp_path / "old", tmp_path / "new"


def test_difference_is_said_in_the_language_that_is_asked_for(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *map(str, folders)], environ={}) == 0
    assert capsys.readouterr().out == "表单“handle”：字段“处理结果”标题 结果→处理结果\n"
    assert main(["diff", *map(str, folders), "--language", "en"], environ={}) == 0
    assert capsys.readouterr().out == "form “handle”: field “处理结果”: label 结果 → 处理结果\n"
    assert main(["diff", str(folders[0]), str(folders[0])], environ={}) == 0
    assert capsys.readouterr().out == "没有不同\n"


def test_difference_is_printed_for_programs(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *map(str, folders), "--json"], environ={}) == 0
    shown = json.loads(capsys.readouterr().out)
    (change,) = shown["changes"]
    assert (change["kind"], change["what"], change["id"]) == ("changed", "form", "handle")
    assert shown["summary"]["zh_CN"] == change["text"]["zh_CN"]


def test_deployed_version_is_compared_with_a_folder(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "x.env"
    assert main(["init", str(settings)], environ={}) == 0
    run = ["--env-file", str(settings)]
    assert main([*run, "db", "upgrade"], environ={}) == 0
    assert main([*run, "deploy", str(folders[0])], environ={}) == 0
    capsys.readouterr()
    assert main([*run, "diff", "small@1", str(folders[1])], environ={}) == 0
    assert "处理结果" in capsys.readouterr().out
    assert main([*run, "diff", "small@9", str(folders[1])], environ={}) == 2
    assert "no version 9" in capsys.readouterr().err


def test_package_goes_into_a_zip_and_comes_back_byte_for_byte(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, back, second = tmp_path / "a.zip", tmp_path / "back", tmp_path / "b.zip"
    assert main(["package", "export", str(folders[0]), str(first)], environ={}) == 0
    assert main(["package", "import", str(first), str(back)], environ={}) == 0
    assert main(["package", "export", str(back), str(second)], environ={}) == 0
    assert first.read_bytes() == second.read_bytes()
    assert {name: (back / name).read_bytes() for name in FILES} == FILES
    assert main(["package", "import", str(first), str(back)], environ={}) == 2
    assert "not empty" in capsys.readouterr().err


def test_what_is_no_package_is_refused_with_a_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    assert main(["package", "import", str(tmp_path / "x.zip"), str(tmp_path / "new")], environ={}) == 2
    assert main(["diff", "nowhere", "nowhere"], environ={}) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2
    assert not (tmp_path / "new").exists()
