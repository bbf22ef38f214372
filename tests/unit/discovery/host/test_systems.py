# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._discovery.host import systems


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("debian-12", ("debian", "12")),
        ("debian-12-cloud", ("debian", "12")),
        ("tmpl-debian12", ("debian", "12")),
        ("debian/12", ("debian", "12")),
        ("debian", ("debian", None)),
        ("debian-bookworm-cloud", ("debian", "12")),
        ("ubuntu-24.04", ("ubuntu", "24.04")),
        ("ubuntu-24-04", ("ubuntu", "24.04")),
        ("ubuntu2404", ("ubuntu", "24.04")),
        ("ubuntu-server-22.04-lts", ("ubuntu", "22.04")),
        ("jammy-template", ("ubuntu", "22.04")),
        ("Rocky-9.4", ("rocky", "9.4")),
        ("rocky-linux-9", ("rocky", "9")),
        ("alma9", ("almalinux", "9")),
        ("centos-stream-9", ("centos", "9")),
        ("opensuse-leap-15.6", ("opensuse", "15.6")),
        ("arch-base", ("archlinux", None)),
        ("alpine-3.20.2", ("alpine", "3.20.2")),
        ("freebsd-14", ("freebsd", "14")),
        ("opnsense", ("opnsense", None)),
        ("windows-2022", ("windows", "2022")),
        ("win11", ("windows", "11")),
        ("search", (None, None)),
        ("oracle-db", (None, None)),
        ("peppermint", (None, None)),
        ("winner", (None, None)),
        ("", (None, None)),
        (None, (None, None)),
    ],
)
def test_a_system_is_read_from_a_name(text, system):
    assert systems.parse_system(text) == system


def test_what_tells_the_version_wins_then_what_comes_first():
    assert systems.parse_system("debian", "tmpl-debian-13") == ("debian", "13")
    assert systems.parse_system("cloud", "rocky-9", "debian-12") == ("rocky", "9")
    assert systems.parse_system("debian", "ubuntu") == ("debian", None)


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("amd64", "x86_64"),
        ("x86_64", "x86_64"),
        ("arm64", "aarch64"),
        ("armhf", "armv7l"),
        ("i386", "i686"),
        ("ppc64el", "ppc64le"),
        ("riscv64", "riscv64"),
        ("alien", "alien"),
        ("", None),
        (None, None),
    ],
)
def test_architecture(name, canonical):
    assert systems.architecture(name) == canonical


def test_architectures_are_unique_and_in_order():
    assert systems.architectures(["amd64", "x86_64", "i386"]) == ["x86_64", "i686"]
    assert systems.architectures([None]) is None
    assert systems.architectures(None) is None


@pytest.mark.parametrize(
    ("os", "version", "release", "system"),
    [
        ("Debian", None, "bookworm", ("debian", "12")),
        ("ubuntu", "24.04", "noble", ("ubuntu", "24.04")),
        ("Rockylinux", None, "9", ("rocky", "9")),
        ("Centos", None, "9-Stream", ("centos", "9")),
        ("Archlinux", None, "current", ("archlinux", "current")),
        ("Red Hat", None, None, ("rhel", None)),
        ("Oracle", None, "8", ("oraclelinux", "8")),
        (None, None, None, (None, None)),
    ],
)
def test_the_properties_of_an_lxd_image(os, version, release, system):
    name = systems.system_name(os)
    assert (name, systems.system_version(name, version, release)) == system


@pytest.mark.parametrize(
    ("ostype", "system"),
    [
        ("l26", "linux"),
        ("win11", "windows"),
        ("w2k8", "windows"),
        ("solaris", "solaris"),
        ("other", None),
        (None, None),
    ],
)
def test_the_guest_type_of_a_template(ostype, system):
    assert systems.guest_system(ostype) == system
