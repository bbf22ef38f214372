# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Debian packages that the engines need."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import tempfile
from pathlib import Path

from . import _common
from ._common import EngineError

# What each kind needs: a package, and the program (or file) that shows that it is there, whoever put it there.
NEEDED = {
    "docker": {"docker.io": "dockerd", "iproute2": "ip", "busybox-static": ""},
    "lxd": {
        "lxd": "lxd",
        "lxd-client": "lxc",
        "dnsmasq-base": "dnsmasq",
        "squashfs-tools": "unsquashfs",
        "iproute2": "ip",
        "busybox-static": "",
    },
    "proxmox": {},
}
NEEDED["incus"] = NEEDED["lxd_cluster"] = NEEDED["lxd"]
NEEDED["sshd"] = {"openssh-client": "ssh"}
# What an engine needs besides where it is reached over TLS.
NEEDED["tls"] = {"openssl": "openssl"}
KINDS = tuple(NEEDED)
# Where programs are kept that are taken out of their packages.
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "debian"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
# A package that is merely recommended or suggested by another is not needed by it.
STRICT = ("-o", "APT::AutoRemove::RecommendsImportant=0", "-o", "APT::AutoRemove::SuggestsImportant=0")


def lacking(kinds: tuple[str, ...] | list[str] = KINDS) -> list[str]:
    """The packages that are needed and not there."""
    wanted = {package: program for kind in kinds for package, program in NEEDED[kind].items()}
    return sorted(package for package, program in wanted.items() if not _there(program))


def _there(program: str) -> bool:
    """Whether a program is there; the empty name stands for a static busybox."""
    if program:
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin:/snap/bin"
        return shutil.which(program, path=path) is not None
    try:
        return bool(_common.busybox())
    except EngineError:
        return False


def installed() -> set[str]:
    """The names of all packages that are installed."""
    lines = _common.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package}\\n"]).splitlines()
    return {line.split()[-1] for line in lines if line.startswith("ii")}


def is_debian() -> bool:
    """Whether this system installs its packages with apt."""
    return Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def ensure(kinds: tuple[str, ...] | list[str] = KINDS) -> list[str]:
    """Install what is lacking; returns the names of all packages that are new, those that came along included."""
    missing = lacking(kinds)
    if not missing:
        return []
    if not is_debian():
        raise EngineError(
            f"Lacking here: {', '.join(missing)} (the names of Debian's packages). This is not a Debian system, "
            "so install what holds these programs by hand."
        )
    _common.need_root("The installation of packages")
    before = installed()
    install(missing)
    still = lacking(kinds)
    if still:
        raise EngineError(f"Installed, and still not to be found: {', '.join(still)}. Look at 'dpkg -L' of each.")
    return sorted(installed() - before)


def install(names: list[str]) -> None:
    """Install packages, with the package lists fetched anew where the ones at hand do not serve."""
    _apt(["install", *names], 900)


