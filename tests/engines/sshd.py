# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A private sshd on 127.0.0.1: this very machine, as one that is reached over ssh."""

from __future__ import annotations

import os
import shutil
import socket as sockets
from dataclasses import dataclass
from pathlib import Path

from . import _common, certificates, packages
from ._common import EngineError, Process, Stoppable

# It has a view of its own of three paths, for OpenSSH is built to want things of the machine: a directory /run/sshd, a
# user 'sshd', and root with an account that is not locked. In this view root has another home directory, too.
IN_A_VIEW_OF_ITS_OWN = """\
mount --bind "$1/run" /run
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/shadow" /etc/shadow
exec "$2" -D -e -f "$1/sshd_config"
"""
NOBODY = 65534


@dataclass(frozen=True)
class Engine(Stoppable):
    """A running sshd that lets root in with one key, and nobody else."""

    directory: str
    port: int
    process: Process
    kind: str = "sshd"

    @property
    def key(self) -> str:
        """The client's private key."""
        return f"{self.directory}/client_key"

    @property
    def known_hosts(self) -> str:
        """A file with its host key."""
        return f"{self.directory}/known_hosts"

    @property
    def home(self) -> str:
        """The home directory of whoever logs in."""
        return f"{self.directory}/home"

    @property
    def variables(self) -> dict[str, str | int]:
        """What an inventory says of a host that is reached by it."""
        # Not the settings of whoever runs the tests.
        options = (f"UserKnownHostsFile={self.known_hosts}", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes")
        return {
            "ansible_connection": "ssh",
            "ansible_host": certificates.ADDRESS,
            "ansible_port": self.port,
            "ansible_user": "root",
            "ansible_ssh_private_key_file": self.key,
            "ansible_ssh_common_args": " ".join(("-F /dev/null", *(f"-o {option}" for option in options))),
            # Connections that are kept open, which end with it.
            "ansible_control_path_dir": f"{self.directory}/open",
        }

    @property
    def log(self) -> Path:
        """Where it writes what it does."""
        return Path(self.directory) / "sshd.log"

    def stop(self) -> None:
        """End it with all that was started over it, and remove its files."""
        directory = Path(self.directory)
        # Looked up before it ends: a process that serves a connection names no directory.
        left = _common.processes_in(directory)
        self.process.end(timeout=5)
        for process in left:
            process.end(timeout=3)
        _common.remove_tree(directory)


def start(directory: str | Path, environment: dict[str, str] | None = None) -> Engine:
    """Start an sshd that keeps everything in ``directory``; ``environment`` is that of whoever logs in."""
    _common.need_root("sshd")
    program, libraries = _program()
    path, _none = _common.prepare(directory, "")
    try:
        port = _common.free_port()
        _files(path, port, environment or {})
        argv = ["unshare", "--mount", "--propagation", "slave", "sh", "-e", "-c", IN_A_VIEW_OF_ITS_OWN, "sh"]
        process = _common.spawn([*argv, str(path), program], path / "sshd.log", env={**os.environ, **libraries})
    except EngineError:
        _common.remove_tree(path)
        raise
    engine = Engine(str(path), port, process)
    try:
        _common.await_ready("sshd", process, lambda: _answers(port), engine.log, 20)
    except EngineError:
        engine.stop()
        raise
    return engine


def _program() -> tuple[str, dict[str, str]]:
    """An sshd and what its environment must be: the machine's, else the package's, which is not installed."""
    own = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if own:
        return own, {}
    root = packages.unpacked("openssh-server")
    return f"{root}/usr/sbin/sshd", {"LD_LIBRARY_PATH": packages.paths(root)[1]}


def _files(path: Path, port: int, environment: dict[str, str]) -> None:
    """Keys, settings, and what it is to see instead of the machine's own."""
    for name in ("run/sshd", "home"):
        (path / name).mkdir(mode=0o755, parents=True)
    for name in ("host_key", "client_key"):
        _common.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{path}/{name}"])
    public = " ".join((path / "host_key.pub").read_text(encoding="ascii").split()[:2])
    (path / "known_hosts").write_text(f"[{certificates.ADDRESS}]:{port} {public}\n", encoding="ascii")
    (path / "passwd").write_text(
        f"root:x:0:0:root:{path}/home:/bin/sh\nsshd:x:{NOBODY}:{NOBODY}::/nonexistent:/usr/sbin/nologin\n",
        encoding="ascii",
    )
    (path / "shadow").write_text("root:*:1::::::\nsshd:!:1::::::\n", encoding="ascii")
    (path / "shadow").chmod(0o600)
    settings = [
        f"ListenAddress {certificates.ADDRESS}",
        f"Port {port}",
        f"HostKey {path}/host_key",
        f"AuthorizedKeysFile {path}/client_key.pub",
        "AuthenticationMethods publickey",
        # All connections of the tests come at once, and from one address.
        "MaxStartups 100",
        "PermitRootLogin prohibit-password",
        "PidFile none",
        "PrintMotd no",
        # The directory above is one that all may write to.
        "StrictModes no",
        "Subsystem sftp internal-sftp",
        "UsePAM no",
    ]
    if environment:
        settings.append("SetEnv " + " ".join(f"{name}={value}" for name, value in environment.items()))
    (path / "sshd_config").write_text("\n".join(settings) + "\n", encoding="utf-8")


def _answers(port: int) -> bool:
    """Whether an sshd greets at the port."""
    try:
        with sockets.create_connection((certificates.ADDRESS, port), timeout=5) as link:
            return link.recv(4) == b"SSH-"
    except OSError:
        return False
