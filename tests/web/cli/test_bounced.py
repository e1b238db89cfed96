"""A mail server hands in what came back."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("mail", [b"", b"Subject: away until Monday\n\nhello\n"])
def test_what_is_no_report_is_accepted_and_changes_nothing(mail: bytes, tmp_path: Path) -> None:
    """With an error the mail server would write to its sender."""
    settings = tmp_path / "env"
    made = subprocess.run([sys.executable, "-m", "web.cli", "init", str(settings)], cwd=ROOT, capture_output=True)
    assert made.returncode == 0
    command = [sys.executable, "-m", "web.cli", "--env-file", str(settings), "bounced"]
    done = subprocess.run(command, input=mail, cwd=ROOT, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Nothing was changed" in done.stdout