def _apt(words: list[str], timeout: float, options: tuple[str, ...] | list[str] = ()) -> None:
    """Run apt-get, and once more with new package lists where it fails."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", NEEDRESTART_MODE="l")
    options = ["-q", "-o", "DPkg::Lock::Timeout=120", *options]
    command = ["apt-get", "-y", "--no-install-recommends", *options, *words]
    try:
        _common.run(command, env=environment, timeout=timeout)
    except EngineError:
        _common.run(["apt-get", "update", *options], env=environment, timeout=300)
        _common.run(command, env=environment, timeout=timeout)


def unpacked(name: str, suite: str | None = None) -> Path:
    """A directory with the files of a package and of all that it lacks here, none of which is installed by this.

    ``suite`` is one that this machine need not know, such as ``bookworm-backports``.
    """
    directory = CACHE / name
    if directory.is_dir():
        return directory
    if not is_debian():
        raise EngineError(f"The package '{name}' of Debian is needed, and this is not a Debian system.")
    _common.need_root("The download of packages")
    CACHE.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=CACHE))
    try:
        (made / "archives" / "partial").mkdir(parents=True)
        # apt's own user may not pass the directory, which is for root alone.
        options = ["-o", "APT::Sandbox::User=root", "-o", f"Dir::Cache::archives={made}/archives"]
        options += _sources(suite, made) if suite else ()
        _apt(["install", "--download-only", name], 300, options)
        for archive in (made / "archives").glob("*.deb"):
            _common.run(["dpkg-deb", "--extract", str(archive), str(made / "root")])
        # Another process may have been quicker.
        with contextlib.suppress(OSError):
            (made / "root").rename(directory)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return directory


def paths(root: Path) -> tuple[str, str]:
    """What PATH and LD_LIBRARY_PATH have to name for programs that were unpacked to ``root``."""
    libraries = sorted({str(file.parent) for file in root.glob("**/lib*.so.*")})
    return f"{root}/usr/bin:{root}/usr/sbin", ":".join(libraries)


def codename() -> str:
    """The name of this Debian release, or nothing."""
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "")


def _sources(suite: str, directory: Path) -> list[str]:
    """The options by which apt-get takes packages from a suite too, beside the release that it belongs to."""
    release = suite.partition("-")[0]
    form = "$(RELEASE) $(CODENAME) $(REPO_URI)"
    known = _common.run(["apt-get", "indextargets", "--format", form, "Created-By: Packages"])
    mirrors = [line.split()[-1] for line in known.splitlines() if release in line.split()[:2]]
    if not mirrors:
        raise EngineError(f"This machine has no mirror of Debian {release} in its apt sources, so none of '{suite}'.")
    (directory / "lists" / "partial").mkdir(parents=True)
    (directory / "sources.list").write_text(
        "".join(f"deb [signed-by={KEYS}] {mirrors[0]} {name} main\n" for name in (release, suite)), encoding="ascii"
    )
    settings = {
        "APT::Default-Release": suite,
        "Dir::Etc::sourcelist": f"{directory}/sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": f"{directory}/lists",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def remove(asked: set[str], ours: set[str]) -> set[str]:
    """Remove packages that were asked for, and of ``ours`` all that nothing needs any more; returns what stays."""
    if not ours:
        return set()
    _purge({name for name in asked if name in installed() and _would_go(["purge", name]) <= ours})
    while orphans := _would_go(["autoremove"]) & ours & installed():
        _purge(orphans)
    # apt never takes a package of high priority for an orphan.
    for name in sorted(ours & installed()):
        if name in installed() and _would_go(["purge", name]) <= ours:
            _purge({name})
    return ours & installed()


def programs_at_work(names: set[str], own: set[int] = frozenset()) -> dict[int, str]:
    """
    The processes that run from packages, by pid, each with its program's path; without us and the pids ``own``.

    Not those of a unit that the packages bring: it is stopped when they go.
    """
    files = {path for name in sorted(names & installed()) for path in _files(name)}
    units = {os.path.basename(path) for path in files if "/systemd/system/" in path}
    known = {_identity(path) for path in files if os.access(path, os.X_OK) and os.path.isfile(path)}
    found = {}
    for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
        if pid not in own | {os.getpid()} and not units & set(_units(pid)):
            program = _program(pid, files, known)
            if program:
                found[pid] = program
    return dict(sorted(found.items()))


def _files(name: str) -> list[str]:
    """What a package brought: a file, or a link to one."""
    return [line for line in _common.run(["dpkg-query", "-L", name]).splitlines() if not os.path.isdir(line)]


def _identity(path: str) -> tuple[int, int] | None:
    """Which file it is: a process in a root directory of its own has others of the same names."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _program(pid: int, files: set[str], known: set[tuple[int, int] | None]) -> str | None:
    """The program of the packages that a process runs: its own, or the script that its interpreter was given."""
    try:
        link = os.readlink(f"/proc/{pid}/exe")
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        here = os.path.samefile(f"/proc/{pid}/root", "/")
    except OSError:
        return None
    if _identity(f"/proc/{pid}/exe") in known - {None}:
        return link
    # A program that was replaced since runs on, and has no file any more.
    names = [link.removesuffix(" (deleted)"), *words[1:2]]
    return next((name for name in names if here and name in files), None)


def _units(pid: int) -> list[str]:
    """The parts of the names of the control groups that a process is in, a systemd unit among them."""
    try:
        return Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8", errors="replace").replace("\n", "/").split("/")
    except OSError:
        return []


def needed_here(kind: str) -> bool:
    """Whether the engine's own package is still there."""
    return any(package in installed() for package in list(NEEDED[kind])[:1])


def _would_go(command: list[str]) -> set[str]:
    """The packages that apt would remove."""
    lines = _common.run(["apt-get", "--simulate", *STRICT, *command]).splitlines()
    return {line.split()[1] for line in lines if line.startswith(("Remv ", "Purg "))}


def _purge(names: set[str]) -> None:
    """Remove packages with their settings; names that are not installed are passed over."""
    here = sorted(names & installed())
    if here:
        environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive", NEEDRESTART_MODE="l")
        _common.run(["apt-get", "purge", "-y", "-q", *here], env=environment, timeout=600)
