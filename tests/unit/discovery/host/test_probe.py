# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The container that looks into a kernel: what it may do, what is made of its words, and that it never stays."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import DiscoveryError
from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.kinds._docker.probe import probe_kernel

IMAGES = [
    {"Id": "sha256:1", "RepoTags": ["quay.io/team/app:1"]},
    {"Id": "sha256:2", "RepoTags": ["debian:12", "<none>:<none>"]},
    {"Id": "sha256:3", "RepoTags": ["registry.example.com/mirror/busybox:1.36"]},
]
SEEN = "sys/kernel\nsys/kernel/btf/vmlinux\nsys/fs/cgroup\nsys/fs/cgroup/cgroup.controllers\nsys/module/nbd"
READ = "\n".join(
    [
        "proc/modules:overlay 1 0 - Live 0x0",
        "proc/meminfo:MemTotal:       8000000 kB",
        "proc/meminfo:MemAvailable:   4194304 kB",
        "proc/cpuinfo:flags\t\t: fpu avx2",
        "proc/cmdline:root=/dev/sda quiet password=S3NTINEL",
        "proc/self/uid_map:         0          0 4294967295",
        "proc/sys/vm/max_map_count:262144",
        "proc/sys/kernel/hostname:probe",
        "proc/sys/kernel/pid_max:32768",
        "proc/sys/kernel/shmmax:1",
        "proc/sys/user/max_user_namespaces:7",
        "sys/module/nbd/parameters/max_part:16",
        "sys/module/zfs/version:2.1.11-1",
    ]
)


class Refused(Exception):
    status_code = 400


class Client:
    """The SDK's calls that a probe makes, and what was made by them."""

    def __init__(self, text=f"{SEEN}\n\n{READ}\n", fails_in=None, waits=None):
        self.text, self.fails_in, self.waits = text, fails_in, waits
        self.made, self.removed = [], []

    def _call(self, name):
        if name == self.fails_in:
            raise Refused()

    def create_host_config(self, **options):
        return options

    def create_container(self, image, **options):
        self._call("create_container")
        self.made.append((image, options))
        return {"Id": "c1"}

    def start(self, _id):
        self._call("start")

    def wait(self, _id):
        if self.waits is not None:
            self.waits.wait(30)

    def logs(self, _id, **_options):
        return self.text.encode()

    def remove_container(self, id, **_options):
        self.removed.append(id)


def told(client, image="", timeout=5.0):
    return probe_kernel(client, IMAGES, image, "The Docker engine at tcp://dock1:2376", timeout)


def test_what_it_prints_is_read_as_the_files_of_a_node_are():
    facts = told(Client())
    assert facts["kernel_modules"] == ["nbd", "overlay", "zfs"]
    assert facts["kernel_modules_complete"] is False
    assert facts["module_parameters"] == {"nbd": {"max_part": "16"}}
    assert facts["module_versions"] == {"zfs": "2.1.11-1"}
    assert facts["memory_free"] == 4096
    assert facts["cpu_flags"] == ["avx2", "fpu"]
    assert facts["kernel_btf"] is True
    assert facts["cgroup_version"] == 2
    assert facts["kernel_parameters"] == ["root=/dev/sda", "quiet", "password=********"]
    assert facts["devices"] is facts["ports_taken"] is None


def test_what_is_the_containers_own_is_left_out():
    assert told(Client())["kernel_sysctls"] == {"vm.max_map_count": "262144", "user.max_user_namespaces": "7"}
    mapped = Client(text=f"{SEEN}\n\n{READ.replace('0 4294967295', '100000 65536')}")
    assert told(mapped)["kernel_sysctls"] == {"vm.max_map_count": "262144"}


def test_it_may_do_nothing_but_read_and_is_removed():
    client = Client()
    told(client)
    ((image, options),) = client.made
    assert image == "sha256:3"
    assert options["user"] == "65534:65534"
    host = options["host_config"]
    assert (host["network_mode"], host["read_only"], host["cap_drop"]) == ("none", True, ["ALL"])
    assert host["security_opt"] == ["no-new-privileges"]
    assert client.removed == ["c1"]


def test_the_user_names_the_image():
    client = Client()
    told(client, "quay.io/team/app:1")
    assert client.made[0][0] == "sha256:1"


@pytest.mark.parametrize(
    ("client", "image", "said"),
    [
        pytest.param(Client(), "app", "has no image 'app', which rightscope_probe_image names", id="no such image"),
        pytest.param(Client(fails_in="create_container"), "", "cannot run a probing container", id="not made"),
        pytest.param(Client(fails_in="start"), "", "cannot run a probing container", id="no shell in it"),
        pytest.param(Client(text="sh: grep: not found"), "", "said nothing about the kernel", id="no grep in it"),
    ],
)
def test_one_that_cannot_be_run_says_what_to_do(client, image, said):
    with pytest.raises(DiscoveryError) as failure:
        told(client, image)
    assert said in failure.value.message
    assert "rightscope_probe_image" in failure.value.remedy + failure.value.message
    assert client.removed == ["c1"] * len(client.made)


def test_one_that_hangs_is_given_up_and_removed_at_once():
    over = threading.Event()
    client = Client(waits=over)
    with pytest.raises(DiscoveryError, match="did not run a probing container"):
        told(client, timeout=0.2)
    assert client.removed == ["c1"]
    over.set()


def test_names_that_lead_elsewhere_are_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "in"))
    (tmp_path / "in").mkdir()
    evil = "proc/../../../evil:1\n/etc/evil:1\nproc/sys/vm/swappiness:60"
    assert told(Client(text=f"../evil\n\n{evil}"))["kernel_sysctls"] == {"vm.swappiness": "60"}
    assert sorted(path.name for path in Path(tmp_path).rglob("*")) == ["in"]
