# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node tells of itself, from a root directory that is made up."""

from __future__ import annotations

import json
import socket
import struct

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.host import kernel

RELEASE = "6.1.0-13-amd64"


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def root(tmp_path):
    """A node's /proc, /sys and /lib/modules."""
    files = {
        "proc/modules": "kvm_intel 380928 0 - Live 0x0\nbr_netfilter 36864 0 - Live 0x0\n",
        "proc/meminfo": "MemTotal:       24684084 kB\nMemFree:        1000 kB\nMemAvailable:   2097152 kB\n",
        f"lib/modules/{RELEASE}/modules.builtin": "kernel/fs/ext4/ext4.ko\nkernel/net/ipv4/tcp-cubic.ko.xz\n",
    }
    write(tmp_path, files)
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
    assert {
        name for name, fact in kernel.facts_of_this_node(str(tmp_path), RELEASE).items() if fact is not None
    } == set()


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
    facts = kernel.facts_of_this_node(str(root), RELEASE)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["kernel_modules"] == sorted(facts["kernel_modules"])
    assert facts["kernel_modules_complete"] is True


# --- which kernel it is -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "flavour"),
    [
        ({"proc/sys/kernel/version": "#1 SMP PREEMPT_DYNAMIC Debian 6.1.140-1"}, "generic"),
        ({"proc/sys/kernel/version": "#1 SMP PREEMPT_RT Debian 6.1.140-1"}, "preempt-rt"),
        ({"proc/sys/kernel/version": "#1 SMP PREEMPT RT Debian 4.19.37-5"}, "preempt-rt"),
        ({"proc/sys/kernel/version": "#1 SMP", "sys/kernel/realtime": "1"}, "preempt-rt"),
        ({"sys/kernel/realtime": "0"}, "generic"),
        ({}, None),
    ],
)
def test_the_flavour_is_what_the_kernel_was_built_as(tmp_path, files, flavour):
    write(tmp_path, files)
    assert kernel.kernel_flavour(str(tmp_path)) == flavour


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ro quiet panic=1\n", ["ro", "quiet", "panic=1"]),
        ('dyndbg="file a.c +p" nosmt', ["dyndbg=file a.c +p", "nosmt"]),
        ('"dyndbg=file a.c +p" nosmt', ["dyndbg=file a.c +p", "nosmt"]),
        ("panic=1 -- --auth x=y", ["panic=1"]),
        (
            "x.password=p api.token=t iommu.passthrough=1",
            ["x.password=********", "api.token=********", "iommu.passthrough=1"],
        ),
        ("", []),
    ],
)
def test_the_boot_command_line_in_words(tmp_path, line, words):
    write(tmp_path, {"proc/cmdline": line})
    assert kernel.kernel_parameters(str(tmp_path)) == words


def test_type_information_is_there_or_not_or_not_known(tmp_path):
    assert kernel.kernel_btf(str(tmp_path)) is None
    write(tmp_path, {"sys/kernel/realtime": "0"})
    assert kernel.kernel_btf(str(tmp_path)) is False
    write(tmp_path, {"sys/kernel/btf/vmlinux": "BTF"})
    assert kernel.kernel_btf(str(tmp_path)) is True


# --- modules ------------------------------------------------------------------------------------


def test_versions_and_parameters_of_modules(tmp_path):
    write(
        tmp_path,
        {
            "sys/module/nvidia-uvm/version": "550.54.14\n",
            "sys/module/nvidia-uvm/parameters/uvm_debug": "0\n",
            "sys/module/loop/parameters/max_loop": "8\n",
            "sys/module/loop/parameters/table": "x " * 150,
            "sys/module/kernel/uevent": "",
        },
    )
    (tmp_path / "sys/module/loop/parameters/key").touch(mode=0o600)
    root = str(tmp_path)
    assert kernel.module_versions(root) == {"nvidia_uvm": "550.54.14"}
    assert kernel.module_parameters(root) == {"loop": {"max_loop": "8"}, "nvidia_uvm": {"uvm_debug": "0"}}


def test_too_many_parameters_are_cut_at_a_module(tmp_path, monkeypatch):
    write(tmp_path, {f"sys/module/m{number}/parameters/{name}": "1" for number in range(3) for name in "ab"})
    monkeypatch.setattr(kernel, "_MOST_PARAMETERS", 4)
    assert kernel.module_parameters(str(tmp_path)) == {"m0": {"a": "1", "b": "1"}, "m1": {"a": "1", "b": "1"}}


