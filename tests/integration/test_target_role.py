# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
The role 'target' on nodes that have nothing: a chroot, and a system with systemd in a container.

The bare system is made by debootstrap and kept in .cache/nodes, so that only the first run is slow.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.knowledge.proxmox_privileges import (
    PRIVILEGES as PROXMOX_PRIVILEGES,
)
from tests.engines import _common, lxd, packages

from .conftest import REPOSITORY, SCRIPTS, _environment

SUITE = "bookworm"
PYTHON = "3.11"
MIRROR = "http://deb.debian.org/debian"
NODES = REPOSITORY / ".cache" / "nodes"
# As little as Ansible manages and systemd boots.
BARE = ("python3", "systemd-sysv", "dbus", "iproute2")
NETWORK = "[Match]\nName=eth0\n[Network]\nDHCP=ipv4\n[DHCPv4]\nClientIdentifier=mac\n"
# What a container cannot have, and would wait for.
MASKED = ("systemd-binfmt.service", "proc-sys-fs-binfmt_misc.automount")
WHEELS = "/srv/wheels"
VIRTUALENV = {
    "target_libraries": "virtualenv",
    "target_pip_arguments": ["--no-index", "--find-links", WHEELS],
    "ansible_python_interpreter": "/opt/rightscope/bin/python",
}


@dataclass(frozen=True)
class Outcome:
    """What a play said, and what it counted for one host."""

    host: str
    output: str
    counts: dict[str, int]

    @property
    def changed(self) -> int:
        assert self.counts["failed"] == self.counts["unreachable"] == 0, self.output
        return self.counts["changed"]

    @property
    def refusal(self) -> str:
        assert self.counts["failed"] == 1, self.output
        return json.loads(re.search(rf"^fatal: \[{self.host}\].* => (\{{.*\}})$", self.output, re.M).group(1))["msg"]

    @property
    def foreseen(self) -> list[str]:
        """What it would do, in its own words."""
        return re.findall(rf'^changed: \[{self.host}\] => \{{\s*"msg": "(.*)"\s*\}}$', self.output, re.M)


class Role:
    """Runs the role in a play of its own."""

    def __init__(self, directory: Path, collections: Path) -> None:
        self.directory, self.collections = directory, collections

    def __call__(self, *flags: str, environment: dict[str, str] | None = None, **variables) -> Outcome:
        """For one host with these variables."""
        return self.everywhere({"node": variables}, *flags, environment=environment)["node"]

    def everywhere(
        self, hosts: dict[str, dict], *flags: str, environment: dict[str, str] | None = None
    ) -> dict[str, Outcome]:
        """For several hosts at once."""
        inventory, book = self.directory / "inventory.json", self.directory / "play.yml"
        inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
        play = {"name": "Prepare", "hosts": "all", "gather_facts": False, "roles": ["rightscope.deploy.target"]}
        book.write_text(yaml.safe_dump([play]), encoding="utf-8")
        settings = {"ANSIBLE_REMOTE_TMP": "/tmp/ansible", "ANSIBLE_CALLBACK_FORMAT_PRETTY": "0", **(environment or {})}
        done = subprocess.run(
            [str(SCRIPTS / "ansible-playbook"), "-i", str(inventory), str(book), *flags],
            capture_output=True,
            text=True,
            env=_environment(self.collections, **settings),
            cwd=self.directory,
            timeout=240,
            check=False,
        )
        output = done.stdout + done.stderr
        recaps = dict(re.findall(r"^(\S+) +: (ok=.*)$", output, re.M))
        assert set(recaps) == set(hosts), output
        counts = {host: dict(re.findall(r"(\w+)=(\d+)", recap)) for host, recap in recaps.items()}
        return {
            host: Outcome(host, output, {name: int(count) for name, count in counts[host].items()}) for host in hosts
        }


@pytest.fixture
def prepare(tmp_path, collections) -> Role:
    return Role(tmp_path, collections)


# ------------------------------------------------------------------------------------------------- the bare system


