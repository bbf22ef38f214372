# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything of an engine: its one node, its instances, and what registries have."""

from __future__ import annotations

import time

from . import images, instances, node


def discover(engine, question):
    """The answer to a question, as ``Kind.discover`` has it; ``content`` are the digests that registries have."""
    began = time.monotonic()
    with engine.translate_errors():
        info, containers, image_list, networks, volumes, plugins = engine.call_in_parallel(
            (
                engine.client.info,
                engine.containers,
                engine.client.images,
                engine.networks,
                engine.volumes,
                engine.plugins,
            )
        )
        facts = node.read_facts(engine, info, containers, image_list, question)
        facts.add(
            "api",
            **node.describe_engine(engine, info, plugins or ()),
            containers=node.container_names(containers),
            volumes=node.host_volumes(volumes),
            images=images.describe_images(engine, image_list, question.images),
            networks=node.network_drivers(networks),
        )
        answer = {
            "facts_version": 1,
            "kind": "docker",
            "server": _describe_server(info),
            "nodes": [facts.as_node(question.target)],
            "instances": instances.read_instances(engine, containers, question),
        }
        if question.pulled:
            elapsed = time.monotonic() - began
            answer["content"] = {"images": images.ask_registries(engine, question.pulled, question.timeout, elapsed)}
        return answer


def _describe_server(info):
    """What the engine says of itself, for people: what of it decides anything is among the facts."""
    devices = info.get("DiscoveredDevices") or ()
    server = {
        "name": "podman" if "BuildahVersion" in info else "docker",
        "version": info.get("ServerVersion"),
        "security_options": info.get("SecurityOptions"),
        "runtimes": sorted(info.get("Runtimes") or ()),
        "default_runtime": info.get("DefaultRuntime"),
        "cdi_devices": [device["ID"] for device in devices if device.get("Source") == "cdi"],
        "swarm_role": _swarm_role(info.get("Swarm") or {}),
    }
    return {key: value for key, value in server.items() if value}


def _swarm_role(swarm):
    if swarm.get("LocalNodeState") != "active":
        return None
    return "manager" if swarm.get("ControlAvailable") else "worker"
