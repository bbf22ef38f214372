# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults half-way: what a run made is removed, nothing else is, and the next candidate is tried."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from .conftest import DOCKER_IMAGE, LXD_IMAGE

VM = {"name": "db", "requirements": {"isolation": "machine", "memory": "1 GiB"}}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("PUT", "/config", id="at the configuration"),
        pytest.param("POST", "/status/start", id="at the start"),
    ],
)
def test_a_vm_that_fails_half_way_is_removed_again(play, pve_eyes, method, path):
    pve_eyes.engine.control("fail", method, path, status=500, message="disk on fire")

    outcome = play.service(**VM, **{"as": {"proxmox_vm": {"clone": "debian-12-cloud"}}})

    assert outcome["failed"] is True
    assert "disk on fire" in outcome["msg"]
    assert pve_eyes.names() == []
    (attempt,) = outcome["attempts"]
    assert (attempt["target"], attempt["node"]) == ("pve", "pve1")


def test_a_task_that_fails_on_the_server_is_told_in_its_own_words(play, pve_eyes):
    pve_eyes.engine.control("fail", "POST", "/status/start", error="qemu_exited_code")
    options = {"clone": "debian-12-cloud", "timeout": 3}

    outcome = play.service(**VM, **{"as": {"proxmox_vm": options}})

    assert outcome["failed"] is True
    assert "could not start VM" in outcome["msg"]
    assert "QEMU exited with code" in outcome["msg"]
    assert pve_eyes.names() == []


def test_an_id_that_is_taken_meanwhile_is_nobodys_to_remove(play, pve_eyes):
    pve_eyes.engine.control("fail", "POST", "/clone", status=500, message="config file already exists")

    outcome = play.service(**VM, **{"as": {"proxmox_vm": {"clone": "debian-12-cloud"}}})

    assert outcome["failed"] is True
    assert pve_eyes.engine.control("requests", "DELETE") == []


def test_an_id_that_another_one_was_quicker_with_is_made_up_for_by_the_next(play, pve_eyes):
    pve_eyes.engine.control("fail", "POST", "/clone", status=500, message="config file already exists", times=2)

    outcome = play.service(**VM, **{"as": {"proxmox_vm": {"clone": "debian-12-cloud"}}})

    assert (outcome["failed"], outcome["changed"]) == (False, True)
    assert "attempts" not in outcome.result
    assert (pve_eyes.names(), pve_eyes.mark("db"), pve_eyes.state("db")) == (["db"], "db", "started")


def test_a_clone_that_fails_on_the_server_leaves_nothing(play, pve_eyes):
    """The storage is full, and somebody declared that it is not: so only the clone's own task finds out."""
    pve_eyes.engine.control("set_storage", "local-lvm", total=2**20)
    lying = {"storages": {"local-lvm": 10**6}}
    hosts = {"pve": {**play.hosts["pve"], "rightscope_facts": lying}}

    options = {"clone": "debian-12-cloud", "full": True, "timeout": 20}
    outcome = play.service(hosts=hosts, **VM, **{"as": {"proxmox_vm": options}})

    assert outcome["failed"] is True
    assert "proxmox_clone could not clone template 'debian-12-cloud' to VM 100 'db'" in outcome["msg"]
    assert "clone failed" in outcome["msg"]
    assert pve_eyes.names() == []


