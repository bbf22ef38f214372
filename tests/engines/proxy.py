# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A proxy in front of an engine's API: it passes requests on, and answers some of them as a broken engine would."""

from __future__ import annotations

import contextlib
import socket as sockets
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True)
class Address:
    """Where an engine listens: the path of a unix socket, or a host and port, which may want TLS."""

    place: str | tuple[str, int]
    tls: ssl.SSLContext | None = None

    def connect(self) -> sockets.socket:
        """A new connection to it."""
        family = sockets.AF_UNIX if isinstance(self.place, str) else sockets.AF_INET
        link = sockets.socket(family, sockets.SOCK_STREAM)
        try:
            link.connect(self.place)
            return self.tls.wrap_socket(link, server_hostname=self.place[0]) if self.tls else link
        except OSError:
            link.close()
            raise


class Exchange:
    """One request, which waits for its answer."""

    def __init__(self, proxy: Proxy, link: sockets.socket, head: bytes, body: bytes) -> None:
        self._proxy, self._link, self._head, self._body = proxy, link, head, body
        self.path = head.split(b" ")[1].decode()
        self.keeps_connection = False

    def ask(self) -> bytes:
        """The engine's whole answer, head and body. The engine closes the connection after it, and so do we."""
        lines = [line for line in self._head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        with self._proxy.held(self._proxy.engine.connect()) as engine:
            engine.sendall(b"\r\n".join([*lines, b"Connection: close"]) + END_OF_HEAD + self._body)
            return b"".join(iter(lambda: engine.recv(65536), b""))

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._link.sendall(data)

    def reply(self, body: bytes, status: str = "200 OK", sort: str = "application/json") -> None:
        """Answer without the engine, and keep the connection for the next request, as engines do."""
        head = f"HTTP/1.1 {status}\r\nContent-Type: {sort}\r\nContent-Length: {len(body)}"
        self.send(head.encode() + END_OF_HEAD + body)
        self.keeps_connection = True

    def wait(self, seconds: float) -> bool:
        """Whether so many seconds went by before the proxy was stopped."""
        return not self._proxy.stopped.wait(seconds)

    def break_off(self) -> None:
        """End the proxy as if its process were killed: it no longer listens, and all connections are closed."""
        self._proxy.shut()


Fault = Callable[[Exchange], None]


def pass_on(exchange: Exchange) -> None:
    """No fault at all."""
    exchange.send(exchange.ask())


class Proxy:
    """
    Listens on the unix socket ``socket``, or else on a free ``port`` of 127.0.0.1, with ``tls`` where it is given.

    A request with one of the ``paths`` in its own is answered by ``fault``, all others by the engine.
    Without ``paths`` it is each request.
    """

    def __init__(
        self,
        engine: Address,
        fault: Fault,
        *paths: str,
        socket: Path | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.engine, self.socket = engine, socket
        self.stopped = threading.Event()
        self._fault, self._paths, self._tls = fault, paths, tls
        self.links: set[sockets.socket] = set()
        self._lock = threading.Lock()
        self._listener = sockets.socket(sockets.AF_UNIX if socket else sockets.AF_INET, sockets.SOCK_STREAM)
        self._listener.bind(str(socket) if socket else (HOST, 0))
        self._listener.listen(128)
        self.port = 0 if socket else self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def shut(self) -> None:
        """Listen no longer, and close all connections; a unix socket's file is left, as after the end of a process."""
        with self._lock:
            self.stopped.set()
            for link in (self._listener, *self.links):
                _interrupt(link)

    def stop(self) -> None:
        """Leave nothing: no thread, no connection, no socket."""
        self.shut()
        for thread in self._threads:
            thread.join()
        if self.socket:
            self.socket.unlink(missing_ok=True)

    @contextlib.contextmanager
    def held(self, link: sockets.socket) -> Iterator[sockets.socket]:
        """A connection, closed after its use; while it is in use, the end of the proxy interrupts it."""
        with self._lock:
            self.links.add(link)
            if self.stopped.is_set():
                _interrupt(link)
        try:
            yield link
        finally:
            with self._lock:
                self.links.discard(link)
            link.close()

    def _accept(self) -> None:
        with self._listener, contextlib.suppress(OSError):
            while True:
                link, _peer = self._listener.accept()
                # The list is read only once no more can be added: this thread is the first in it.
                self._threads.append(threading.Thread(target=self._serve, args=(link,)))
                self._threads[-1].start()

    def _serve(self, link: sockets.socket) -> None:
        if self._tls:
            # The handshake comes later: until then nothing can interrupt it.
            link = self._tls.wrap_socket(link, server_side=True, do_handshake_on_connect=False)
        # Clients that hang up and engines that die are what this is for.
        with self.held(link), contextlib.suppress(OSError):
            if self._tls:
                link.do_handshake()
            while (exchange := self._read(link)) is not None:
                faulty = not self._paths or any(path in exchange.path for path in self._paths)
                (self._fault if faulty else pass_on)(exchange)
                if not exchange.keeps_connection:
                    return

    def _read(self, link: sockets.socket) -> Exchange | None:
        """The next request; None where there is no more."""
        data = b""
        while END_OF_HEAD not in data:
            more = link.recv(65536)
            if not more:
                return None
            data += more
        head, _end, body = data.partition(END_OF_HEAD)
        fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
        while len(body) < int(fields.get(b"content-length", 0)):
            body += link.recv(65536)
        return Exchange(self, link, head, body)


def _interrupt(link: sockets.socket) -> None:
    """End what waits on a connection in other threads, which closing it would not."""
    with contextlib.suppress(OSError):
        sockets.socket.shutdown(link, sockets.SHUT_RDWR)


# ---------------------------------------------------------------------- faults


def cut_off(exchange: Exchange) -> None:
    """Half of the answer's body, and the end of the connection."""
    head, end, body = exchange.ask().partition(END_OF_HEAD)
    exchange.send(head + end + body[: len(body) // 2])


def late(seconds: float) -> Fault:
    """The answer, so many seconds later."""

    def fault(exchange: Exchange) -> None:
        if exchange.wait(seconds):
            pass_on(exchange)

    return fault


def drip(pause: float, longest: float) -> Fault:
    """
    A byte at a time, with a ``pause`` after each: no wait for data is ever a long one, and there is no end.

    After the ``longest`` time there is one: a client that waits for ever is to fail a test, not to hang it.
    """

    def fault(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000" + END_OF_HEAD)
        for _byte in range(int(longest / pause)):
            exchange.send(b" ")
            if not exchange.wait(pause):
                return

    return fault


def instead(body: str, status: str = "200 OK", sort: str = "application/json") -> Fault:
    """Another answer than the engine's."""
    return lambda exchange: exchange.reply(body.encode(), status, sort)
