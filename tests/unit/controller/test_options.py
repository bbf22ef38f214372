# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options under ``as``, read by the installed delegates' own documentation."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery import kind_of
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import options as _options
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller.options import read_options
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms._docker import acts as _docker_acts
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading.requirements import dotted

SECRET = 8675309


@pytest.fixture(scope="module")
def documented() -> dict[str, dict]:
    """The options of each delegate, as ansible-doc has them of the release that is installed."""
    modules = [form.module for form in FORMS.values()]
    command = [sys.executable, str(Path(sys.executable).parent / "ansible-doc"), "--json", *modules]
    told = subprocess.run(command, capture_output=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    docs = json.loads(told.stdout)
    return {module: docs[module]["doc"]["options"] for module in modules}


@pytest.fixture(autouse=True)
def specification(documented, monkeypatch):
    """
    What the plugin loader would find.

    Ansible's loader of collections cannot be set up any more in a process that has imported from one.
    """

    def read(module: str):
        options = documented[module]
        aliases = {alias: name for name, option in options.items() for alias in option.get("aliases") or ()}
        return {name: _options._as_argument(option) for name, option in options.items()}, aliases

    monkeypatch.setattr(_options, "_specification", read)


def read(form: str, **options) -> dict:
    found, wrong = read_options(FORMS[form], options)
    assert wrong == []
    return found


def wrong_in(form: str, **options) -> dict[str, str]:
    """What is wrong, by its path."""
    _found, wrong = read_options(FORMS[form], options)
    return {dotted(path): message for path, message in wrong}


DAY = datetime.date(2024, 1, 31)


@pytest.mark.parametrize(
    ("form", "options", "paths"),
    [
        (
            "docker_container",
            {"env": {"VER": 1.1, "MODE": 420, "SWITCH": True, "D": DAY, "LIST": [1, 2], "MAP": {"a": "b"}, "NO": None}},
            ["env.VER", "env.MODE", "env.SWITCH", "env.D", "env.LIST", "env.MAP", "env.NO"],
        ),
        ("docker_container", {"labels": {"a": 1, "b": [1]}}, ["labels.a", "labels.b"]),
        (
            "docker_container",
            {"log_options": {"tag": 1.5, "max-size": 10}},
            ["log_options.tag", "log_options.max-size"],
        ),
        ("docker_container", {"storage_opts": {"size": 5}}, ["storage_opts.size"]),
        ("docker_container", {"sysctls": {"net.a": 1.5, "net.b": [1]}}, ["sysctls.net.a", "sysctls.net.b"]),
        ("docker_container", {"command": ["chmod", 420, "/x"]}, ["command[1]"]),
        ("docker_container", {"entrypoint": ["sleep", 1]}, ["entrypoint[1]"]),
        ("docker_container", {"published_ports": [1342]}, ["published_ports[0]"]),
        ("docker_container", {"ports": 1342}, ["ports"]),
        ("docker_container", {"tmpfs": ["/run", {"/tmp": "size=1m"}]}, ["tmpfs[1]"]),
        ("docker_container", {"hostname": 10}, ["hostname"]),
        ("docker_container", {"image": 1.1}, ["image"]),
        ("docker_container", {"etc_hosts": {"db": 1}}, ["etc_hosts.db"]),
        (
            "docker_container",
            {"mounts": [{"target": "/a", "tmpfs_mode": 493}, {"target": "/b", "labels": {"x": 1}}]},
            ["mounts[0].tmpfs_mode", "mounts[1].labels.x"],
        ),
        ("docker_container", {"networks": [{"name": "n", "aliases": ["a", 1.1]}]}, ["networks[0].aliases[1]"]),
        ("docker_container", {"device_requests": [{"options": {"a": True}}]}, ["device_requests[0].options.a"]),
        ("docker_container", {"env": {False: "x"}}, ["env.False"]),
        (
            "lxd_container",
            {"config": {"limits.cpu": 1.5, "a": DAY, "b": [1], "c": {"d": 1}, "e": None}},
            ["config.limits.cpu", "config.a", "config.b", "config.c", "config.e"],
        ),
        (
            "lxd_container",
            {"config": {"environment.MODE": 420, "user.x": True, "cloud-init.user-data": {"a": "b"}}},
            ["config.environment.MODE", "config.user.x", "config.cloud-init.user-data"],
        ),
        (
            "lxd_container",
            {"devices": {"d": {"type": "unix-char", "mode": 420, "size": 1.5}, "n": {"hwaddr": 8111}}},
            ["devices.d.mode", "devices.d.size", "devices.n.hwaddr"],
        ),
        ("lxd_container", {"devices": {"d": "disk"}}, ["devices"]),
        ("lxd_container", {"source": {"type": "image", "alias": 22.04}}, ["source.alias"]),
        ("lxd_container", {"profiles": ["default", 1.1]}, ["profiles[1]"]),
        ("proxmox_vm", {"ciuser": 1000, "cipassword": SECRET}, ["ciuser", "cipassword"]),
        ("proxmox_vm", {"description": 1.1, "tags": ["a", 1.1]}, ["description", "tags[1]"]),
        ("proxmox_vm", {"ipconfig": {"ipconfig0": 1}, "startdate": DAY}, ["ipconfig.ipconfig0", "startdate"]),
    ],
)
def test_what_yaml_may_have_rewritten_is_told_by_its_path_and_without_its_value(form, options, paths):
    wrong = wrong_in(form, **options)
    assert list(wrong) == paths
    for message in wrong.values():
        assert "quotes" in message or form == "lxd_container"
        assert str(SECRET) not in message


@pytest.mark.parametrize(
    ("form", "options", "read_as"),
    [
        ("docker_container", {"env": {"VER": "1.10", "EMPTY": ""}}, {"env": {"VER": "1.10", "EMPTY": ""}}),
        ("docker_container", {"memory": 536870912, "user": 1000}, {"memory": "536870912", "user": "1000"}),
        ("docker_container", {"sysctls": {"net.ipv4.ip_forward": True, "net.core.somaxconn": "1024"}}, None),
        (
            "docker_container",
            {"log_options": {"max-size": "10m", "max-file": 3}, "sysctls": {"net.core.somaxconn": 1024}},
            {"log_options": {"max-size": "10m", "max-file": "3"}, "sysctls": {"net.core.somaxconn": "1024"}},
        ),
        ("docker_container", {"pull": True}, {"pull": True}),
        ("docker_container", {"command": "sleep 1000", "cpus": "0.5"}, {"command": "sleep 1000", "cpus": 0.5}),
        ("docker_container", {"restart_policy": False}, {"restart_policy": "no"}),
        ("docker_container", {"ports": "80:80,81:81"}, {"published_ports": ["80:80", "81:81"]}),
        ("docker_container", {"privileged": "no", "init": "yes"}, {"privileged": False, "init": True}),
        ("docker_container", {"networks": [{"name": "n", "links": None}]}, {"networks": [{"name": "n"}]}),
        ("docker_container", {"expose": [80]}, {"exposed_ports": ["80"]}),
        ("docker_container", {"env_file": "~/x.env"}, {"env_file": "~/x.env"}),
        (
            "lxd_container",
            {"config": {"limits.cpu": 2, "boot.autostart": False}},
            {"config": {"limits.cpu": "2", "boot.autostart": False}},
        ),
        ("lxd_container", {"devices": {"eth0": {"type": "nic", "mtu": "1400", "security.mac_filtering": True}}}, None),
        (
            "proxmox_vm",
            {"clone": 900, "agent": True, "onboot": "yes"},
            {"clone": "900", "agent": "true", "onboot": True},
        ),
    ],
)
def test_what_is_customary_and_cannot_have_been_rewritten_is_taken(form, options, read_as):
    assert read(form, **options) == (options if read_as is None else read_as)


def test_what_is_wrong_in_suboptions_is_told_by_its_whole_path_and_all_at_once():
    wrong = wrong_in(
        "docker_container",
        image="web:1",
        networks=[{"name": "n", "driver_opts": {"a": "b"}}, {"nam": "m"}],
        mounts=[{"target": "/a", "type": "bnd", "read_only": "perhaps"}],
        healthcheck={"retries": "often", "intervall": "1s"},
        device_requests=[{"count": "all"}],
        restart_policy="allways",
        detatch=True,
    )
    module = "community.docker.docker_container"
    assert wrong == {
        "networks[0].driver_opts": f"is not an option of {module}",
        "networks[1].nam": f"is not an option of {module}; did you mean 'name'?",
        "networks[1].name": "is missing",
        "mounts[0].type": f"is not what {module} takes: one of bind, npipe, tmpfs, volume, cluster, image",
        "mounts[0].read_only": f"is not what {module} takes: true or false",
        "healthcheck.retries": f"is not what {module} takes: a whole number",
        "healthcheck.intervall": f"is not an option of {module}; did you mean 'interval'?",
        "device_requests[0].count": f"is not what {module} takes: a whole number",
        "restart_policy": f"is not what {module} takes: one of no, on-failure, always, unless-stopped",
        "detatch": f"is not an option of {module}; did you mean 'detach'?",
    }


def test_a_mapping_where_a_list_of_them_belongs_is_told():
    module = "community.docker.docker_container"
    assert wrong_in("docker_container", networks={"name": "n"}) == {"networks": f"is not what {module} takes: a list"}
    assert wrong_in("docker_container", networks=["n"]) == {"networks[0]": f"is not what {module} takes: a mapping"}


def test_each_option_of_docker_container_is_compared_done_refused_or_set(documented):
    """So none is passed over: one that a new release has fails here, until somebody says what becomes of it."""
    form = FORMS["docker_container"]
    tables = (
        set(form.reserved),
        set(kind_of(form.kind).options),
        set(_docker_acts.ACTS),
        set(_docker_acts.SEVERAL),
        # An act that is compared where that is asked for.
        set(_docker_acts.SINGLE) - {"stop_timeout"},
        set(_docker_acts._FOLLOWS),
    )
    assert set(documented[form.module]) == set().union(*tables)
    assert sum(map(len, tables)) == len(set().union(*tables)), "an option is in two tables"


@pytest.mark.parametrize("option", sorted(_docker_acts.ACTS))
def test_each_value_that_the_documentation_allows_of_an_act_is_taken_or_refused_in_words(documented, option):
    form = FORMS["docker_container"]
    about = documented[form.module][option]
    plain = {"bool": [True, False], "float": [1.5], "int": [3], "dict": [{"env": "ignore"}], "str": ["", "SIGINT"]}
    values = about.get("choices") or plain[about["type"]]
    for value in values:
        read, wrong = read_options(form, {option: value})
        if wrong:
            ((_path, message),) = wrong
            assert message == _docker_acts.ACTS[option].why
        else:
            assert option in read
            assert _docker_acts.ACTS[option].how
