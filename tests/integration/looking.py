# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking the engines themselves, by other ways than the collection's own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from urllib.parse import quote

from tests.engines import lxd


def flat(value, path: str = "") -> dict:
    """Each setting by its path, ``HostConfig.Memory``; what is nothing, as engines say in many ways, is left out."""
    if isinstance(value, Mapping):
        parts = (flat(item, f"{path}.{key}" if path else str(key)) for key, item in value.items())
        return {key: item for part in parts for key, item in part.items()}
    return {path: value} if value not in (None, "", 0, False, [], {}) else {}


class DockerEyes:
    """What ``docker`` on the command line says."""

    def __init__(self, engine) -> None:
        self._host = engine.docker_host

    def _docker(self, *words: str) -> str:
        return subprocess.run(
            ["docker", "-H", self._host, *words], check=True, capture_output=True, text=True, timeout=60
        ).stdout

    def names(self) -> list[str]:
        return sorted(self._docker("ps", "--all", "--format", "{{.Names}}").split())

    def inspect(self, name: str) -> dict:
        return json.loads(self._docker("inspect", "--type", "container", name))[0]

    def id(self, name: str) -> str:
        return self.inspect(name)["Id"]

    def state(self, name: str) -> str:
        return "started" if self.inspect(name)["State"]["Running"] else "stopped"

    def mark(self, name: str) -> str | None:
        return self.inspect(name)["Config"]["Labels"].get("rightscope.service")

    def addresses(self, name: str) -> list[str]:
        networks = self.inspect(name)["NetworkSettings"]["Networks"].values()
        return [network["IPAddress"] for network in networks if network["IPAddress"]]

    def memory_mib(self, name: str) -> int:
        return self.inspect(name)["HostConfig"]["Memory"] // 2**20

    def networks(self) -> list[str]:
        return sorted(self._docker("network", "ls", "--format", "{{.Name}}").split())

    def digests(self, image: str) -> list[str]:
        """What registries call an image."""
        return json.loads(self._docker("inspect", "--type", "image", image))[0]["RepoDigests"]

    def forget(self, image: str) -> None:
        """Remove an image's name, if it has one."""
        if self._docker("images", "--quiet", image).strip():
            self._docker("rmi", "--force", image)

    def pause(self, name: str) -> None:
        self._docker("pause", name)

    def put_stranger(self, name: str) -> str:
        """Something of somebody else's that has the name."""
        return self._docker("run", "--detach", "--name", name, "rightscope-test/web:1").strip()

    def everything(self, name: str) -> str:
        """All that may not change of a stranger."""
        seen = self.inspect(name)
        return json.dumps([seen["Id"], seen["State"]["StartedAt"], seen["State"]["Running"], seen["Config"]])

    def view(self, name: str) -> dict | None:
        """All settings of a container, which it is and since when it runs, but for the marks that follow from them."""
        if name not in self.names():
            return None
        seen = self.inspect(name)
        config, networks = seen["Config"], seen["NetworkSettings"]["Networks"]
        if config["Hostname"] == seen["Id"][:12]:
            del config["Hostname"]
        for mark in ("rightscope.options", "rightscope.given"):
            config["Labels"].pop(mark, None)
        return {
            "id": seen["Id"],
            "state": self.state(name) if not seen["State"]["Paused"] else "paused",
            "since": seen["State"]["StartedAt"],
            "image": seen["Image"],
            **flat({"Config": config, "HostConfig": seen["HostConfig"]}),
            **{f"networks.{name}": _aliases(network, seen) for name, network in networks.items()},
        }

    def do(self, *words: str) -> None:
        """What somebody does by hand."""
        self._docker(*words)

    def clear(self) -> None:
        for name in self.names():
            self._docker("rm", "--force", "--volumes", name)
        for name in self.networks():
            if name not in ("bridge", "host", "none"):
                self._docker("network", "rm", name)


def _aliases(network: dict, seen: dict) -> list[str]:
    """Without those that some releases of Docker add by themselves."""
    return sorted(set(network["Aliases"] or ()) - {seen["Id"][:12], seen["Config"].get("Hostname")})


