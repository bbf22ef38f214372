# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all members of a cluster share: pools, images, networks, profiles, the project."""

from __future__ import annotations

from ...._shared.sizes import MIB
from ...calls import call_in_parallel
from ...host.systems import architecture, parse_system, system_name, system_version

_NO_NETWORK = ("loopback", "unknown")

_REQUIREMENT = "requirements."
"""https://documentation.ubuntu.com/lxd/en/latest/reference/image_format/: ``requirements.*`` of an image."""

_SHOWN_OF_A_PROFILE = ("security.", "raw.", "linux.", "limits.")
"""Configuration of a profile that says what its instances may do. All else, such as cloud-init's, may hold secrets."""

_SHOWN_OF_A_PROJECT = ("limits.", "restricted")
"""How the keys of a project begin that say what its instances may have and be."""

_IN_BYTES = ("memory", "disk")

_UNLISTED_KEYS = ("image.*", "limits.kernel.*", "security.syscalls.*")
"""Keys that servers take and do not list: of the last the names that they had before."""


class Shared:
    """As much of it as this client may know; what it may not is None, and of images none."""

    def __init__(self, server):
        paths = ("storage-pools", "images", "networks", "profiles")
        project = server.options["project"] or "default"
        pools, images, networks, profiles, self.instances, about, state, keys = call_in_parallel(
            (
                *(lambda path=path: server.get_if_allowed(path, recursion=1) for path in paths),
                lambda: _all_instances(server),
                lambda: server.get_if_allowed(f"projects/{project}"),
                lambda: server.get_if_allowed(f"projects/{project}/state"),
                lambda: server.get_if_allowed("metadata/configuration"),
            )
        )
        self.project = None if about is None else _project_limits(project, about.get("config") or {})
        self.project_used = None if state is None else _project_usage(state.get("resources") or {})
        self.option_keys = None if keys is None else _option_keys(keys.get("configs") or {})
        self.pools = None if pools is None else {pool["name"]: pool.get("driver") for pool in pools}
        self.images = _container_images(images or ())
        self.networks = _network_types(networks, server.is_clustered)
        self.profiles = None if profiles is None else {profile["name"]: _profile(profile) for profile in profiles}


def _all_instances(server):
    """
    The instances of all projects, for all of them take memory; None where this client may not list them.

    pylxd names the client's project in each call, and the server takes either that or all: with the option
    ``project`` it is that one's alone.
    """
    everything = {} if server.options["project"] else {"all-projects": "true"}
    return server.get_if_allowed("instances", recursion=1, **everything)


def _network_types(networks, is_clustered):
    """
    The type of each network; ``nat`` for a bridge of the server's own behind which no instance is seen outside.

    Of a cluster only its own: the interfaces of the member that answers are not all's.
    """
    if networks is None:
        return None
    return {
        network["name"]: "nat" if (network.get("config") or {}).get("ipv4.nat") == "true" else network["type"]
        for network in networks
        if network.get("type") and network["type"] not in _NO_NETWORK and (network.get("managed") or not is_clustered)
    }


def _profile(profile):
    config = profile.get("config") or {}
    shown = {key: value for key, value in config.items() if key.startswith(_SHOWN_OF_A_PROFILE)}
    return {"config": shown, "devices": profile.get("devices") or {}}


# --- the project ----------------------------------------------------------------------------------


def _project_limits(name, config):
    return {"name": name, **{key: value for key, value in config.items() if key.startswith(_SHOWN_OF_A_PROJECT)}}


def _project_usage(resources):
    """What a project's instances have of each resource: sizes in MiB, rounded up."""
    usage = {name: entry.get("Usage", entry.get("usage", 0)) for name, entry in resources.items()}
    return {name: -(-amount // MIB) if name in _IN_BYTES else amount for name, amount in usage.items()}


def _option_keys(configs):
    """
    The keys of an instance's configuration that the server knows; one of a ``*`` stands for many.

    https://documentation.ubuntu.com/lxd/en/latest/api/#/metadata/metadata_configuration_get
    """
    groups = (configs.get("instance") or {}).values()
    keys = {key for group in groups for entry in group.get("keys") or () for key in entry}
    return sorted({*keys, *_UNLISTED_KEYS}) if keys else None


# --- images ---------------------------------------------------------------------------------------


def _container_images(images):
    """Images for containers; those for virtual machines cannot make one."""
    return [_image(image) for image in images if image.get("type", "container") == "container"]


def _image(image):
    names = [alias["name"] for alias in image.get("aliases") or ()]
    properties = image.get("properties") or {}
    os_name = system_name(properties.get("os"))
    version = system_version(os_name, properties.get("version"), properties.get("release"))
    if os_name is None:
        os_name, version = parse_system(*names)
    return {
        "id": image["fingerprint"],
        "names": names,
        "os": os_name,
        "os_version": version,
        "architecture": architecture(image.get("architecture")),
        "requirements": {
            name[len(_REQUIREMENT) :]: value for name, value in properties.items() if name.startswith(_REQUIREMENT)
        },
    }
