# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engines share: processes, waiting, bridges, mounts and HTTP on a unix socket."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import http.client
import ipaddress
import json
import os
import platform
import random
import shutil
import signal
import socket
import struct
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

# sun_path is 108 bytes with its final NUL, and engines make longer names of their own below ours.
LONGEST_SOCKET = 100
# Every bridge of ours starts so, which is how leftovers are found.
BRIDGE_PREFIX = "rse"
ENGINE_NETWORKS = ipaddress.ip_network("10.131.0.0/16")
# Programs that an engine may run in its directory; nothing else is ever ended on the strength of a path.
ENGINE_PROGRAMS = (
    "dockerd",
    "containerd",
    "containerd-shim",
    "docker-proxy",
    "runc",
    "lxd",
    "incusd",
    "dnsmasq",
    "[lxc",
    "sshd",
)

_children: dict[int, subprocess.Popen] = {}
# How each of them was started, by its pid.
_spawned: dict[int, tuple[list[str], Path, dict[str, str] | None]] = {}


class EngineError(Exception):
    """An engine cannot be had; the text says which, why and what to do."""


# ------------------------------------------------------------------ processes


def boot_id() -> str:
    """The identity of this boot of the machine: a pid means nothing after the next one."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _stat(pid: int) -> tuple[str, int, int] | None:
    """The state, the parent and the start time of a process, or None where there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return fields[0], int(fields[1]), int(fields[19])


@dataclass(frozen=True)
class Process:
    """One process, not merely one pid: a pid that was given to another process since is not this one."""

    pid: int
    started: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> Process:
        """The process that has this pid now."""
        stat = _stat(pid)
        if stat is None:
            raise EngineError(f"Process {pid} ended before it could be recorded.")
        return cls(pid, stat[2], boot_id())

    @property
    def alive(self) -> bool:
        """Whether it still runs; one that only waits to be reaped does not."""
        child = _children.get(self.pid)
        if child is not None:
            child.poll()
        stat = _stat(self.pid)
        return stat is not None and stat[0] != "Z" and stat[2] == self.started and self.boot == boot_id()

    @property
    def status(self) -> int | None:
        """The status it ended with, the number of a signal negative; None where it runs or is no child of ours."""
        child = _children.get(self.pid)
        return child.poll() if child is not None else None

    def signal(self, number: int) -> None:
        """Send it a signal, if it is still the process that was recorded."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def end(self, timeout: float = 20.0) -> None:
        """Ask it to end, wait, and after ``timeout`` seconds end it without asking."""
        self.signal(signal.SIGTERM)
        if not poll_until(lambda: not self.alive, timeout):
            self.signal(signal.SIGKILL)
            poll_until(lambda: not self.alive, 5.0)
        _children.pop(self.pid, None)


class Stoppable:
    """An engine, a dataclass with a ``process``, that another process than the one that started it can stop."""

    def state(self) -> dict:
        """All that is needed for it."""
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict):
        """The engine that ``state()`` told of."""
        return cls(**dict(state, process=Process(**state["process"])))


def spawn(argv: list[str], log: Path, env: dict[str, str] | None = None, stdin: int = subprocess.DEVNULL) -> Process:
    """Start a daemon in a session of its own, with all it says in ``log``."""
    with log.open("ab") as out:
        try:
            child = subprocess.Popen(
                argv, stdin=stdin, stdout=out, stderr=subprocess.STDOUT, env=env, start_new_session=True, cwd="/"
            )
        except OSError as error:
            raise EngineError(f"Cannot run '{argv[0]}': {error.strerror}. Is its package installed?") from None
    _children[child.pid] = child
    _spawned[child.pid] = argv, log, env
    return Process.of(child.pid)


def spawn_again(process: Process) -> Process:
    """Start a daemon that has ended as it was started before, with the files that it left."""
    return spawn(*_spawned[process.pid])


def run(argv: list[str], env: dict[str, str] | None = None, timeout: float = 120.0, check: bool = True) -> str:
    """What a command printed; an EngineError with its last words where it fails."""
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env, timeout=timeout, check=False
        )
    except OSError as error:
        raise EngineError(f"Cannot run '{argv[0]}': {error.strerror}. Is its package installed?") from None
    except subprocess.TimeoutExpired:
        raise EngineError(f"'{' '.join(argv)}' did not end within {timeout:.0f} s.") from None
    if check and done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise EngineError(f"'{' '.join(argv)}' failed with status {done.returncode}: {' / '.join(words)}")
    return done.stdout


def _belongs(pid: int, directory: str) -> bool:
    """Whether a process is an engine's program at work in ``directory``."""
    try:
        argv = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        environ = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False
    program = os.path.basename(argv[0].split(" ")[0])
    if not program.startswith(ENGINE_PROGRAMS) and "fakepve" not in argv and "pve_standin.py" not in " ".join(argv):
        return False
    inside = directory.rstrip("/") + "/"
    return any(inside in word + "/" for word in argv) or any((e + "/").startswith("LXD_DIR=" + inside) for e in environ)


