# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Engines that answer by API path what they are given to answer, and remember what they were asked for.

Of what they are given no answer for, an engine has none: a list is empty, anything else is not there (404).
"""

from __future__ import annotations

import copy

_NONE = object()


class Refused(Exception):
    """An error as the engines' libraries raise it."""

    def __init__(self, status_code, content=""):
        super().__init__(content)
        self.status_code = status_code
        self.content = content


class Answers:
    """``told`` is an answer by its path; ``{refused: 403, text: ...}`` is an error instead of one."""

    def __init__(self, told):
        self.told = told
        self.asked = set()

    def of(self, *paths, otherwise=_NONE):
        """The answer of the first of ``paths`` that has one."""
        path = next((path for path in paths if path in self.told), None)
        if path is None:
            if otherwise is _NONE:
                raise Refused(404)
            return otherwise
        self.asked.add(path)
        answer = copy.deepcopy(self.told[path])
        if isinstance(answer, dict) and "refused" in answer:
            raise Refused(answer["refused"], answer.get("text", ""))
        return answer


class DockerClient:
    """The SDK's low-level client."""

    def __init__(self, answers):
        self.answers = answers

    def info(self):
        return self.answers.of("/info")

    def containers(self, all):
        return self.answers.of("/containers/json", otherwise=[])

    def images(self):
        return self.answers.of("/images/json", otherwise=[])

    def networks(self):
        return self.answers.of("/networks")

    def plugins(self):
        return self.answers.of("/plugins")

    def volumes(self):
        return self.answers.of("/volumes")

    def inspect_container(self, id):
        return self.answers.of(f"/containers/{id}/json")

    def inspect_image(self, name):
        return self.answers.of(f"/images/{name}/json")


class LxdClient:
    """pylxd's client; the raw node is ``client.api["instances"]["web"].get()``."""

    def __init__(self, answers):
        self.host_info = answers.of("/1.0")
        self.trusted = self.host_info.get("auth", "trusted") == "trusted"
        self.api = LxdNode(answers, "/1.0")


class LxdNode:
    """A path of the API. What is told of a member stands behind ``?target=``."""

    _LISTS = ("/1.0/instances", "/1.0/storage-pools", "/1.0/images", "/1.0/networks", "/1.0/profiles")

    def __init__(self, answers, path):
        self._answers = answers
        self._path = path

    def __getitem__(self, part):
        return LxdNode(self._answers, f"{self._path}/{part}")

    def get(self, params=None):
        of_member = f"{self._path}?target={(params or {}).get('target')}"
        otherwise = {"otherwise": []} if self._path in self._LISTS else {}
        answer = self._answers.of(of_member, self._path, **otherwise)
        return type("Response", (), {"json": lambda self: {"metadata": answer}})()


class PveApi:
    """proxmoxer's API object."""

    _LISTS = ("/qemu", "/lxc", "/storage")

    def __init__(self, answers):
        self._answers = answers

    def get(self, path, **params):
        if path == "cluster/nextid":
            return self._answers.of("/cluster/nextid", otherwise="100")
        return self._answers.of(f"/{path}", **({"otherwise": []} if path.endswith(self._LISTS) else {}))