def test_a_vm_whose_run_ended_after_its_clone_is_finished_by_the_next(play, pve_eyes):
    """As a controller leaves it that lost its power: cloned with the mark, not configured, and locked for a while."""
    options = {"clone": "debian-12-cloud", "ciuser": "x", "cipassword": "S3NTINEL"}
    config = {"description": "rightscope.service: db", "scsi0": "local-lvm:vm-170-disk-0,size=8G", "memory": "512"}
    pve_eyes.engine.control("add_vm", 170, "db", node="pve1", status="stopped", config=config)
    pve_eyes.engine.control("set_vm", 170, lock="clone")
    foreseen = play.service("--check", **VM, **{"as": {"proxmox_vm": options}})
    assert foreseen["changed"] is True

    locked = play.service(**VM, **{"as": {"proxmox_vm": options}}, wait_timeout=1)
    assert "VM 170 is locked (clone)" in locked["msg"]
    assert pve_eyes.inspect("db")["config"]["memory"] == "512"

    pve_eyes.engine.control("set_vm", 170, lock=None)
    done = play.service(**VM, **{"as": {"proxmox_vm": options}})
    assert (done["failed"], done["placement"]["id"]) == (False, "170")
    assert (pve_eyes.names(), pve_eyes.mark("db"), pve_eyes.state("db")) == (["db"], "db", "started")
    assert pve_eyes.inspect("db")["config"]["cipassword"]
    assert play.service(**VM, **{"as": {"proxmox_vm": options}})["changed"] is False


def test_the_next_best_candidate_is_tried_and_each_attempt_is_told(play, docker_eyes, lxd_eyes):
    args = {
        # Nothing listens there: pulling fails at once, and the container cannot be made.
        "docker_container": {"image": "127.0.0.1:9/none:1"},
        "lxd_container": {"source": {"type": "image", "alias": LXD_IMAGE}},
    }

    outcome = play.service(name="web", **{"as": args})

    assert outcome["changed"] is True
    assert outcome["placement"]["target"] == "lab"
    assert [attempt["target"] for attempt in outcome["attempts"]] == ["dock1", "lab"]
    assert outcome["attempts"][0]["error"]
    assert outcome["attempts"][1]["error"] is None
    assert outcome["decision"]["chosen"]["target"] == "lab"
    assert "Service 'web' goes to 'lab', an LXC container" in outcome["explanation"]
    assert "dock1: fits as a Docker container, but could not be made" in outcome["explanation"]
    assert docker_eyes.names() == []
    assert lxd_eyes.names() == ["web"]


def test_a_mistake_in_one_form_does_not_end_in_a_form_that_nobody_described(play, docker_eyes, lxd_eyes, pve_eyes):
    args = {"docker_container": {"image": "127.0.0.1:9/none:1"}}

    outcome = play.service(name="web", **{"as": args})

    assert outcome["failed"] is True
    assert [attempt["target"] for attempt in outcome["attempts"]] == ["dock1"]
    assert docker_eyes.names() == lxd_eyes.names() == pve_eyes.names() == []


def test_a_form_that_nobody_described_is_warned_of(play, lxd_eyes):
    args = {"docker_container": {"image": DOCKER_IMAGE}}

    outcome = play.service(name="web", requirements={"init": True}, **{"as": args})

    assert outcome["placement"]["target"] == "lab"
    warning = "Nothing under 'as' describes service 'web' as an LXC container: it is its bare image."
    assert warning in " ".join(outcome.output.split())


def test_a_service_keeps_its_one_place_when_the_targets_are_narrowed(play, docker_eyes, lxd_eyes):
    args = {
        "docker_container": {"image": DOCKER_IMAGE},
        "lxd_container": {"source": {"type": "image", "alias": LXD_IMAGE}},
    }
    play.service(name="web", **{"as": args})

    for state in ("started", "absent"):
        outcome = play.service(name="web", targets=["lab"], state=state, **{"as": args})
        assert outcome["failed"] is True
        assert "Service 'web' is on 'dock1', which 'targets' does not name" in outcome["msg"]
    told = play.info(name="web", targets=["lab"], **{"as": args})
    assert told["placement"]["target"] == "dock1"
    assert {verdict["target"] for verdict in told["decision"]["verdicts"]} == {"lab"}
    assert "Service 'web' is on 'dock1', which 'targets' does not name" in " ".join(told.output.split())
    assert docker_eyes.names() == ["web"]
    assert lxd_eyes.names() == []