@pytest.mark.parametrize(
    ("module", "switch", "nested"),
    [
        ("kvm_intel", "Y", True),
        ("kvm_intel", "N", False),
        ("kvm_amd", "1", True),
        ("kvm_amd", "0", False),
        ("kvm", "1", None),
    ],
)
def test_nesting_is_what_kvm_was_loaded_with(tmp_path, module, switch, nested):
    write(tmp_path, {f"sys/module/{module}/parameters/nested": switch})
    assert kernel.facts_of_this_node(str(tmp_path))["nested_virtualization"] is nested


# --- settings -----------------------------------------------------------------------------------

SYSCTLS = {
    "kernel/pid_max": "4194304\n",
    "kernel/sem": "32000\t1024000000\t500\t32000\n",
    "kernel/yama/ptrace_scope": "1\n",
    "vm/max_map_count": "65530\n",
    "fs/inotify/max_user_watches": "8192\n",
    "user/max_user_namespaces": "1000\n",
    "net/core/somaxconn": "4096\n",
    "net/ipv4/ip_forward": "1\n",
    "net/ipv4/ip_local_reserved_ports": "\n",
    "net/ipv4/conf/all/rp_filter": "2\n",
    "net/ipv4/neigh/default/gc_thresh3": "1024\n",
    "net/netfilter/nf_conntrack_max": "262144\n",
    "net/bridge/bridge-nf-call-iptables": "1\n",
    "net/nf_conntrack_max": "262144\n",
}


def test_settings_by_name_with_single_blanks(tmp_path):
    write(tmp_path, {f"proc/sys/{path}": text for path, text in SYSCTLS.items()})
    assert kernel.kernel_sysctls(str(tmp_path)) == {
        path.replace("/", "."): " ".join(text.split()) for path, text in SYSCTLS.items()
    }


def test_settings_of_another_network_are_left_out(tmp_path):
    write(tmp_path, {f"proc/sys/{path}": text for path, text in SYSCTLS.items()})
    found = kernel.kernel_sysctls(str(tmp_path), network=False)
    assert set(found) == {path.replace("/", ".") for path in SYSCTLS if not path.startswith("net/")}


@pytest.mark.parametrize(
    "path",
    [
        "vm/stat_refresh",
        "vm/compact_memory",
        "vm/drop_caches",
        "kernel/random/uuid",
        "kernel/ns_last_pid",
        "kernel/pty/nr",
        "kernel/sched_domain/cpu0/flags",
        "fs/binfmt_misc/status",
        "fs/dentry-state",
        "fs/file-nr",
        "net/ipv4/tcp_fastopen_key",
        "net/ipv4/fib_multipath_hash_seed",
        "net/core/netdev_rss_key",
        "net/ipv4/conf/eth0/rp_filter",
        "net/ipv4/neigh/alleth/gc_thresh3",
        "net/netfilter/nf_conntrack_count",
        "net/ipv6/conf/all/forwarding",
        "dev/cdrom/info",
    ],
)
def test_what_is_secret_or_counts_or_does_something_is_not_read(tmp_path, monkeypatch, path):
    write(tmp_path, {f"proc/sys/{path}": "1", "proc/sys/kernel/long": "y" * 201, "proc/sys/vm/swappiness": "60"})
    opened = []
    monkeypatch.setattr(kernel, "read_value", lambda path, real=kernel.read_value: opened.append(path) or real(path))
    assert kernel.kernel_sysctls(str(tmp_path)) == {"vm.swappiness": "60"}
    assert not [one for one in opened if one.endswith(path)]


# --- hardware -----------------------------------------------------------------------------------


UNIX = """Num       RefCount Protocol Flags    Type St Inode Path
0: 00000002 00000000 00010000 0001 01 1 /srv/a b/docker.sock
0: 00000002 00000000 00010000 0001 01 2 /x/lxd/unix.socket
0: 00000002 00000000 00010000 0001 01 3 /x/other/unix.socket
0: 00000003 00000000 00000000 0001 03 4 /run/podman/podman.sock
0: 00000003 00000000 00010000 0001 03 5 /run/libvirt/virtqemud-sock
0: 00000003 00000000 00010000 0001 03 6 @/docker.sock
0: 00000003 00000000 00010000 0001 03 7
"""