def processes_in(directory: Path) -> list[Process]:
    """Every process of an engine that works in ``directory``, with all that descend from them."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    stats = {pid: stat for pid in pids if (stat := _stat(pid)) and stat[0] != "Z"}
    found = with_children({pid for pid in stats if _belongs(pid, str(directory))}) & set(stats)
    found.discard(os.getpid())
    return [Process(pid, stats[pid][2], boot_id()) for pid in sorted(found)]


def with_children(pids: set[int]) -> set[int]:
    """The processes and all that descend from them."""
    parents = {pid: stat[1] for name in os.listdir("/proc") if name.isdigit() and (stat := _stat(pid := int(name)))}
    found, more = set(), set(pids)
    while more:
        found |= more
        more = {pid for pid, parent in parents.items() if parent in found} - found
    return found


def listener(path: str) -> int | None:
    """The pid of the process that listens on a unix socket; None where none does, or it is of another namespace."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        try:
            link.connect(path)
        except OSError:
            return None
        size = struct.calcsize("3i")
        return struct.unpack("3i", link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))[0] or None


# --------------------------------------------------------------------- waiting


def poll_until(condition, timeout: float, pause: float = 0.05) -> bool:
    """Whether ``condition()`` came true within ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def tail(log: Path, lines: int = 5) -> str:
    """The last lines of a log, in one line."""
    try:
        words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-lines:]
    except OSError:
        return "(no log)"
    return " / ".join(words) or "(empty log)"


def await_ready(name: str, process: Process, ready, log: Path, timeout: float) -> None:
    """Wait until a daemon answers; an EngineError with the end of its log where it dies or never does."""
    if poll_until(lambda: not process.alive or ready(), timeout) and process.alive:
        return
    what = f"did not answer within {timeout:.0f} s" if process.alive else "ended while it started"
    raise EngineError(f"{name} {what}. The end of its log ({log}): {tail(log)}")


# -------------------------------------------------------------------- networks


@contextlib.contextmanager
def network_lock():
    """Hold this while a free network is chosen and taken: engines may start side by side."""
    handle = os.open(os.path.dirname(os.path.abspath(__file__)), os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _networks_in_use() -> list[ipaddress.IPv4Network]:
    """Every IPv4 network that an interface or a route of this machine has."""
    used = []
    for link in json.loads(run(["ip", "-j", "-4", "addr"]) or "[]"):
        for item in link.get("addr_info", []):
            used.append(ipaddress.ip_network(f"{item['local']}/{item['prefixlen']}", strict=False))
    for route in json.loads(run(["ip", "-j", "-4", "route", "show", "table", "all"]) or "[]"):
        with contextlib.suppress(ValueError, KeyError):
            used.append(ipaddress.ip_network(route["dst"], strict=False))
    return [network for network in used if network.prefixlen]


def free_network() -> ipaddress.IPv4Network:
    """A /24 that nothing on this machine uses; call it under network_lock()."""
    used = _networks_in_use()
    choices = list(ENGINE_NETWORKS.subnets(new_prefix=24))
    random.shuffle(choices)
    for network in choices:
        if not any(network.overlaps(other) for other in used):
            return network
    raise EngineError(f"No free network left in {ENGINE_NETWORKS} for a bridge; stop engines that are not needed.")


def bridge_name() -> str:
    """A name for a bridge that nobody else has (15 characters at most)."""
    return f"{BRIDGE_PREFIX}{random.getrandbits(32):08x}"


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def make_bridge(name: str, network: ipaddress.IPv4Network) -> None:
    """Make a bridge with the network's first address."""
    run(["ip", "link", "add", name, "type", "bridge"])
    try:
        run(["ip", "addr", "add", f"{network[1]}/{network.prefixlen}", "dev", name])
        run(["ip", "link", "set", name, "up"])
    except EngineError:
        remove_bridge(name)
        raise


def bridges() -> list[str]:
    """The bridges of engines that are there now."""
    return sorted(name for name in os.listdir("/sys/class/net") if name.startswith(BRIDGE_PREFIX))


def remove_bridge(name: str) -> None:
    """Remove a bridge, if it is there."""
    if os.path.exists(f"/sys/class/net/{name}"):
        run(["ip", "link", "del", name], check=False)


# ------------------------------------------------------------ mounts and files


def mounts_in(directory: Path) -> list[str]:
    """Mount points in ``directory``, deepest first."""
    inside = str(directory).rstrip("/") + "/"
    found = []
    for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        point = line.split(" ")[4].encode().decode("unicode_escape")
        if (point + "/").startswith(inside):
            found.append(point)
    return sorted(found, key=len, reverse=True)