@pytest.fixture(scope="session")
def bare() -> Path:
    """A tar file with the root of a system that has nothing but Python and systemd."""
    if os.geteuid() != 0 or not packages.is_debian():
        pytest.skip("A bare system is made by debootstrap, as root on Debian or the like.")
    tar = NODES / f"{SUITE}.tar"
    if not tar.exists():
        if not shutil.which("debootstrap"):
            packages.install(["debootstrap"])
        root = NODES / f"{SUITE}.{os.getpid()}"
        root.mkdir(parents=True)
        try:
            debootstrap = ["debootstrap", "--variant=minbase", f"--include={','.join(BARE)}", SUITE, str(root), MIRROR]
            _common.run(debootstrap, timeout=600)
            _make_bootable(root)
            _common.run(["tar", "-C", str(root), "--exclude=./var/cache/apt/archives/*.deb", "-cf", f"{root}.tar", "."])
            os.replace(f"{root}.tar", tar)
        finally:
            shutil.rmtree(root)
    return tar


def _make_bootable(root: Path) -> None:
    (root / "etc/systemd/network/eth0.network").write_text(NETWORK, encoding="utf-8")
    units = root / "etc/systemd/system"
    (units / "multi-user.target.wants/systemd-networkd.service").symlink_to(
        "/lib/systemd/system/systemd-networkd.service"
    )
    for name in MASKED:
        (units / name).symlink_to("/dev/null")
    # One that is empty is made anew at boot.
    (root / "etc/machine-id").write_text("", encoding="utf-8")
    _common.run(["chroot", str(root), "useradd", "--create-home", "deploy"])


@pytest.fixture(scope="session")
def wheels(bare) -> Path:
    """What pip installs on the node: it may reach no index, this machine does."""
    path = NODES / "wheels"
    if not path.exists():
        partial = NODES / f"wheels.{os.getpid()}"
        options = ["--quiet", "--only-binary=:all:", f"--python-version={PYTHON}", f"--dest={partial}"]
        wanted = ("docker>=7.0.0", "requests>=2.28.0")
        _common.run([sys.executable, "-m", "pip", "download", *options, *wanted], timeout=300)
        os.replace(partial, path)
    return path


# --------------------------------------------------------------------------------------------------------- a chroot