def test_a_paused_container_is_started_again(play, docker_eyes):
    args = {"docker_container": {"image": DOCKER_IMAGE}}
    play.service(name="web", **{"as": args})
    docker_eyes.pause("web")

    foreseen = play.service("--check", name="web", **{"as": args})
    assert foreseen["changed"] is True
    outcome = play.service(name="web", **{"as": args})

    assert (outcome["failed"], outcome["changed"]) == (False, True)
    assert (
        outcome["diff"]
        == foreseen["diff"]
        == {"before": {"web": {"state": "paused"}}, "after": {"web": {"state": "started"}}}
    )
    assert docker_eyes.state("web") == "started"
    assert play.service(name="web", **{"as": args})["changed"] is False


def test_of_several_containers_none_is_left_when_one_fails(play, docker_eyes):
    processes = [{"name": "app", "image": DOCKER_IMAGE}, {"name": "db", "image": "127.0.0.1:9/none:1"}]

    outcome = play.service(name="shop", requirements={"processes": processes}, targets=["dock1"])

    assert outcome["failed"] is True
    assert outcome["changed"] is False
    assert docker_eyes.names() == []
    assert "rightscope-shop" not in docker_eyes.networks()


def test_where_cleaning_up_fails_no_second_one_is_made_elsewhere(play, pve_eyes, lxd_eyes):
    for method, path in (("POST", "/status/start"), ("DELETE", "/qemu/100")):
        pve_eyes.engine.control("fail", method, path, status=500, message="disk on fire")
    service = {
        "name": "db",
        "requirements": {"isolation": "machine"},
        "as": {"proxmox_vm": {"clone": "debian-12-cloud"}},
    }

    outcome = play.service(**service)

    assert outcome["failed"] is True
    assert outcome["changed"] is True
    assert "what the attempt made is still there" in outcome["msg"]
    assert pve_eyes.names() == ["db"]
    assert pve_eyes.mark("db") == "db"
    pve_eyes.engine.control("clear_failures")
    assert play.service(**service)["placement"]["id"] == pve_eyes.id("db")
    assert pve_eyes.state("db") == "started"


def test_a_container_that_ends_at_once_is_a_failure_and_leaves_nothing(play, docker_eyes):
    args = {"docker_container": {"image": DOCKER_IMAGE, "command": ["/bin/false"]}}

    outcome = play.service(name="web", targets=["dock1"], **{"as": args})

    assert outcome["failed"] is True
    assert "container 'web' ended as soon as it was started, with exit code 1" in outcome["msg"]
    assert docker_eyes.names() == []


def test_a_container_that_crashes_again_and_again_is_a_failure_with_its_last_words(play, docker_eyes):
    command = ["/bin/sh", "-c", "sleep 0.1; echo cannot bind: token=S3NTINEL by $DB; exit 3"]
    options = {"image": DOCKER_IMAGE, "command": command, "restart_policy": "always", "env": {"DB": "S3NTINEL-too"}}

    # However busy the machine is, it does not live for as long.
    outcome = play.service(name="web", targets=["dock1"], min_uptime=20, **{"as": {"docker_container": options}})

    assert outcome["failed"] is True
    assert "container 'web' ends again and again after its start; its last words: cannot bind:" in outcome["msg"]
    assert "S3NTINEL" not in outcome["msg"]
    assert docker_eyes.names() == []


def _crashing(after: float) -> dict:
    command = ["/bin/sh", "-c", f"sleep {after}; exit 3"]
    return {"docker_container": {"image": DOCKER_IMAGE, "command": command, "restart_policy": "always"}}


def test_a_program_that_dies_later_than_any_look_is_a_crash_loop(play, docker_eyes):
    outcome = play.service(name="web", targets=["dock1"], min_uptime=20, **{"as": _crashing(0.7)})

    assert outcome["failed"] is True
    assert "container 'web' ends again and again after its start" in outcome["msg"]
    assert docker_eyes.names() == []


def test_for_how_long_it_must_run_on_is_for_the_user_to_say(play, docker_eyes):
    crashing = {"name": "web", "targets": ["dock1"], "as": _crashing(1.5)}

    assert "again and again" in play.service(**crashing, min_uptime=20)["msg"]
    assert docker_eyes.names() == []
    assert play.service(**crashing, min_uptime=0)["failed"] is False
    assert docker_eyes.names() == ["web"]


