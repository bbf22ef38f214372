# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table of what a service may do beyond its container, and of what keeps it apart."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision import grants as module
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import judge
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import lxd_container, proxmox_vm
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._docker import grants as docker_grants
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._lxd import grants as lxd_grants
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.features import FeatureRow
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.privileges import CapabilityRow
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.runtimes import LXC, QEMU
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Grant, Image

from .builders import COLUMNS, candidate, case, declare, holds, rule_says, service

CAPABILITIES = {
    row.name: row
    for row in (
        CapabilityRow(name="CHOWN", default=True, means="change owners", source="-"),
        CapabilityRow(name="NET_ADMIN", means="change interfaces", source="-"),
        CapabilityRow(name="SYS_NICE", owned=False, means="raise priorities", source="-"),
        CapabilityRow(name="SYS_ADMIN", level="nesting", means="mount", source="-"),
        CapabilityRow(
            name="SYS_MODULE", level="privileged", owned=False, refused_by=(LXC,), means="load modules", source="-"
        ),
        CapabilityRow(
            name="SYS_TIME", level="privileged", owned=False, refused_by=(LXC,), means="set the clock", source="-"
        ),
    )
}
GRANTED = {
    "fuse": (Grant(kind="capability", value="SYS_ADMIN", level="nesting"), Grant(kind="device", value="/dev/fuse")),
    "nested_containers": (Grant(kind="privileged", level="privileged"),),
    "keyctl": (),
}


@pytest.fixture(autouse=True)
def _made_up_privileges(made_up):
    """What these tests are about is how privileges are bounded, not which goes how far."""

    def feature_row(feature, runtime, _engine):
        grants = () if runtime == QEMU else GRANTED[feature]
        return FeatureRow(feature=feature, runtime=runtime, reason="it is so", grants=grants, source="-")

    made_up.setattr(module, "feature_row", feature_row)
    for used_by in (docker_grants, lxd_grants, lxd_container):
        made_up.setattr(used_by, "CAPABILITIES", CAPABILITIES)


def asks(*names: str, **more) -> dict:
    return {"privileges": list(names), **more}


def features(*names: str, **more) -> dict:
    return {"kernel": {"features": list(names)}, **more}


def up_to(level: str) -> dict:
    return {"max_privilege": level}


RENDER = {"devices": ["/dev/dri/renderD128"]}
CARD = {"devices": [{"pci": "0000:01:00.0"}]}
STICK = {"devices": [{"usb": "046d:c52b"}]}
ROOT = {"isolation": "user_namespace"}

PROFILES = {
    "open": {"config": {"security.privileged": "true"}, "devices": {}},
    "shut": {"config": {"security.privileged": "false"}, "devices": {}},
    "nest": {"config": {"security.nesting": "true"}, "devices": {}},
    "root": {"config": {}, "devices": {"all": {"type": "disk", "source": "/", "path": "/host"}}},
}