@pytest.mark.parametrize(
    ("table", "found"),
    [
        pytest.param(UNIX, ["/run/libvirt/virtqemud-sock", "/srv/a b/docker.sock", "/x/lxd/unix.socket"], id="some"),
        pytest.param(UNIX.splitlines()[0], [], id="none"),
        pytest.param(None, [], id="not to be read"),
    ],
)
def test_sockets_of_engines_that_listen_are_known_by_their_names(tmp_path, table, found):
    if table is not None:
        write(tmp_path, {"proc/net/unix": table})
    assert kernel.engine_sockets(str(tmp_path)) == found


def test_what_is_an_engines_own_is_known_by_its_links_too(tmp_path, monkeypatch):
    monkeypatch.setattr(kernel, "engine_sockets", lambda: ["/other/docker.sock"])
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to("data")
    own = ["/e/docker.sock"], [str(tmp_path / "link")]
    assert kernel.engine_paths(*own, shares_view=True) == {
        "/e/docker.sock": "socket",
        "/other/docker.sock": "socket",
        str(tmp_path / "data"): "data",
        str(tmp_path / "link"): "data",
    }
    assert kernel.engine_paths(*own, shares_view=False) == {"/e/docker.sock": "socket", str(tmp_path / "link"): "data"}
    assert kernel.engine_paths([None], [None], shares_view=False) is None


def test_a_path_is_told_with_what_it_leads_to(tmp_path):
    (tmp_path / "link").symlink_to("/")
    (tmp_path / "broken").symlink_to("nothing")
    paths = [str(tmp_path / name) for name in ("link", "broken", "gone", ".")]
    assert kernel.link_targets(paths) == dict(zip(paths, ["/", "", "", str(tmp_path)], strict=True))


# --- ports --------------------------------------------------------------------------------------

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def sockets(*lines):
    return HEAD + "".join(f"{n:4}: {line} 00000000:00000000 00:00000000 0 0 0 1\n" for n, line in enumerate(lines))


def test_ports_that_something_listens_on(tmp_path):
    write(
        tmp_path,
        {
            "proc/net/tcp": sockets("00000000:1F90 00000000:0000 0A", "0100007F:0016 00000000:0000 0A"),
            "proc/net/tcp6": sockets(f"{'0' * 32}:1F90 {'0' * 32}:0000 0A", f"{'0' * 32}:0050 {'1' * 32}:C001 01"),
            "proc/net/udp": sockets("00000000:0035 00000000:0000 07", "0A000001:D431 08080808:0035 01"),
        },
    )
    assert kernel.ports_taken(str(tmp_path)) == ["22/tcp", "53/udp", "8080/tcp"]


def test_ports_are_not_known_without_a_table_of_tcp(tmp_path):
    write(tmp_path, {"proc/net/udp": sockets("00000000:0035 00000000:0000 07")})
    assert kernel.ports_taken(str(tmp_path)) is None


def test_the_port_of_this_very_socket_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert f"{server.getsockname()[1]}/tcp" in kernel.ports_taken()


# --- whose view it is ---------------------------------------------------------------------------


def test_in_a_container_beside_the_engine_its_own_things_are_not_the_nodes(root):
    write(root, {"proc/net/tcp": sockets(), "proc/sys/net/core/somaxconn": "1", "proc/sys/vm/swappiness": "60"})
    (root / "dev").mkdir()
    facts = kernel.facts_of_this_node(str(root), RELEASE)
    assert (facts["devices"], facts["ports_taken"]) == ([], [])
    assert set(facts["kernel_sysctls"]) == {"net.core.somaxconn", "vm.swappiness"}
    facts = kernel.facts_of_this_node(str(root), RELEASE, shares_view=False)
    assert (facts["devices"], facts["ports_taken"]) == (None, None)
    assert set(facts["kernel_sysctls"]) == {"vm.swappiness"}


def test_a_listener_that_can_be_seen_has_a_process_id(tmp_path, monkeypatch):
    path = str(tmp_path / "s")
    assert not kernel.sees_listener(path, 1)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        assert kernel.sees_listener(path, 1)
        monkeypatch.setattr(struct, "unpack", lambda form, data: (0, 0, 0))
        assert not kernel.sees_listener(path, 1)