def test_a_crash_loop_is_found_by_a_run_that_has_nothing_to_change(play, docker_eyes):
    crashing = {"name": "web", "targets": ["dock1"], "as": _crashing(0.7)}
    play.service(**crashing, min_uptime=0)

    outcome = play.service(**crashing, min_uptime=20)

    assert outcome["failed"] is True
    assert "container 'web' ends again and again after its start" in outcome["msg"]
    assert docker_eyes.names() == ["web"]


def test_what_somebody_else_has_just_started_is_waited_for(play, docker_eyes):
    """It is started, and its healthcheck is not content yet."""
    healthcheck = {"test": ["CMD", "test", "-e", "/healthy"], "interval": "500ms", "retries": 100, "timeout": "5s"}
    options = {
        "image": DOCKER_IMAGE,
        "command": ["/bin/sh", "-c", "sleep 2; touch /healthy; exec sleep 600"],
        "healthcheck": healthcheck,
        "init": True,
    }
    wanted = {"name": "web", "targets": ["dock1"], "as": {"docker_container": options}}
    play.service(**wanted, state="present")
    docker_eyes.do("start", "web")

    outcome = play.service(**wanted)

    assert (outcome["failed"], outcome["changed"]) == (False, False)
    assert docker_eyes.inspect("web")["State"]["Health"]["Status"] == "healthy"
    docker_eyes.do("exec", "web", "rm", "/healthy")


def test_what_never_gets_ready_is_no_success_where_nothing_is_to_be_done(play, docker_eyes):
    options = {
        "image": DOCKER_IMAGE,
        "healthcheck": {"test": ["CMD", "false"], "interval": "300ms", "retries": 1, "timeout": "5s"},
    }
    wanted = {"name": "web", "targets": ["dock1"], "as": {"docker_container": options}}
    play.service(**wanted, state="present")
    docker_eyes.do("start", "web")

    outcome = play.service(**wanted, wait_timeout=2)

    assert (outcome["failed"], outcome["changed"]) == (True, False)
    assert "it is not ready: no address, or no healthy answer" in outcome["msg"]
    assert docker_eyes.state("web") == "started"
    # Nobody waits for it who only asks what would be done.
    assert play.service("--check", **wanted)["failed"] is False


def test_a_program_that_gives_up_once_and_runs_then_is_started(play, docker_eyes):
    command = ["/bin/sh", "-c", "test -e /seen || { touch /seen; exit 1; }; exec sleep 600"]
    options = {"image": DOCKER_IMAGE, "command": command, "restart_policy": "always", "init": True}

    outcome = play.service(name="web", targets=["dock1"], **{"as": {"docker_container": options}})

    assert outcome["failed"] is False
    assert docker_eyes.state("web") == "started"
    assert play.service(name="web", targets=["dock1"], **{"as": {"docker_container": options}})["changed"] is False


def test_a_command_that_was_wrong_is_mended_by_one_that_is_right(play, docker_eyes):
    right = {"name": "web", "as": {"docker_container": {"image": DOCKER_IMAGE}}}
    wrong = {"name": "web", "as": {"docker_container": {"image": DOCKER_IMAGE, "command": ["/bin/false"]}}}
    play.service(**right)

    assert play.service(**wrong)["failed"] is True
    mended = play.service(**right)

    assert (mended["failed"], mended["changed"]) == (False, True)
    assert docker_eyes.state("web") == "started"
    assert play.service(**right)["changed"] is False


def test_a_service_that_no_longer_fits_where_it_is_is_left_alone(play, docker_eyes):
    args = {"docker_container": {"image": DOCKER_IMAGE}}
    play.service(name="web", **{"as": args})
    before = docker_eyes.everything("web")

    outcome = play.service(name="web", requirements={"kernel": {"own": True}}, **{"as": args})

    assert outcome["failed"] is True
    assert "which no longer fits it" in outcome["msg"]
    assert "[kernel_own: never]" in outcome["msg"]
    assert docker_eyes.everything("web") == before


