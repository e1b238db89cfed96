"""A small TCP proxy between a program and its database that can fail in the ways a network does."""

import contextlib
import socket
import threading


class Proxy:
    """Passes bytes on until it is told otherwise.

    Args:
        port: of the database on this machine.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._flows = threading.Event()
        self._flows.set()
        self._armed = threading.Event()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        #: how many answers to a commit were never passed on
        self.swallowed = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Pass nothing on any more, in either direction, and close nothing: as when a cable is pulled."""
        self._flows.clear()

    def heal(self) -> None:
        """Pass on what is begun from now on; what was under way is gone."""
        self.drop()
        self._flows.set()

    def drop(self) -> None:
        """Close every connection."""
        for pair in self._pairs:
            for each in pair:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def lose_next_commit(self) -> None:
        """Let the database commit the next transaction, and close the connection before the answer passes."""
        self._armed.set()

    def close(self) -> None:
        """Take no more connections."""
        self.drop()
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._pairs.append((near, far))
                threading.Thread(target=self._pass_on, args=(near, far, True), daemon=True).start()
                threading.Thread(target=self._pass_on, args=(far, near, False), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, asks: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                if asks and self._armed.is_set() and b"COMMIT" in data:
                    self._swallow(data, near=source, far=target)
                    return
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _swallow(self, data: bytes, *, near: socket.socket, far: socket.socket) -> None:
        self._armed.clear()
        self.swallowed += 1
        near.shutdown(socket.SHUT_RDWR)  # nothing that comes now reaches who asked
        far.sendall(data)
        # the server ends the connection by itself once it has done what it was asked and finds nobody there
        far.shutdown(socket.SHUT_WR)