def remove_tree(directory: Path) -> None:
    """Unmount all that is mounted in ``directory`` and remove it."""
    for point in mounts_in(directory):
        run(["umount", "--lazy", point], check=False)
    left = mounts_in(directory)
    if left:
        raise EngineError(f"'{left[0]}' is still mounted, so '{directory}' was not removed. Unmount it and remove it.")
    for _attempt in range(3):
        shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            return
    run(["rm", "-rf", "--one-file-system", str(directory)])


def remove_cgroups(name: str) -> None:
    """Remove the empty control groups that an engine made below its own parent ``name``."""
    root = Path("/sys/fs/cgroup")
    for top in [root / name, *(root.glob(f"*/{name}"))]:
        try:
            paths = [top, *top.rglob("*")]
        except FileNotFoundError:
            # What the engine ran removes its own as it ends.
            paths = [top]
        for path in sorted(paths, key=lambda p: len(p.parts), reverse=True):
            if path.is_dir():
                with contextlib.suppress(OSError):
                    path.rmdir()


def prepare(directory: str | Path, socket_name: str) -> tuple[Path, Path]:
    """The engine's directory, made, and the path of its socket, checked to be short enough."""
    path = Path(directory).resolve()
    where = path / socket_name
    if len(str(where)) >= LONGEST_SOCKET:
        raise EngineError(
            f"The socket '{where}' has {len(str(where))} characters, fewer than {LONGEST_SOCKET} are needed. "
            "Choose a shorter directory."
        )
    if path.exists() and any(path.iterdir()):
        raise EngineError(f"'{path}' is not empty. Stop the engine that is there, or choose another directory.")
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o711)
    return path, where


def closed_to_others(directory: Path) -> Path | None:
    """The first directory on the way that only its owner may pass; a container's root is not its owner."""
    for path in [*reversed(directory.parents), directory]:
        if path.exists() and not path.stat().st_mode & 0o001:
            return path
    return None


def need_root(name: str) -> None:
    """Refuse to go on without root's rights."""
    if os.geteuid():
        raise EngineError(f"{name} has to be started by root, this is user {os.geteuid()}. Use sudo.")


# -------------------------------------------------------------- HTTP and images


class UnixConnection(http.client.HTTPConnection):
    """HTTP on a unix socket."""

    def __init__(self, path: str, timeout: float):
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def call(path: str, method: str, url: str, body=None, headers: dict[str, str] | None = None, timeout: float = 60.0):
    """The status and the decoded body of a request on a unix socket; a mapping is sent as JSON."""
    headers = dict(headers or {})
    if isinstance(body, (dict, list)):
        body = json.dumps(body).encode()
        headers.setdefault("Content-Type", "application/json")
    connection = UnixConnection(path, timeout)
    try:
        with contextlib.suppress(BrokenPipeError):  # an engine that refuses may answer before it has read all
            connection.request(method, url, body=body, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        code = errno.errorcode.get(getattr(error, "errno", None) or 0, type(error).__name__)
        what = f"{method} {url.partition('?')[0]}"
        raise EngineError(f"No answer to {what} on '{path}' ({code}). Does the engine run?") from None
    finally:
        connection.close()
    try:
        return answer.status, json.loads(text) if text else None
    except ValueError:
        return answer.status, text


def _has_interpreter(program: Path) -> bool:
    """Whether an ELF program asks for a dynamic loader (a program header PT_INTERP)."""
    with program.open("rb") as file:
        header = file.read(64)
        if header[:4] != b"\x7fELF" or header[4] != 2:
            return True
        order = "<" if header[5] == 1 else ">"
        (offset,) = struct.unpack_from(order + "Q", header, 32)
        size, count = struct.unpack_from(order + "HH", header, 54)
        file.seek(offset)
        table = file.read(size * count)
    return any(struct.unpack_from(order + "I", table, size * n)[0] == 3 for n in range(count))


def busybox() -> Path:
    """The statically linked busybox of this machine."""
    for name in ("/bin/busybox", "/usr/bin/busybox", "/bin/busybox.static", "/usr/bin/busybox-static"):
        path = Path(name)
        if path.is_file() and not _has_interpreter(path):
            return path
    raise EngineError("No statically linked busybox here; install the package busybox-static.")


def applets() -> list[str]:
    """The names that busybox answers to."""
    return [name for name in run([str(busybox()), "--list"]).split() if name not in ("busybox", "[", "[[")]


def page(title: str, text: str) -> str:
    """A small page for the images' web servers."""
    return f"<!doctype html>\n<title>{title}</title>\n<h1>{title}</h1>\n<p>{text}</p>\n"


def architecture() -> str:
    """The machine's architecture as the kernel names it."""
    return platform.machine()