def test_secrets_are_nowhere(play, docker_eyes, lxd_eyes, pve_eyes):
    secret = "S3NTINEL-value"
    runs = [
        {"name": "web", "as": {"docker_container": {"image": DOCKER_IMAGE, "env": {"DB_PASSWORD": secret}}}},
        {
            "name": "sys",
            "requirements": {"init": True},
            "as": {
                "lxd_container": {
                    "source": {"type": "image", "alias": LXD_IMAGE},
                    "config": {"environment.API_TOKEN": secret},
                }
            },
        },
        {
            "name": "db",
            "requirements": {"isolation": "machine"},
            "as": {"proxmox_vm": {"clone": "debian-12-cloud", "ciuser": "x", "cipassword": secret}},
        },
    ]
    for args in runs:
        for flags in (("--check", "--diff"), ("--diff",), ("--diff",)):
            outcome = play.service("-v", *flags, **args)
            assert outcome.get("failed") is False
            assert secret not in str(outcome.result)
            assert secret not in outcome.output
        assert outcome["changed"] is False
    assert pve_eyes.engine.options["api_token_secret"] not in outcome.output


@pytest.fixture
def log():
    """What is written to this machine's log, where there is none so far."""
    path = Path("/dev/log")
    if path.exists():
        pytest.skip("This machine has a log of its own, and what is in it is nobody's business.")
    lines: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(path))

        def read() -> None:
            # Who writes waits for who reads.
            while line := end.recv(65536):
                lines.append(line.decode(errors="replace"))

        reader = threading.Thread(target=read)
        reader.start()
        try:
            yield lines
        finally:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
                last.sendto(b"", str(path))
            reader.join()
            path.unlink()


def test_secrets_are_in_no_log_of_the_machine_that_a_delegate_runs_on(play, docker_eyes, lxd_eyes, log):
    """A module tells its machine's log what it was given; another task's proves that one would be found there."""
    secret = "S3NTINEL-value"
    (told,) = play.tasks(
        ("target_info", {"kind": "docker", "options": {"docker_host": "unix:///nowhere/S3NTINEL-seen"}})
    )
    made = play.tasks(
        (
            "service",
            {
                "name": "web",
                "targets": ["dock1"],
                "as": {"docker_container": {"image": DOCKER_IMAGE, "env": {"DB_PASSWORD": secret}}},
            },
        ),
        (
            "service",
            {
                "name": "sys",
                "targets": ["lab"],
                "as": {
                    "lxd_container": {
                        "source": {"type": "image", "alias": LXD_IMAGE},
                        "config": {"environment.API_TOKEN": secret},
                    }
                },
            },
        ),
        (
            "service",
            {
                "name": "sys",
                "targets": ["lab"],
                "as": {
                    "lxd_container": {
                        "source": {"type": "image", "alias": LXD_IMAGE},
                        "config": {"environment.API_TOKEN": f"{secret}-2"},
                    }
                },
            },
        ),
    )
    assert told["failed"] is True
    assert [one["changed"] for one in made] == [True] * 3, [one.get("msg") for one in made]
    seen = "\n".join(log)
    assert "S3NTINEL-seen" in seen
    assert secret not in seen


def test_one_service_for_many_hosts_at_once_is_made_once_and_stays(play, case):
    """Each host of a play is a fork of its own: none of them may undo what another one made."""
    outcomes = play.everywhere(4, name="par", **case.args)

    assert [outcome["failed"] for outcome in outcomes] == [False] * 4
    assert sorted(outcome["changed"] for outcome in outcomes) == [False, False, False, True]
    assert case.eyes.names() == ["par"]
    assert {outcome["placement"]["id"] for outcome in outcomes} == {case.eyes.id("par")}
    assert case.eyes.state("par") == "started"
