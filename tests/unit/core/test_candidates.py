# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which candidates there are, and what of the service is already there."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import (
    candidates,
    members_of,
    places,
    present,
    strangers,
)
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.model import Facts, Image, Instance, Node, Target

from .builders import IMAGES, facts, instance, service, target

WEB = service(made_as={"docker_container": {"image": "web:1"}})
PARTS = service(processes=[{"name": "app", "image": "a"}, {"name": "db", "image": "b"}])


def test_each_node_of_each_target_is_a_candidate_in_the_order_of_declaration():
    nodes = tuple(Node(name=name, facts=facts("proxmox")) for name in ("pve2", "pve1"))
    cluster = Target(name="pve", kind="proxmox", nodes=nodes, labels={"zone": "a"})
    found = candidates(WEB, [cluster, target("docker")])
    assert [(one.target, one.node, one.form.name, one.scope, one.place) for one in found] == [
        ("pve", "pve2", "proxmox_vm", "machine", "pve/pve2"),
        ("pve", "pve1", "proxmox_vm", "machine", "pve/pve1"),
        ("dock1", "dock1", "docker_container", "application", "dock1"),
    ]
    assert found[0].labels == {"zone": "a"}


def test_a_target_that_does_not_answer_is_a_candidate_about_which_nothing_is_known():
    gone = Target(name="gone", kind="lxd", trouble="it does not answer", remedy="start it")
    (one,) = candidates(WEB, [gone])
    assert (one.facts, one.trouble, one.remedy, one.place) == (Facts(), "it does not answer", "start it", "gone")


def test_a_target_that_is_not_eligible_offers_nothing_and_is_still_looked_at():
    web = instance("docker")
    left_out = dataclasses.replace(target("docker", instances=(web,)), eligible=False)
    assert [one.target for one in candidates(WEB, [left_out, target("lxd")])] == ["lab"]
    assert list(places(WEB, [left_out])) == [(left_out, "dock1", "docker_container")]


def test_a_node_that_is_offline_says_so_and_the_others_do_not():
    up, down = Node(name="a", facts=facts("lxd")), Node(name="b", facts=Facts(), online=False)
    first, second = candidates(WEB, [Target(name="lab", kind="lxd", nodes=(up, down))])
    assert first.trouble is None
    assert (second.trouble, second.remedy) == ("its node 'b' is offline", "bring 'b' back")


@pytest.mark.parametrize(
    ("kind", "made_as", "needs", "image", "wanted", "fetched"),
    [
        pytest.param("docker", {"image": "web:1"}, {}, True, "web:1", False, id="docker: one that is there"),
        pytest.param("docker", {"image": "docker.io/library/web:1"}, {}, True, "docker.io/library/web:1", False,
                     id="docker: its full name"),
        pytest.param("docker", {"image": "new"}, {}, False, "new", True, id="docker: a missing one is pulled"),
        pytest.param("docker", {"image": "new", "pull": "never"}, {}, False, "new", False, id="docker: or not"),
        pytest.param("docker", {}, {}, False, None, False, id="docker: none is guessed"),
        pytest.param("lxd", {}, {"os_family": "debian"}, True, None, False, id="lxd: one of the wanted system"),
        pytest.param("lxd", {}, {"os_family": "linux", "os_version": "12"}, True, None, False, id="lxd: of the family"),
        pytest.param("lxd", {}, {"os_family": "debian", "os_version": "13"}, False, None, False, id="lxd: not another"),
        pytest.param("lxd", {}, {"architecture": "arm64"}, False, None, False, id="lxd: nor of another architecture"),
        pytest.param("lxd", {}, {"os_family": "any"}, False, None, False, id="lxd: any names none"),
        pytest.param("lxd", {"source": {"alias": "debian/12"}}, {}, True, "debian/12", False, id="lxd: an alias"),
        pytest.param("lxd", {"source": {"fingerprint": "f" * 12}}, {}, True, "f" * 12, False, id="lxd: a fingerprint"),
        pytest.param("lxd", {"source": {"fingerprint": "f" * 11}}, {}, False, "f" * 11, False, id="lxd: too short"),
        pytest.param("lxd", {"source": {"alias": "x", "server": "https://i"}}, {}, False, "x", True, id="lxd: server"),
        pytest.param("lxd", {"source": {"type": "none"}}, {}, False, None, True, id="lxd: no image at all"),
        pytest.param("proxmox", {"clone": "debian-12-cloud"}, {}, True, "debian-12-cloud", False, id="proxmox: a name"),
        pytest.param("proxmox", {"clone": 900}, {}, True, "900", False, id="proxmox: an id"),
        pytest.param("proxmox", {"clone": "gold"}, {}, False, "gold", False, id="proxmox: one that is not there"),
        pytest.param("proxmox", {}, {"os_family": "debian"}, True, None, False, id="proxmox: one of the wanted system"),
    ],
)  # fmt: skip
def test_a_candidate_has_what_it_would_be_made_from(kind, made_as, needs, image, wanted, fetched):
    form = {"docker": "docker_container", "lxd": "lxd_container", "proxmox": "proxmox_vm"}[kind]
    (one,) = candidates(service(made_as={form: made_as}, **needs), [target(kind)])
    assert one.image == (IMAGES[kind] if image else None)
    assert (one.image_wanted, one.fetches_image) == (wanted, fetched)


def test_several_processes_need_each_of_their_images():
    (one,) = candidates(PARTS, [target("docker")])
    assert (one.image, one.image_wanted, one.fetches_image) == (None, "a", True)


