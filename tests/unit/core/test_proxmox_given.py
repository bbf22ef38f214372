# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a VM was given and is given no more goes back to what its template has, a disk excepted."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._proxmox.given import (
    Withdrawal,
    names_before,
    names_given,
    with_names,
    withdraw,
    without_names,
)

MARKED = "Words.\n\nrightscope.service: web"


@pytest.mark.parametrize(
    ("options", "names"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param({"onboot": True, "cores": 2}, "cores onboot", id="in order"),
        pytest.param({"net": {"net0": "virtio", "net1": "e1000"}}, "net0 net1", id="each key of a mapping"),
        pytest.param({"nameservers": ["10.0.0.1"], "smbios": "x"}, "nameserver smbios1", id="by the API's names"),
        pytest.param({"efidisk0": {"storage": "local"}}, "efidisk0", id="a disk of the firmware"),
        pytest.param({"tags": ["Web", "eu"]}, "tags.eu tags.web", id="each tag"),
        pytest.param({"description": "x", "name": "y", "cpu": None}, "", id="what is always given, and what is not"),
        pytest.param({"cipassword": "S3NTINEL"}, "cipassword", id="no value"),
    ],
)
def test_what_is_given_is_known_by_names_alone(options, names):
    assert names_given(options) == names


def test_the_line_is_below_the_mark_and_replaced():
    one = with_names(MARKED, "cores")
    assert one == f"{MARKED}\nrightscope.given: cores"
    assert with_names(one, "memory") == f"{MARKED}\nrightscope.given: memory"
    assert with_names(one, "") == without_names(one) == MARKED
    assert (names_before(one), names_before(MARKED), names_before(None)) == ("cores", None, None)


THERE = {
    "cores": 4,
    "onboot": 1,
    "memory": "4096",
    "net0": "virtio=AA:BB:CC:DD:EE:FF,bridge=vmbr1",
    "net1": "virtio=AA:BB:CC:DD:EE:00,bridge=vmbr1",
    "scsi1": "local-lvm:vm-100-disk-1,size=1G",
    "ide0": "none,media=cdrom",
    "nameserver": "10.0.0.1",
    "sshkeys": "ssh-ed25519%20AAAA",
    "smbios1": "uuid=1-2-3,serial=abc",
    "tags": "eu;rightscope;web",
}
A_DISK = "VM 100 keeps scsi1, which nobody asks for any more: a disk is never taken away; take it out by hand."
NO_TEMPLATE = (
    "VM 100 keeps cores, onboot, which nobody asks for any more: the template that it would have it of is not there; "
    "take it out by hand."
)
BASE = {"memory": "2048", "net0": "virtio=11:22:33:44:55:66,bridge=vmbr0", "sshkeys": "ssh-rsa%20BBBB"}


@pytest.mark.parametrize(
    ("before", "now", "base", "back"),
    [
        pytest.param(None, "", BASE, Withdrawal(), id="nothing tells what was given"),
        pytest.param("cores onboot", "cores onboot", BASE, Withdrawal(), id="all is given still"),
        pytest.param("cores onboot", "cores", BASE, Withdrawal(deleted=("onboot",)), id="the template has none"),
        pytest.param("memory", "", BASE, Withdrawal(reset={"memory": "2048"}), id="the template has one"),
        pytest.param("net1", "", BASE, Withdrawal(deleted=("net1",)), id="a network of its own"),
        pytest.param(
            "net0", "", BASE, Withdrawal(reset={"net": {"net0": "virtio,bridge=vmbr0"}}), id="a network of the template"
        ),
        pytest.param("nameserver", "", BASE, Withdrawal(deleted=("nameserver",)), id="by the API's name"),
        pytest.param("sshkeys", "", BASE, Withdrawal(reset={"sshkeys": "ssh-rsa BBBB"}), id="keys are encoded"),
        pytest.param("smbios1", "", BASE, Withdrawal(reset={"smbios": "uuid=1-2-3"}), id="it keeps its UUID"),
        pytest.param("ide0", "", BASE, Withdrawal(deleted=("ide0",)), id="an empty tray"),
        pytest.param("tags.web tags.eu", "tags.eu", BASE, Withdrawal(tags=frozenset({"web"})), id="a tag"),
        pytest.param("agent", "", BASE, Withdrawal(), id="what is not there any more"),
        pytest.param("cores", "", {}, Withdrawal(deleted=("cores",)), id="made from nothing"),
        pytest.param(
            "scsi1",
            "",
            BASE,
            Withdrawal(
                stays=("scsi1",),
                warnings=(A_DISK,),
            ),
            id="a disk stays",
        ),
        pytest.param(
            "cores onboot tags.web",
            "",
            None,
            Withdrawal(
                tags=frozenset({"web"}),
                stays=("cores", "onboot"),
                warnings=(NO_TEMPLATE,),
            ),
            id="nobody knows the template",
        ),
    ],
)
def test_what_is_given_no_more_goes(before, now, base, back):
    assert withdraw("VM 100", before, now, THERE, base) == back