TABLE = [
    # a privilege that a form can or cannot be given
    holds("privileges", "docker", asks("SYS_MODULE", "host_pid"), {}, "Docker can give all"),
    holds("privileges", "lxd", asks("NET_ADMIN", "privileged", "seccomp_unconfined"), {}, "LXD can give most"),
    holds("privileges", "lxd", {}, {}, "none wanted"),
    holds("privileges", "proxmox", asks("SYS_MODULE", "privileged"), {}, "a machine has them by itself"),
    *(
        case(
            "privileges",
            kind,
            asks("host_pid"),
            {},
            "never",
            f"{what} sees no processes but its own, host_pid wanted",
            f"{kind} never sees the host's processes",
        )
        for kind, what in (("lxd", "an LXC container"), ("proxmox", "a Proxmox VM"))
    ),
    case(
        "privileges",
        "lxd",
        asks("SYS_MODULE", "NET_ADMIN", "SYS_TIME"),
        {},
        "never",
        "LXD takes SYS_MODULE and SYS_TIME from every container: "
        "SYS_MODULE is to load modules; SYS_TIME is to set the clock",
        "LXD takes some from all",
    ),
    # how far grants may go
    holds("max_privilege", "docker", up_to("none"), {}, "none is needed"),
    holds("max_privilege", "docker", asks("CHOWN", **up_to("none")), {}, "none but what Docker gives anyway"),
    holds("max_privilege", "docker", asks("NET_ADMIN"), {}, "a capability goes without saying"),
    *(
        case(
            "max_privilege",
            "lxd",
            {},
            {"profiles": {"default": {"config": {}, "devices": {}}, **profiles}, "options": {"profiles": names}},
            "never",
            f"must be granted {what}, which is more than max_privilege 'capabilities' allows",
            id,
            remedy=f"say 'max_privilege: {level}'",
        )
        for id, names, profiles, what, level in (
            ("a profile's", ["default", "open"], PROFILES, "privileged", "privileged"),
            ("a profile's, by its files", ["root"], PROFILES, "host files", "privileged"),
            ("the default profile's", None, {"default": PROFILES["nest"]}, "nesting", "nesting"),
        )
    ),
    holds("max_privilege", "lxd", {}, {"profiles": PROFILES}, "profiles that it does not get"),
    holds(
        "max_privilege",
        "lxd",
        {},
        {"profiles": PROFILES, "options": {"profiles": ["open", "shut"]}},
        "a later profile takes it back",
    ),
    holds(
        "max_privilege",
        "lxd",
        {},
        {"profiles": PROFILES, "options": {"profiles": ["open"], "config": {"security.privileged": "false"}}},
        "its own settings take it back",
    ),
    holds("max_privilege", "lxd", {}, {"profiles": {}, "options": {"profiles": ["lost"]}}, "a profile nobody knows"),
    *(
        case(
            "max_privilege",
            "lxd",
            {},
            {"profiles": PROFILES, **changes},
            "never",
            "must be granted privileged, which is more than max_privilege 'capabilities' allows",
            id,
            remedy="say 'max_privilege: privileged'",
        )
        for id, changes in (
            (
                "a key without a value takes nothing back",
                {"options": {"profiles": ["open"], "config": {"security.privileged": ""}}},
            ),
            (
                "an instance keeps the profiles that it has",
                {"kept_options": {"profiles": ("open",)}, "options": {"config": {}}},
            ),
        )
    ),
    case(
        "isolation",
        "lxd",
        {"isolation": "user_namespace"},
        {"profiles": PROFILES, "options": {"profiles": ["open"]}},
        "not_now",
        "isolates by process, user namespace wanted",
        "privileged by a profile",
        remedy="take 'security.privileged' out of its config and profiles",
    ),
    holds("max_privilege", "docker", features("fuse", **up_to("nesting")), {}, "just as far as allowed"),
    holds("max_privilege", "docker", features("nested_containers", **up_to("privileged")), {}, "all the way"),
    holds("max_privilege", "lxd", asks("NET_ADMIN", **up_to("none")), {}, "LXC has it in its own namespace"),
    holds("max_privilege", "proxmox", features("nested_containers", **up_to("none")), {}, "a machine needs none"),
    case(
        "max_privilege",
        "docker",
        asks("NET_ADMIN", **up_to("none")),
        {},
        "never",
        "must be granted capability NET_ADMIN, which is more than max_privilege 'none' allows",
        "none is allowed",
        remedy="say 'max_privilege: capabilities'",
    ),
    case(
        "max_privilege",
        "docker",
        features("fuse"),
        {},
        "never",
        "must be granted capability SYS_ADMIN for fuse, which is more than max_privilege 'capabilities' allows",
        "only what goes too far is told",
        remedy="say 'max_privilege: nesting'",
    ),
    case(
        "max_privilege",
        "docker",
        features("fuse", "nested_containers", **up_to("none")),
        {},
        "never",
        "must be granted capability SYS_ADMIN for fuse, device /dev/fuse for fuse "
        "and privileged for nested_containers, which is more than max_privilege 'none' allows",
        "several, and the furthest is the remedy",
        remedy="say 'max_privilege: privileged'",
    ),
    case(
        "max_privilege",
        "docker",
        {},
        {"options": {"image": "web:1", "privileged": True}},
        "never",
        "must be granted privileged, which is more than max_privilege 'capabilities' allows",
        "the user's own is bounded too",
        remedy="say 'max_privilege: privileged'",
    ),
    case(
        "max_privilege",
        "lxd",
        {},
        {"image": Image(id="1", requirements={"nesting": "true"})},
        "never",
        "must be granted nesting for its image, which is more than max_privilege 'capabilities' allows",
        "so is an image's",
        remedy="say 'max_privilege: nesting'",
    ),
    case(
        "max_privilege",
        "lxd",
        asks("SYS_NICE"),
        {},
        "never",
        "must be granted privileged for SYS_NICE, which is more than max_privilege 'capabilities' allows",
        "LXC: what its namespace does not own takes a privileged one",
        remedy="say 'max_privilege: privileged'",
    ),
    *(
        case(
            "max_privilege",
            kind,
            {"devices": [device], **up_to("none")},
            {},
            "never",
            f"must be granted {shown} for devices, which is more than max_privilege 'none' allows",
            f"{kind}: {shown} is one too",
            remedy="say 'max_privilege: capabilities'",
        )
        for kind, device, shown in (
            ("docker", "/dev/fuse", "device /dev/fuse"),
            ("lxd", {"gpu": 1}, "gpu 1"),
            ("proxmox", {"pci": "01:00.0"}, "pci 01:00.0"),
        )
    ),
    # devices: files
    holds("devices", "docker", RENDER, {"devices": frozenset({"/dev/dri/renderD128"})}, "a file that is there"),
    holds("devices", "docker", {}, {"devices": None}, "none wanted"),
    *(
        holds("devices", "proxmox", {"devices": [path]}, {"devices": None}, f"a machine makes its own {path}")
        for path in proxmox_vm._FROM_ITS_OWN_KERNEL
    ),
    case(
        "devices",
        "lxd",
        RENDER,
        {"devices": frozenset()},
        "not_now",
        "it has no /dev/dri/renderD128",
        "a file that is not there",
        remedy="attach it, or load its driver, on lab",
    ),
    case(
        "devices",
        "docker",
        RENDER,
        {},
        "unknown",
        "cannot tell whether it has /dev/dri/renderD128",
        "a file nobody knows",
        remedy=declare("devices"),
    ),
    case(
        "devices",
        "proxmox",
        RENDER,
        {"devices": frozenset({"/dev/dri/renderD128"})},
        "never",
        "a file of the host such as /dev/dri/renderD128 is not seen in a guest",
        "a machine sees no file of the host",
        remedy="name the device by its 'pci' or 'usb' address",
    ),
    # devices: PCI
    *(
        holds(
            "devices", "proxmox", {"devices": [{"pci": wanted}]}, {"pci_devices": (found,)}, f"PCI {wanted} of {found}"
        )
        for wanted, found in (
            ("0000:01:00.0", "0000:01:00.0 10de:1b80 nvidia"),
            ("01:00.0", "0000:01:00.0 10de:1b80"),
            ("0000:01:00.0", "01:00.0"),
            ("01:00", "0000:01:00.1"),
            ("10de:1b80", "0000:01:00.0 10DE:1B80"),
        )
    ),
    *(
        case(
            "devices",
            "proxmox",
            {"devices": [{"pci": wanted}]},
            {"pci_devices": ("0000:01:00.0 10de:1b80", "0001:02:00.0 1af4:1000")},
            "not_now",
            f"it has no device pci {wanted}",
            f"no PCI {wanted}",
            remedy="attach it to pve/pve1",
        )
        for wanted in ("01:00.1", "02:00.0", "01:01", "1af4:1b80")
    ),
    *(
        case(
            "devices",
            kind,
            CARD,
            {"pci_devices": ("0000:01:00.0",)},
            "never",
            f"{what} cannot be given a PCI device: driving it takes a kernel of its own",
            f"{kind} can be given no PCI",
        )
        for kind, what in (("docker", "a Docker container"), ("lxd", "an LXC container"))
    ),
    case(
        "devices",
        "proxmox",
        CARD,
        {},
        "unknown",
        "cannot tell whether it has the device pci 0000:01:00.0",
        "a PCI device nobody knows",
        remedy=declare("pci_devices"),
    ),
    # devices: USB
    *(
        holds("devices", kind, STICK, {"usb_devices": ("1-2 046d:c52b Receiver",)}, f"{kind}: a USB device")
        for kind in ("lxd", "proxmox")
    ),
    holds("devices", "lxd", {"devices": [{"usb": "1-2"}]}, {"usb_devices": ("1-2 046d:c52b",)}, "USB by its port"),
    case(
        "devices",
        "docker",
        STICK,
        {"usb_devices": ("046d:c52b",)},
        "never",
        "Docker passes device files, and cannot pass the USB device 046d:c52b",
        "Docker knows no USB",
        remedy="name the file that its driver makes, such as /dev/ttyUSB0",
    ),
    case(
        "devices",
        "lxd",
        STICK,
        {"usb_devices": ("1-2 046d:c52c",)},
        "not_now",
        "it has no device usb 046d:c52b",
        "another USB device",
        remedy="attach it to lab",
    ),
    case(
        "devices",
        "lxd",
        STICK,
        {},
        "unknown",
        "cannot tell whether it has the device usb 046d:c52b",
        "a USB device nobody knows",
        remedy=declare("usb_devices"),
    ),
    holds(
        "devices",
        "proxmox",
        {"devices": [{"pci": "10de:1eb8"}, {"pci": "0000:02:00.0"}]},
        {"pci_devices": ("0000:01:00.0 10de:1eb8", "0000:02:00.0 10de:1eb8")},
        "two of a sort, and there are two",
    ),
    case(
        "devices",
        "proxmox",
        {"devices": [{"pci": "10de:1eb8"}, {"pci": "0000:01:00.0"}]},
        {"pci_devices": ("0000:01:00.0 10de:1eb8",)},
        "not_now",
        "it has too few devices pci 10de:1eb8: another need takes it",
        "one by two names",
        remedy="name each once",
    ),
    # devices: GPUs
    *(
        holds("devices", kind, {"devices": [{"gpu": 2}]}, {"gpus": 2}, f"{kind}: as many GPUs")
        for kind in ("docker", "lxd")
    ),
    case(
        "devices",
        "proxmox",
        {"devices": [{"gpu": 1}]},
        {"gpus": 1},
        "never",
        "a machine is given a GPU as a PCI device",
        "a number says not which",
        remedy="name it by its 'pci' address",
    ),
    *(
        case("devices", "docker", {"devices": [{"gpu": 3}]}, {"gpus": found}, "never", reason, f"{found} GPUs")
        for found, reason in (
            (0, "it has no GPU, 3 wanted"),
            (1, "it has 1 GPU, 3 wanted"),
            (2, "it has 2 GPUs, 3 wanted"),
        )
    ),
    case(
        "devices",
        "docker",
        {"devices": [{"gpu": 1}]},
        {},
        "unknown",
        "cannot tell how many GPUs it has",
        "GPUs nobody knows",
        remedy=declare("gpus"),
    ),
    case(
        "devices",
        "docker",
        {"devices": ["/dev/a", {"gpu": 1}, "/dev/b"]},
        {"gpus": 1, "devices": frozenset({"/dev/a"})},
        "not_now",
        "it has no /dev/b",
        "several: each must be there",
        remedy="attach it, or load its driver, on dock1",
    ),
    case(
        "devices",
        "docker",
        {"devices": ["/dev/a", {"gpu": 1}]},
        {"gpus": 0},
        "never",
        "cannot tell whether it has /dev/a; it has no GPU, 1 wanted",
        "several: what nobody knows hides none",
        remedy=declare("devices"),
    ),
    # the host's own view
    holds("host_view", "docker", {"host_view": True}, {}, "Docker can share it"),
    holds("host_view", "lxd", {"host_view": False}, {}, "not wanted"),
    holds("host_network", "docker", {"host_network": True}, {}, "Docker can share it"),
    holds("host_network", "proxmox", {"host_network": False}, {}, "not wanted"),
    *(
        case(rule, kind, {rule: True}, {}, "never", f"{what} {reason}", f"{kind} cannot")
        for kind, what in (("lxd", "an LXC container"), ("proxmox", "a Proxmox VM"))
        for rule, reason in (
            ("host_view", "sees no processes but its own, but the service must see the host's"),
            ("host_network", "has a network of its own, but the service must use the host's"),
        )
    ),
    *(
        case(
            rule,
            "docker",
            {rule: True},
            {"isolation": "user_namespace"},
            "not_now",
            "its engine maps users, and does not share the host's namespaces with such a container",
            "Docker cannot where it maps users",
            remedy="set 'userns_mode: host' under 'as.docker_container'",
        )
        for rule in ("host_view", "host_network")
    ),
    *(
        holds(
            rule,
            "docker",
            {rule: True},
            {"isolation": "user_namespace", "options": {"userns_mode": "host"}},
            "Docker can where the container is left out of that",
        )
        for rule in ("host_view", "host_network")
    ),
    # what keeps it apart, where a need opens it
    *(
        case(
            "isolation",
            kind,
            {**needs, **ROOT, **up_to("privileged")},
            {"isolation": "user_namespace"},
            "never",
            f"must be privileged for {why}, so it isolates by process, user namespace wanted",
            f"{kind}: {why} takes a privileged one",
        )
        for kind, needs, why in (
            ("docker", features("nested_containers"), "nested_containers"),
            ("docker", asks("privileged"), "privileged"),
            ("lxd", asks("NET_ADMIN", "SYS_NICE"), "SYS_NICE"),
        )
    ),
    holds("isolation", "lxd", {**asks("NET_ADMIN"), **ROOT}, {}, "LXC: what its namespace owns leaves it closed"),
    holds("isolation", "proxmox", {**features("nested_containers"), "isolation": "machine"}, {}, "a machine stays one"),
    holds("isolation", "docker", ROOT, {"isolation": "machine"}, "more than wanted"),
    holds(
        "isolation",
        "lxd",
        ROOT,
        {"options": {"config": {"security.privileged": "false"}}},
        "a privilege that is off",
    ),
    case(
        "isolation",
        "lxd",
        {"isolation": "machine"},
        {},
        "never",
        "isolates by user namespace, machine wanted",
        "a user namespace is no machine",
    ),
    case(
        "isolation",
        "lxd",
        ROOT,
        {"options": {"config": {"security.privileged": "1"}}},
        "not_now",
        "isolates by process, user namespace wanted",
        "a privileged one, by a number",
        remedy="take 'security.privileged' out of its config and profiles",
    ),
]


@pytest.mark.parametrize(COLUMNS, TABLE)
def test_a_rule_holds_or_says_why_not_and_what_would_help(rule, kind, needs, changes, when, reason, remedy):
    assert rule_says(rule, kind, needs, changes) == (when, reason, remedy)


def test_who_wrote_a_privilege_is_told_to_take_it_out_and_not_what_needs_it():
    of = service(made_as={"lxd_container": {"config": {"security.privileged": True}}}, **ROOT, **up_to("privileged"))
    (failure,) = judge(of, candidate("lxd", of)).failures
    assert (failure.rule, str(failure.remedy)) == (
        "isolation",
        "take 'security.privileged' out of its config and profiles",
    )


@pytest.mark.parametrize("kind", ["docker", "lxd", "proxmox"])
def test_a_verdict_is_bounded_by_the_same_grants_as_it_tells(kind):
    of = service(made_as={"docker_container": {"image": "web:1"}}, **asks("SYS_NICE"), **up_to("none"))
    verdict = judge(of, candidate(kind, of))
    assert verdict.fits == (verdict.grants == ())
    assert {failure.rule for failure in verdict.failures} <= {"max_privilege"}
