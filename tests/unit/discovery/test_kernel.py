# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import kernel

RELEASE = "6.1.0-13-amd64"


@pytest.fixture
def root(tmp_path):
    """A node's /proc, /sys and /lib/modules."""
    files = {
        "proc/modules": "kvm_intel 380928 0 - Live 0x0\nbr_netfilter 36864 0 - Live 0x0\n",
        "proc/meminfo": "MemTotal:       24684084 kB\nMemFree:        1000 kB\nMemAvailable:   2097152 kB\n",
        f"lib/modules/{RELEASE}/modules.builtin": "kernel/fs/ext4/ext4.ko\nkernel/net/ipv4/tcp-cubic.ko.xz\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for module in ("loop", "xt-recent"):
        (tmp_path / "sys/module" / module).mkdir(parents=True)
    return tmp_path


def test_modules_are_the_loaded_and_the_built_in_ones_with_underscores(root):
    names, complete = kernel.loaded_modules(str(root), RELEASE)
    assert names == {"kvm_intel", "br_netfilter", "ext4", "tcp_cubic", "loop", "xt_recent"}
    assert complete


@pytest.mark.parametrize("missing", ["proc/modules", f"lib/modules/{RELEASE}/modules.builtin"])
def test_modules_are_not_complete_without_both_lists(root, missing):
    (root / missing).unlink()
    names, complete = kernel.loaded_modules(str(root), RELEASE)
    assert "loop" in names
    assert not complete


def test_a_kernel_that_loads_nothing_has_a_complete_list_all_the_same(root):
    (root / "proc/modules").write_text("")
    names, complete = kernel.loaded_modules(str(root), RELEASE)
    assert names == {"ext4", "tcp_cubic", "loop", "xt_recent"}
    assert complete


def test_modules_of_another_release_do_not_count(root):
    names, complete = kernel.loaded_modules(str(root), "5.10.0")
    assert "ext4" not in names
    assert not complete


def test_nothing_readable_means_not_known(tmp_path):
    assert kernel.loaded_modules(str(tmp_path), RELEASE) == (None, False)
    assert kernel.of_this_node(str(tmp_path), RELEASE) == {
        "memory_free": None,
        "cgroup_version": None,
        "kernel_modules": None,
        "kernel_modules_complete": None,
    }


def test_available_memory_is_in_mib(root):
    assert kernel.mem_available(str(root)) == 2048


@pytest.mark.parametrize(("entry", "version"), [("cgroup.controllers", 2), ("memory", 1), ("unified", 1)])
def test_cgroup_version(tmp_path, entry, version):
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup" / entry).touch()
    assert kernel.cgroup_version(str(tmp_path)) == version


def test_the_kernel_of_another_machine_is_not_this_one():
    assert not kernel.is_kernel_of("0.0.1-other")
    assert not kernel.is_kernel_of(None)
    assert kernel.is_kernel_of(kernel.platform.release())


def test_free_space_is_in_mib_and_none_where_there_is_no_such_place(tmp_path):
    assert kernel.free_space(str(tmp_path)) > 0
    assert kernel.free_space(str(tmp_path / "missing")) is None


def test_what_this_node_tells_can_be_written_as_json(root):
    facts = kernel.of_this_node(str(root), RELEASE)
    assert facts["kernel_modules"] == sorted(facts["kernel_modules"])
    assert facts["kernel_modules_complete"] is True