class Chroot:
    """A node that does not run: a directory with a system in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def variables(self, kind: str, **more) -> dict:
        where = {"ansible_connection": "community.general.chroot", "ansible_host": str(self.root)}
        return {**where, "rightscope_kind": kind} | more

    def run(self, *command: str) -> str:
        return _common.run(["chroot", str(self.root), *command])

    def packages(self) -> set[str]:
        return set(self.run("dpkg-query", "-W", "-f", "${Package}\\n").split())

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        file = self.root / path
        file.unlink(missing_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(mode)

    def state(self) -> dict[str, tuple]:
        """All files, but those that Ansible puts there to run."""
        found = {}
        for directory, names, files in os.walk(self.root):
            if Path(directory) == self.root:
                names[:] = [name for name in names if name not in ("tmp", "proc", "sys", "dev")]
            names[:] = [name for name in names if name != "__pycache__"]
            for name in files:
                stat = os.lstat(os.path.join(directory, name))
                found[os.path.join(directory, name)] = (stat.st_size, stat.st_mtime_ns, stat.st_mode, stat.st_uid)
        return found

    def processes(self) -> list[str]:
        """What runs in it."""
        here = (self.root.stat().st_dev, self.root.stat().st_ino)
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                root = os.stat(process / "root")
                if (root.st_dev, root.st_ino) == here:
                    found.append((process / "comm").read_text(encoding="utf-8").strip())
            except OSError:
                continue
        return found


def _unpacked(root: Path, bare: Path) -> Chroot:
    root.mkdir()
    _common.run(["tar", "-C", str(root), "-xf", str(bare)])
    node = Chroot(root)
    node.write("etc/resolv.conf", Path("/etc/resolv.conf").read_text(encoding="utf-8"))
    # Should the role ever start something here, it would run on this very machine.
    node.write("usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
    return node


@dataclass(frozen=True)
class Image:
    """A system that the role prepared while it did not run: what check mode said, then two runs, by host."""

    node: Chroot
    foreseen: dict[str, Outcome]
    untouched: bool
    made: dict[str, Outcome]
    again: dict[str, Outcome]


@pytest.fixture(scope="module")
def chroot(tmp_path_factory, bare) -> Iterator[Chroot]:
    """A bare one, which no test changes."""
    node = _unpacked(tmp_path_factory.mktemp("bare") / "node", bare)
    before = node.state()
    yield node
    assert node.state() == before
    shutil.rmtree(node.root)


@pytest.fixture(scope="module")
def image(tmp_path_factory, collections, bare, wheels) -> Iterator[Image]:
    """A bare system that the role made an image of: with Docker, then with LXD."""
    directory = tmp_path_factory.mktemp("image")
    node = _unpacked(directory / "node", bare)
    shutil.copytree(wheels, node.root / WHEELS.lstrip("/"))
    role = Role(directory, collections)
    common = {"target_start": False, "target_users": ["deploy"]}
    hosts = {"dock1": node.variables("docker", **common, **VIRTUALENV), "lab": node.variables("lxd", **common)}
    before = node.state()
    foreseen = role.everywhere(hosts, "--check")
    untouched = node.state() == before
    yield Image(node, foreseen, untouched, role.everywhere(hosts, "--forks=1"), role.everywhere(hosts))
    shutil.rmtree(node.root)


def test_check_mode_foresees_on_a_bare_node_and_changes_nothing(image):
    assert image.foreseen["dock1"].foreseen == [
        "Would install docker.io, apparmor, ca-certificates, python3-venv.",
        "Would install docker>=7.0.0, requests>=2.28.0 for /opt/rightscope/bin/python.",
        "Would add deploy to the group docker.",
    ]
    assert image.foreseen["lab"].foreseen == [
        "Would install lxd, lxd-client, apparmor, dnsmasq-base, iproute2, nftables, python3-pylxd.",
        "Would add deploy to the group lxd.",
    ]
    assert [outcome.changed for outcome in image.foreseen.values()] == [3, 2]
    assert image.untouched


def test_a_bare_node_has_all_of_it_and_a_second_run_changes_nothing(image):
    node = image.node

    assert {"docker.io", "containerd", "python3-pylxd", "lxd", "dnsmasq-base"} <= node.packages()
    assert "git" not in node.packages(), "what is merely recommended is not installed"
    assert node.run("/usr/bin/python3", "-c", "from pylxd import Client") == ""
    assert node.run("/opt/rightscope/bin/python", "-c", "import docker, requests; print(docker.__version__)") >= "7."
    assert {"docker", "lxd"} <= set(node.run("id", "-nG", "deploy").split())
    assert (node.root / "etc/systemd/system/multi-user.target.wants/docker.service").is_symlink()
    assert node.processes() == []
    assert [outcome.changed for outcome in image.made.values()] == [4, 2]
    assert [outcome.changed for outcome in image.again.values()] == [0, 0]


def test_what_cannot_be_done_is_refused_before_anything_is(prepare, chroot):
    idle = {"target_start": False}
    refused = prepare.everywhere(
        {
            "lab": chroot.variables("lxd", target_users=["nobody-knows"]),
            "pip": chroot.variables("lxd", **idle, target_libraries="pip"),
            "none": chroot.variables("docker", **idle, target_libraries="none"),
        }
    )

    refusal = refused["lab"].refusal
    assert "Nothing can start LXD on 'lab', which is a chroot" in refusal
    assert "'lab' has no user 'nobody-knows'" in refusal
    assert "PEP 668" in refused["pip"].refusal
    assert "lacks libraries (docker is not there, requests is not there)" in refused["none"].refusal


def test_an_engine_from_elsewhere_is_not_installed_over(prepare, chroot):
    dockerd = chroot.root / "usr/local/bin/dockerd"
    dockerd.touch()

    foreseen = prepare("--check", **chroot.variables("docker", target_start=False))

    dockerd.unlink()

    assert foreseen.foreseen == ["Would install python3-docker, python3-requests."]
    assert foreseen.changed == 1


DEBIAN = "ID=debian\nNAME='Debian GNU/Linux'\nPRETTY_NAME='Debian GNU/Linux 13 (trixie)'\nVERSION_ID=13\n"
UBUNTU = "ID=ubuntu\nID_LIKE=debian\nNAME=Ubuntu\nPRETTY_NAME='Ubuntu {0}'\nVERSION='{0}'\nVERSION_ID='{0}'\n"
ROCKY = "ID=rocky\nID_LIKE='rhel centos fedora'\nNAME='Rocky Linux'\nPRETTY_NAME='Rocky Linux 9.6'\nVERSION_ID=9.6\n"
FEDORA = "ID=fedora\nNAME='Fedora Linux'\nPRETTY_NAME='Fedora Linux 43'\nVERSION_ID=43\n"
SUSE = 'ID="opensuse-leap"\nNAME="openSUSE Leap"\nPRETTY_NAME="openSUSE Leap 15.6"\nVERSION_ID="15.6"\n'
INCUS = {"rightscope_kind": "lxd", "target_engine": "incus", "target_libraries": "virtualenv"}
LXD = {"rightscope_kind": "lxd", "target_libraries": "virtualenv"}
DOCKER = {"rightscope_kind": "docker"}
# Systems that say to be others: what would be installed there, or the start of the refusal.
OTHERS = {
    "debian13-lxd": (
        DEBIAN,
        "",
        {"rightscope_kind": "lxd"},
        "! /usr/bin/python3.11 on 'debian13-lxd' needs pylxd 2.2 or newer, which is not there, and Debian 13",
    ),
    "debian13-incus": (DEBIAN, "", INCUS, "incus-base, incus-client, apparmor, dnsmasq-base"),
    "ubuntu24-lxd": (UBUNTU.format("24.04"), "", LXD, "! Ubuntu 24.04 has LXD as a snap only, and snaps need systemd"),
    "ubuntu24-incus": (UBUNTU.format("24.04"), "", INCUS, "incus, incus-client, apparmor, dnsmasq-base"),
    "rocky9-docker": (
        ROCKY,
        "Rocky Linux release 9.6 (Blue Onyx)\n",
        DOCKER,
        "docker-ce, docker-ce-cli, containerd.io",
    ),
    "rocky9-lxd": (
        ROCKY,
        "Rocky Linux release 9.6 (Blue Onyx)\n",
        LXD,
        "! 'rocky9-lxd' has no LXD or Incus, and Rocky 9.6",
    ),
    "fedora-lxd": (FEDORA, "Fedora release 43 (Forty Three)\n", LXD, "incus, incus-client"),
    "suse-docker": (SUSE, "", DOCKER, "! 'suse-docker' has no Docker, and openSUSE Leap 15.6 has no package"),
}


def test_each_distribution_is_asked_for_its_own_packages(prepare, chroot, tmp_path):
    hosts = {}
    for name, (release, redhat, variables, _expected) in OTHERS.items():
        node = Chroot(tmp_path / name)
        # Hard links: only what is written anew is another file.
        _common.run(["cp", "--archive", "--link", str(chroot.root), str(node.root)])
        (node.root / "etc/debian_version").unlink()
        node.write("etc/os-release", release)
        if redhat:
            node.write("etc/redhat-release", redhat)
        elif "ID=debian" in release:
            node.write("etc/debian_version", "13.2\n")
        hosts[name] = node.variables("", **variables, target_start=False)

    made = prepare.everywhere(hosts, "--check")

    for name, (_release, _redhat, _variables, expected) in OTHERS.items():
        if expected.startswith("! "):
            assert made[name].refusal.startswith(expected[2:]), name
        else:
            assert made[name].foreseen[0].startswith(f"Would install {expected}"), name
        shutil.rmtree(tmp_path / name)


# ------------------------------------------------------------------------------------------- targets that are no node


def test_an_engine_that_answers_is_left_alone(prepare, docker_target, docker_engine):
    before = subprocess.run(
        ["docker", "-H", docker_engine.docker_host, "info", "-f", "{{json .ID}}"], capture_output=True, check=True
    )

    assert prepare(**docker_target).changed == 0

    after = subprocess.run(
        ["docker", "-H", docker_engine.docker_host, "info", "-f", "{{json .ID}}"], capture_output=True, check=True
    )
    assert after.stdout == before.stdout


def test_of_an_api_only_the_libraries_are_looked_at(prepare):
    """Nothing listens at these addresses, and nothing is asked there."""
    apis = {
        "proxmox": {"api_host": "192.0.2.1", "api_user": "root@pam", "api_password": "sentinel"},
        "docker": {"docker_host": "tcp://192.0.2.1:2376"},
        "lxd": {"url": "https://192.0.2.1:8443", "trust_password": "sentinel"},
    }
    local = {"ansible_connection": "local"}

    made = prepare.everywhere(
        {kind: {**local, "rightscope_kind": kind, "rightscope_options": options} for kind, options in apis.items()},
        "-vvv",
    )

    assert [outcome.changed for outcome in made.values()] == [0, 0, 0]
    assert "sentinel" not in made["proxmox"].output


@pytest.mark.parametrize("missing", [None, "SDN.Use", "VM.Clone", "VM.Audit"])
def test_the_privileges_of_proxmox_are_asked_for(prepare, pve, missing):
    before, user = pve.control("get", "acl"), pve.options["api_user"]
    role = (*PROXMOX_PRIVILEGES, "VM.GuestAgent.Audit")
    pve.control("acl", user, {"/": [name for name in role if name != missing]})
    try:
        made = prepare(ansible_connection="local", rightscope_kind="proxmox", rightscope_options=pve.options)
    finally:
        pve.control("set", "acl", before)
    if missing is None:
        assert made.changed == 0
    else:
        assert missing in made.refusal
        assert f"{user}!ansible" in made.refusal
    assert pve.options["api_token_secret"] not in made.output


def test_the_library_that_an_api_is_asked_with_is_named(prepare, chroot):
    refusal = prepare(**chroot.variables("proxmox")).refusal

    assert refusal == (
        "/usr/bin/python3.11, which asks 'node', needs proxmoxer 2.0 or newer, which is not there, "
        "requests 2.20 or newer, which is not there. Install them there."
    )


# --------------------------------------------------------------------------------------------- a system that runs


class System:
    """A container of a private LXD in which systemd runs."""

    NAME = "rightscope-node"

    def __init__(self, engine, directory: Path) -> None:
        self.engine = engine
        # The client's own settings are not those of whoever runs the tests.
        self.environment = {"LXD_DIR": engine.lxd_dir, "LXD_CONF": str(directory / "lxc")}

    def lxc(self, *words: str) -> str:
        return _common.run(["lxc", *words], env={**os.environ, **self.environment}, timeout=180)

    def run(self, *command: str) -> str:
        return self.lxc("exec", self.NAME, "--", *command)

    def start(self, node: Chroot, directory: Path) -> None:
        (directory / "metadata.yaml").write_text("architecture: x86_64\ncreation_date: 1\n", encoding="utf-8")
        _common.run(["tar", "-C", str(directory), "-cf", str(directory / "metadata.tar"), "metadata.yaml"])
        _common.run(
            ["tar", "-C", str(node.root), "--exclude=./usr/sbin/policy-rc.d", "-cf", str(directory / "root.tar"), "."]
        )
        self.lxc("image", "import", str(directory / "metadata.tar"), str(directory / "root.tar"), "--alias", self.NAME)
        self.lxc("launch", self.NAME, self.NAME, "-c", "security.nesting=true", "-c", "security.privileged=true")
        assert _common.poll_until(lambda: self.run("sh", "-c", "systemctl is-system-running || :") in READY, 60)

    def stop(self) -> None:
        lxd.remove_instances(self.engine.socket)
        alias = f"/1.0/images/aliases/{self.NAME}"
        target = lxd.request(self.engine.socket, "GET", alias)["target"]
        lxd.request(self.engine.socket, "DELETE", f"/1.0/images/{target}")


READY = ("running\n", "degraded\n")


@pytest.fixture
def system(tmp_path, image, lxd_engine) -> Iterator[System]:
    """The image, booted, with its engines stopped and disabled."""
    system = System(lxd_engine, tmp_path)
    try:
        system.start(image.node, tmp_path)
        system.run("systemctl", "disable", "--now", "docker.service", "docker.socket", "lxd.service", "lxd.socket")
        yield system
    finally:
        system.stop()


def test_a_system_that_runs_has_its_engines_started_and_lxd_initialised(prepare, system):
    where = {"ansible_connection": "community.general.lxd", "ansible_host": system.NAME}
    docker = {**where, **VIRTUALENV, "rightscope_kind": "docker"}
    # In the container there is no free network to be found.
    bridge = {"ipv4.address": "10.99.7.1/24", "ipv4.nat": "true", "ipv6.address": "none"}
    lab = {**where, "rightscope_kind": "lxd", "target_lxd_bridge_config": bridge}

    made = prepare.everywhere({"dock1": docker, "lab": lab}, environment=system.environment)

    assert [outcome.changed for outcome in made.values()] == [1, 2]
    assert system.run("systemctl", "is-active", "docker", "lxd").split() == ["active", "active"]
    assert system.run("systemctl", "is-enabled", "docker", "lxd.socket").split() == ["enabled", "enabled"]
    assert "Server Version" in system.run("docker", "info")
    assert system.run("lxc", "storage", "list", "--format=csv").startswith("default,dir,")
    profile = yaml.safe_load(system.run("lxc", "profile", "show", "default"))
    assert profile["devices"]["root"]["pool"] == "default"
    assert profile["devices"]["eth0"]["network"] == "lxdbr0"

    again = prepare.everywhere({"dock1": docker, "lab": lab}, environment=system.environment)

    assert [outcome.changed for outcome in again.values()] == [0, 0]