class LxdEyes:
    """What LXD's own API says."""

    def __init__(self, engine) -> None:
        self._socket = engine.socket
        self._fingerprint: str | None = None

    def _get(self, path: str):
        return lxd.request(str(self._socket), "GET", path)

    def names(self) -> list[str]:
        return sorted(url.rsplit("/", 1)[-1] for url in self._get("/1.0/instances"))

    def inspect(self, name: str) -> dict:
        return self._get(f"/1.0/instances/{quote(name)}")

    def id(self, name: str) -> str:
        return self.inspect(name)["name"]

    def state(self, name: str) -> str:
        return {"Running": "started", "Stopped": "stopped"}[self.inspect(name)["status"]]

    def mark(self, name: str) -> str | None:
        return self.inspect(name)["config"].get("user.rightscope.service")

    def addresses(self, name: str) -> list[str]:
        networks = self._get(f"/1.0/instances/{quote(name)}/state")["network"] or {}
        return [
            address["address"]
            for interface, network in networks.items()
            for address in network["addresses"]
            if interface != "lo" and address["family"] == "inet" and address["scope"] == "global"
        ]

    def memory_mib(self, name: str) -> int:
        return int(self.inspect(name)["config"]["limits.memory"].removesuffix("MiB"))

    def put_stranger(self, name: str) -> str:
        body = {"name": name, "source": {"type": "image", "alias": "rightscope-test/system"}}
        lxd.request(str(self._socket), "POST", "/1.0/instances", body)
        return name

    def everything(self, name: str) -> str:
        seen = self.inspect(name)
        return json.dumps([seen[key] for key in ("created_at", "config", "devices", "profiles", "status")])

    def view(self, name: str) -> dict | None:
        """As of a container of Docker."""
        if name not in self.names():
            return None
        seen = self.inspect(name)
        own = ("volatile.", "image.", "user.rightscope.given")
        config = {key: value for key, value in seen["config"].items() if not key.startswith(own)}
        return {
            "id": seen["config"]["volatile.uuid"],
            "name": name,
            "image": seen["config"]["volatile.base_image"],
            "state": {"Running": "started", "Stopped": "stopped"}.get(seen["status"], seen["status"].lower()),
            "since": seen["last_used_at"],
            "profiles": seen["profiles"],
            **flat({"config": config, "devices": seen["devices"]}),
        }

    def do(self, method: str, path: str, body: dict | None = None) -> None:
        """What somebody does by hand."""
        lxd.request(str(self._socket), method, path, body)

    def clear(self) -> None:
        lxd.remove_instances(str(self._socket))
        for url in self._get("/1.0/profiles"):
            if not url.endswith("/default"):
                self.do("DELETE", url)


class ProxmoxEyes:
    """What the stand-in server itself holds; its own templates are left out."""

    TEMPLATES = frozenset((900, 901))

    def __init__(self, engine) -> None:
        self.engine = engine

    def _all(self) -> list[dict]:
        return [vm for vm in self.engine.control("vms") if vm["vmid"] not in self.TEMPLATES]

    def names(self) -> list[str]:
        return sorted(vm["name"] for vm in self._all())

    def inspect(self, name: str) -> dict:
        (found,) = [vm for vm in self._all() if vm["name"] == name]
        return self.engine.control("vm", found["vmid"])

    def id(self, name: str) -> str:
        return str(self.inspect(name)["vmid"])

    def state(self, name: str) -> str:
        return {"running": "started", "stopped": "stopped"}[self.inspect(name)["status"]]

    def mark(self, name: str) -> str | None:
        config = self.inspect(name)["config"]
        lines = config.get("description", "").splitlines()
        marks = [line.removeprefix("rightscope.service: ") for line in lines if line.startswith("rightscope.service: ")]
        return marks[0] if marks and "rightscope" in config.get("tags", "").split(";") else None

    def addresses(self, name: str) -> list[str]:
        return self.inspect(name)["addresses"]

    def memory_mib(self, name: str) -> int:
        seen = self.inspect(name)
        return int(seen["pending"].get("memory") or seen["config"]["memory"])

    def put_stranger(self, name: str) -> str:
        self.engine.control("add_vm", 150, name, node="pve1", status="running", config={"memory": "512", "cores": 1})
        return "150"

    def everything(self, name: str) -> str:
        seen = self.inspect(name)
        return json.dumps([seen[key] for key in ("vmid", "config", "pending", "status")], sort_keys=True)

    def view(self, name: str) -> dict | None:
        """As of a container of Docker; since when it runs is told by how often it was started."""
        if name not in self.names():
            return None
        seen = self.inspect(name)
        starts = ("qmstart", "qmreboot", "qmreset")
        return {
            "id": seen["vmid"],
            "state": self.state(name),
            "since": sum(task["type"] in starts for task in self.engine.control("tasks")),
            "node": seen["node"],
            **flat({"config": _without_given(seen["config"]), "pending": _without_given(seen["pending"])}),
        }

    def clear(self) -> None:
        self.engine.control("reset")


def _without_given(config: dict) -> dict:
    """Without the line that follows from the rest."""
    if "description" not in config:
        return config
    lines = str(config["description"]).splitlines(keepends=True)
    told = "".join(line for line in lines if not line.startswith("rightscope.given:"))
    return {**config, "description": told.rstrip("\n")}
