# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The small images once more, with a Python in them that Ansible's modules run in: the one that runs this."""

from __future__ import annotations

import functools
import gzip
import io
import os
import re
import sys
import sysconfig
import tarfile
import urllib.parse
from pathlib import Path

from . import _common, docker, lxd
from ._common import EngineError

# By this a play tells that its facts are the image's, and not those of the machine that the tests run on.
RELEASE = "ID=alpine\nNAME='Alpine Linux'\nPRETTY_NAME='Alpine Linux v3.99'\nVERSION_ID=3.99.0\n"
ALPINE = "3.99.0\n"
# What no module of Ansible imports takes most of the room.
_LEFT_OUT = re.compile(
    r"__pycache__|tests?|idlelib|tkinter|turtledemo|lib2to3|ensurepip|(site|dist)-packages|config-.*|_(tkinter|test).*\.so|.*\.a"
)


def docker_image(docker_host: str, tag: str, command: list[str] | None = None) -> None:
    """Make an image of one process, unless it is there."""
    socket = docker_host.removeprefix("unix://")
    path = f"/images/{urllib.parse.quote(tag, safe='/:')}/json"
    if _common.call(socket, "GET", path)[0] == 200:
        return
    layer = _appended(docker._root_archive(docker.PAGE), "")
    archive = docker._image_archive(tag, docker._image_config(command, {}), layer)
    headers = {"Content-Type": "application/x-tar"}
    _status, answer = _common.call(socket, "POST", "/images/load?quiet=1", body=archive, headers=headers)
    if _common.call(socket, "GET", path)[0] != 200:
        raise EngineError(f"Docker on '{socket}' did not take the image '{tag}': {answer}")


def lxd_image(lxd_dir: str, alias: str) -> None:
    """Make an image of a small system, unless it is there."""
    socket = str(Path(lxd_dir) / "unix.socket")
    if _common.call(socket, "GET", "/1.0/images/aliases/" + urllib.parse.quote(alias, safe=""))[0] == 200:
        return
    body = _appended(gzip.decompress(lxd._image(alias, lxd.PAGE, {})), "rootfs/")
    headers = {"Content-Type": "application/octet-stream", "X-LXD-filename": "python.tar"}
    made = lxd.request(socket, "POST", "/1.0/images", body=body, headers=headers)
    lxd.request(
        socket, "POST", "/1.0/images/aliases", {"name": alias, "target": made["fingerprint"], "description": ""}
    )


def _appended(archive: bytes, root: str) -> bytes:
    """The archive of a small system with a Python, and with the release of another distribution."""
    out = io.BytesIO(archive)
    # A library is often a link to its file.
    with tarfile.open(fileobj=out, mode="a", dereference=True) as whole:
        for path in _python():
            entry = whole.gettarinfo(str(path), f"{root}{str(path).lstrip('/')}")
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = "root"
            with path.open("rb") as file:
                whole.addfile(entry, file)
        link = tarfile.TarInfo(f"{root}usr/bin/python3")
        link.type, link.linkname = tarfile.SYMTYPE, str(_executable())
        whole.addfile(link)
        docker._directory(whole, f"{root}root")
        for name, content in (("etc/os-release", RELEASE), ("etc/alpine-release", ALPINE)):
            docker._file(whole, f"{root}{name}", content.encode())
    return out.getvalue()


def _executable() -> Path:
    """The Python itself, and not that of a virtual environment, which is a link to it."""
    return Path(sys.executable).resolve()


@functools.cache
def _python() -> tuple[Path, ...]:
    """The files of the Python that runs this: itself, its library, and what the loader adds to them."""
    library = Path(sysconfig.get_path("stdlib"))
    found = []
    for directory, names, files in os.walk(library):
        names[:] = [name for name in names if not _LEFT_OUT.fullmatch(name)]
        found += [Path(directory, name) for name in files if not _LEFT_OUT.fullmatch(name)]
    extensions = [path for path in found if path.suffix == ".so"]
    linked = _common.run(["ldd", str(_executable()), *map(str, extensions)])
    libraries = {Path(path) for path in re.findall(r"(?:=> |^\s+)(/\S+) \(0x", linked, re.M)}
    return (_executable(), *found, *sorted(libraries))
