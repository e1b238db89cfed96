"""The folder of attachments cannot be written: full, or read-only. What comes with a file is refused whole with the
reason, and what was typed is kept; everything else goes on.
"""

import io
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from PIL import Image

from engine.db import connect
from tests.faults import older
from tests.faults.commands import Command, running
from tests.faults.test_nodes import free_port
from tests.faults.test_older_code import Browser, Installation, is_ready, wait_for
from web.cli import main

pytestmark = [pytest.mark.faults, pytest.mark.slow]

SIZE: Final = 1 << 20
TYPED: Final = {
    "title": "路灯不亮", "text": "三号楼前坏了两周", "category": "roads", "place": "willow", "name": "李四",
    "phone": "13800138000", "name_hidden": "1",
}  # fmt: skip
NOT_STORED: Final = "文件没能保存"


class Store:
    """A folder on a small file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._ballast = folder, folder / "ballast"

    def fill(self) -> None:
        """Let there be no room."""
        space = os.statvfs(self.folder)
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, space.f_bavail * space.f_frsize)

    def close(self) -> None:
        """Let nobody write there."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)

    def mend(self) -> None:
        """Let it be as it was."""
        subprocess.run(["mount", "-o", "remount,rw", str(self.folder)], check=True)
        self._ballast.unlink(missing_ok=True)

    def files(self) -> list[Path]:
        """What lies there, half written or whole."""
        return [path for path in self.folder.rglob("*") if path.is_file() and path != self._ballast]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    folder = tmp_path / "blobs"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a file system for attachments may be mounted by root only, and not in every container")
    yield Store(folder)
    subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)


@pytest.fixture
def site(store: Store, tmp_path: Path) -> Iterator[Installation]:
    env = tmp_path / "x.env"
    main(["init", str(env)], environ={})
    with env.open("a") as file:
        file.write("CHUISHAO_JURISDICTION=qinghe\n")
    assert main(["--env-file", str(env), "db", "upgrade"], environ={}) == 0
    older.fill(env)
    engine = connect(f"sqlite:///{tmp_path / 'chuishao.sqlite'}")
    yield Installation(env, engine, free_port())
    engine.dispose()


@pytest.fixture
def pages(site: Installation, tmp_path: Path) -> Iterator[Command]:
    with running(["web", "--port", str(site.port)], site.env, tmp_path / "web.log") as pages:
        wait_for(lambda: is_ready(site.port) or not pages.process.is_alive(), "pages are served")
        yield pages


def photo() -> bytes:
    content = io.BytesIO()
    Image.effect_noise((200, 200), 90).save(content, "JPEG", quality=95)
    return content.getvalue()


def submission(page: str) -> str:
    (found,) = re.findall(r'name="submission" value="([^"]+)"', page)
    return str(found)


@pytest.mark.parametrize("how", ["fill", "close"])
def test_a_matter_with_a_photo_that_cannot_be_kept_is_refused_whole_and_kept_in_the_form(
    store: Store, site: Installation, pages: Command, how: str
) -> None:
    getattr(store, how)()
    resident = Browser(site.port)
    page = resident.get("/file")
    status, told = resident.upload("/file", page, ("photos", photo()), submission=submission(page), **TYPED)
    assert (status, NOT_STORED in told) == (503, True), told
    assert all(word in told for word in TYPED.values())
    assert (site.rows('SELECT count(*) FROM "case"'), store.files()) == ([(0,)], []), "nothing is half done"
    assert "receipt-pin" in resident.send("/file", told, submission=submission(told), **TYPED), "it goes without"
    store.mend()
    other = Browser(site.port)
    page = other.get("/file")
    status, told = other.upload("/file", page, ("photos", photo()), submission=submission(page), **TYPED)
    assert (status, "receipt-pin" in told) == (200, True), told
    assert site.rows('SELECT count(*) FROM "case"') == [(2,)]
    assert site.rows("SELECT count(*) FROM attachment") == [(1,)]
    assert len(store.files()) == 1
    assert "store.not_written" in pages.said(), "operators are told"