def test_a_service_that_is_there_needs_no_image():
    there = target("docker", instances=(instance("docker"),), images=())
    (one,) = candidates(service(made_as={"docker_container": {"image": "gone", "pull": "never"}}), [there])
    assert one.fetches_image


def test_what_is_there_counts_on_its_own_node_and_in_its_own_form():
    parts = (
        instance("docker", "web-a", service="web", memory=64),
        instance("docker", "web-b", service="web", memory=32),
    )
    elsewhere = instance("docker", "web-c", service="web", memory=1, node="other")
    wider = instance("docker", "web-d", service="web", memory=1, form="swarm_service")
    (one,) = candidates(WEB, [target("docker", instances=(*parts, elsewhere, wider))])
    assert (one.held, one.is_present) == (96, True)


def test_the_mark_says_whose_it_is_not_the_name():
    own, other = instance("docker", "x", service="web"), instance("docker", "web", service="shop")
    place = target("docker", instances=(own, other))
    assert present(WEB, place) == (own,)
    assert strangers(WEB, place) == (other,)


def test_a_stranger_of_the_name_is_named_with_its_form():
    (one,) = candidates(WEB, [target("lxd", instances=(instance("lxd", service=None),))])
    assert one.stranger == "an LXC container 'web'"


def test_a_stranger_of_a_form_that_is_not_ours_is_named_too():
    there = dataclasses.replace(instance("proxmox", service=None), form="proxmox_container")
    (one,) = candidates(WEB, [target("proxmox", instances=(there,))])
    assert one.stranger == "proxmox container 'web' (100)"


def test_a_stranger_with_the_name_of_one_of_its_containers_is_seen():
    there = [instance("docker", "web-db", service=None), instance("docker", "web-x", service=None)]
    assert [one.name for one in strangers(PARTS, target("docker", instances=tuple(there)))] == ["web-db"]


def test_everywhere_that_it_is_counts_once():
    both = target(
        "docker", instances=(instance("docker", "web-a", service="web"), instance("docker", "web-b", service="web"))
    )
    found = places(WEB, [both, target("lxd"), target("proxmox", instances=(instance("proxmox"),))])
    assert [(of.name, node, form) for of, node, form in found] == [
        ("dock1", "dock1", "docker_container"),
        ("pve", "pve1", "proxmox_vm"),
    ]


@pytest.mark.parametrize(
    ("images", "chosen"),
    [
        pytest.param([("b", "debian", "12"), ("a", "debian", "12")], "a", id="the first by name"),
        pytest.param([("a", "debian", None), ("b", "debian", "12.5")], "b", id="a release that nobody knows is none"),
        pytest.param([("a", None, None), ("b", "ubuntu", "12")], "b", id="a member of the family"),
        pytest.param([("a", "alpine", "12")], None, id="no other system"),
    ],
)
def test_an_image_of_the_wanted_system_is_found(images, chosen):
    known = tuple(Image(id=name, names=(name,), os=os, os_version=version) for name, os, version in images)
    (one,) = candidates(service(os_family="debian", os_version="12"), [target("lxd", images=known)])
    assert (one.image and one.image.id) == chosen


def test_the_ports_of_the_host_that_it_holds_are_known():
    published = (
        {"container": "80/tcp", "host_port": 8080},
        {"container": "53/udp", "host_port": 53},
        {"container": "443", "host_port": 8443},
    )
    web, elsewhere = instance("docker", ports=published), instance("docker", "shop", service="shop", ports=published)
    (one,) = candidates(WEB, [target("docker", instances=(web, elsewhere))])
    assert one.held_ports == {"8080/tcp", "53/udp", "8443/tcp"}
    (other,) = candidates(WEB, [target("docker", instances=(elsewhere,))])
    assert other.held_ports == frozenset()


def test_what_is_stopped_holds_no_memory():
    stopped = instance("docker", memory=96, state="stopped")
    (one,) = candidates(WEB, [target("docker", instances=(stopped,))])
    assert (one.held, one.is_present) == (0, True)


def marked(name: str = "web", form: str = "docker_container", **more) -> Instance:
    return Instance(form=form, name=name, id="1", node="n", state="started", **more)


@pytest.mark.parametrize(
    ("name", "process", "mine"),
    [
        pytest.param("web", None, True, id="of one container"),
        pytest.param("web-app", "app", True, id="of one of several"),
        pytest.param("aaa", None, False, id="of another name"),
        pytest.param("web-app", "db", False, id="of another process"),
        pytest.param("webdb", None, False, id="that only begins the same"),
    ],
)
def test_what_has_a_services_mark_is_the_service_only_where_it_has_its_name_too(name, process, mine):
    real, other = marked("web-first", service="web", process="first"), marked(name, service="web", process=process)
    found, odd = members_of("web", (other, real, marked("db", service="db")))
    assert (other in found, other in odd, real in found) == (mine, not mine, True)


def test_what_was_renamed_by_hand_is_the_service_while_nothing_else_is():
    renamed = marked("old", service="web")
    assert members_of("web", (renamed,)) == ((renamed,), ())
    both = (renamed, marked("older", service="web"))
    assert members_of("web", both) == ((), both)
    twins = (marked("web", service="web"), marked("web", service="web", memory=1))
    assert members_of("web", twins) == ((), twins)
    foreign = marked("web", form="lxd_vm", service="web")
    assert members_of("web", (foreign,)) == ((), (foreign,))
