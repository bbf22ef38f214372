# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Every word of a task about what it changes, held against the engine's own, over the whole life of a service.

A form's story is a table of steps. Each step is run in check mode, for real and once more, all in one play, and between
its tasks the play asks this process to look at the engine. What a step says to change is what the engine shows to have
changed, no more and no less.
"""

from __future__ import annotations

import copy
import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from tests.engines import docker, lxd

from .conftest import DOCKER_IMAGE, SCRIPTS, Case, Playbook, _environment

NAME = "svc"
OTHER_IMAGE = "rightscope-test/web:2"
OTHER_SYSTEM = "rightscope-test/other"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOQ7DdGXgISdkbWP+IHxmHJ8GJCG7pfMClXDo6QwX5AV deploy@example"
MASKED = "********"
GONE = object()
"""In a step's arguments: what was given is given no more."""


class _Any:
    """Equal to whatever is there: an id, a moment, an address of the engine's choice."""

    def __eq__(self, other: object) -> bool:
        return other is not None

    def __repr__(self) -> str:
        return "SOMETHING"


SOMETHING = _Any()


@dataclass(frozen=True)
class Step:
    """One change of what is asked for, and all that has to be true of it."""

    does: str
    more: Mapping = field(default_factory=dict)
    """What differs from the arguments of the step before."""

    actions: tuple[str, ...] = ()
    """Those of the calls; none is a step that changes nothing."""

    diff: Mapping[str, tuple] = field(default_factory=dict)
    """Each key of the difference with what it is before and after."""

    seen: Mapping = field(default_factory=dict)
    """Each setting that is another one in the engine's own words afterwards; of what is new, some that it has."""

    same: Mapping | None = None
    """Other spellings of the same arguments, which change nothing."""

    refused: str = ""
    """Part of the message of a step that fails, in check mode too."""

    by_hand: Callable[[], object] | None = None
    """What somebody else does before it."""

    waits: tuple[str, ...] = ()
    """What is written and waits for a restart."""

    once: bool = False
    """Whether it is not run again, since that would be another change."""


# --- telling a story ----------------------------------------------------------------------------


def _merged(args: Mapping, more: Mapping) -> dict:
    """The arguments with others in them, table by table."""
    result = copy.copy(dict(args))
    for key, value in more.items():
        if value is GONE:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = _merged(result[key], value)
        else:
            result[key] = value
    return result


@contextmanager
def _asked(answers: Mapping[str, Callable[[], object]]) -> Iterator[str]:
    """An address where each path runs something in this process, one after the other."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers[self.path]()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"done")

        def log_message(self, *_args) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@dataclass(frozen=True)
class Told:
    """What the runs of one step returned, and what the engine showed before it and after each."""

    predicted: dict
    done: dict
    again: list[dict]
    views: list[dict | None]


def _tell(play: Playbook, case: Case, steps: list[Step], base: Mapping) -> list[Told]:
    """Run all steps in one play; what is due before a task is asked for by its condition, which costs no task."""
    views: dict[str, dict | None] = {}
    answers: dict[str, Callable[[], object]] = {}
    tasks: list[dict] = []
    due: list[str] = []
    counts, args = [], dict(base)

    def look(name: str) -> None:
        answers[f"/{name}"] = lambda: views.update({name: case.eyes.view(NAME)})
        due.append(f"/{name}")

    def run(does: str, args: Mapping, *, check: bool) -> None:
        asked = [f"lookup('ansible.builtin.url', there ~ '{path}', use_proxy=false) == 'done'" for path in due]
        due.clear()
        tasks.append(
            {
                "name": f"{does}{', foreseen' if check else ''}",
                "rightscope.deploy.service": args,
                "register": f"answer{len(tasks)}",
                "check_mode": check,
                "diff": True,
                "ignore_errors": True,
                "when": asked,
            }
        )

    for number, step in enumerate(steps):
        args = _merged(args, step.more)
        if step.by_hand:
            answers[f"/hand{number}"] = step.by_hand
            due.append(f"/hand{number}")
        look(f"before{number}")
        run(step.does, args, check=True)
        look(f"foreseen{number}")
        run(step.does, args, check=False)
        look(f"after{number}")
        again = [] if step.refused or step.once else [args, *([_merged(args, step.same)] if step.same else [])]
        for position, spelling in enumerate(again):
            run(f"{step.does}, again", spelling, check=position > 0)
        look(f"end{number}")
        counts.append(2 + len(again))
    returned = iter(_played(play, case, tasks, answers, due))
    told = []
    for number, count in enumerate(counts):
        foreseen, done, *again = (next(returned) for _returned in range(count))
        seen = [views[f"{moment}{number}"] for moment in ("before", "foreseen", "after", "end")]
        told.append(Told(foreseen, done, again, seen))
    return told


def _played(
    play: Playbook, case: Case, tasks: list[dict], answers: Mapping[str, Callable[[], object]], at_last: list[str]
) -> list[dict]:
    """What the tasks returned."""
    answer = play.directory / "story.json"
    names = [task["register"] for task in tasks]
    content = f"{{{{ [{', '.join(names)}] | ansible.builtin.to_json }}}}"
    keep = {"name": "Keep the answers", "ansible.builtin.copy": {"content": content, "dest": str(answer)}}
    with _asked(answers) as address:
        book = [
            {
                "name": "Tell a story",
                "hosts": "localhost",
                "gather_facts": False,
                "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", "there": address},
                "tasks": [*tasks, {**keep, "no_log": True}],
            }
        ]
        (play.directory / "story.yml").write_text(yaml.safe_dump(book), encoding="utf-8")
        targets = {"hosts": {case.target: play.hosts[case.target]}}
        (play.directory / "hosts.json").write_text(json.dumps({"rightscope_targets": targets}), encoding="utf-8")
        done = subprocess.run(
            [str(SCRIPTS / "ansible-playbook"), "-i", "hosts.json", "story.yml"],
            capture_output=True,
            text=True,
            env=_environment(play.collections),
            cwd=play.directory,
            timeout=400,
            check=False,
        )
    assert answer.exists(), f"The play came to no end:\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    for path in at_last:
        answers[path]()
    return json.loads(answer.read_text(encoding="utf-8"))


# --- what must be true of a step ----------------------------------------------------------------


def _faults(step: Step, told: Told) -> Iterator[str]:
    """All that is not as it has to be, a line each."""
    before, foreseen, after, end = told.views
    if foreseen != before:
        yield f"check mode changed {_changes(before, foreseen)}"
    if end != after:
        yield f"a second run changed {_changes(after, end)}"
    if step.refused:
        yield from _not_refused(step, told)
        return
    if told.predicted.get("failed") or told.done.get("failed"):
        yield f"it failed: {told.predicted.get('msg')} / {told.done.get('msg')}"
        return
    yield from _not_as_predicted(told)
    yield from _not_as_said(step, told.done)
    yield from _not_as_seen(step, before, after)
    yield from _not_where_it_is(told.done["placement"], after)
    yield from _not_the_same_again(step, told)


def _not_refused(step: Step, told: Told) -> Iterator[str]:
    for result in (told.predicted, told.done):
        if not result.get("failed") or result.get("changed") or step.refused not in result.get("msg", ""):
            yield f"not refused with '{step.refused}' but {result.get('changed')}, {result.get('msg')}"
    if told.views[2] != told.views[0]:
        yield f"refused, and yet it changed {_changes(told.views[0], told.views[2])}"


def _not_as_predicted(told: Told) -> Iterator[str]:
    for key in ("changed", "diff", "calls", "restart_required"):
        if told.predicted.get(key) != told.done.get(key):
            yield f"{key}: predicted {told.predicted.get(key)}, done {told.done.get(key)}"
    for key in ("service", "target", "node", "form", "scope", "state"):
        places = [(result.get("placement") or {}).get(key) for result in (told.predicted, told.done)]
        if places[0] != places[1]:
            yield f"placement.{key}: predicted {places[0]}, done {places[1]}"
    ids = [(result.get("placement") or {}).get("id") for result in (told.predicted, told.done)]
    if ids[0] not in (None, ids[1]):
        yield f"placement.id: predicted {ids[0]}, done {ids[1]}"


def _not_where_it_is(placed: dict | None, after: dict | None) -> Iterator[str]:
    """Where the task names a place it has the id and the state that the engine says; of a stranger it names none."""
    said = placed and (placed["id"], placed["state"])
    if placed and (after is None or said != (after.get("name", str(after["id"])), after["state"])):
        yield f"placement says {said}, the engine {after}"


def _not_as_said(step: Step, done: dict) -> Iterator[str]:
    actions = tuple(call["action"] for call in done["calls"])
    if (done["changed"], actions) != (bool(step.actions), step.actions):
        yield f"changed {done['changed']} by {actions}, not by {step.actions}: {_does(done)}"
    if tuple(done.get("restart_required") or ()) != step.waits:
        yield f"restart_required {done.get('restart_required')}, not {step.waits}"
    sides = [(done.get("diff") or {}).get(side, {}).get(NAME, {}) for side in ("before", "after")]
    if set(sides[0]) - set(sides[1]):
        yield f"diff has {sorted(set(sides[0]) - set(sides[1]))} before and not after"
    shown = {key: (_unmarked(key, sides[0].get(key)), _unmarked(key, value)) for key, value in sides[1].items()}
    # The marks follow from the rest.
    shown = {key: sides for key, sides in shown.items() if key != "labels" or sides[0] != sides[1]}
    if "create" in step.actions:
        shown = {key: value for key, value in shown.items() if key in step.diff}
    for key in sorted({*shown, *step.diff}):
        if shown.get(key) != step.diff.get(key):
            yield f"diff of {key}: {shown.get(key)}, not {step.diff.get(key)}"


def _unmarked(key: str, value: object) -> object:
    if key != "labels" or not isinstance(value, Mapping):
        return value
    return {name: item for name, item in value.items() if not name.startswith("rightscope.")}


def _does(result: dict) -> list[str]:
    return [call["does"] for call in result.get("calls") or ()]


def _not_as_seen(step: Step, before: dict | None, after: dict | None) -> Iterator[str]:
    if after is None or before is None:
        for path, value in step.seen.items():
            if (after or {}).get(path) != value:
                yield f"seen of {path}: {(after or {}).get(path)}, not {value}"
        if after is None and "remove" not in step.actions and step.actions:
            yield "it is not there afterwards"
        return
    expected = dict(step.seen)
    if "state" in step.diff:
        expected["state"] = step.diff["state"][1]
    if "replace" in step.actions:
        expected |= {"id": SOMETHING, "since": SOMETHING}
    if {"start", "restart"} & set(step.actions) and before["state"] not in ("paused", "frozen"):
        expected["since"] = SOMETHING
    changes = _changes(before, after)
    for path in sorted({*changes, *expected}):
        has = changes.get(path, (before.get(path), "what it was"))[1]
        if path not in changes or path not in expected or has != expected[path]:
            was, wants = before.get(path), expected.get(path, "no change")
            yield f"seen of {path}: {has}, not {wants} (before {was})"


def _changes(before: dict | None, after: dict | None) -> dict[str, tuple]:
    before, after = before or {}, after or {}
    return {
        key: (before.get(key), after.get(key)) for key in sorted({*before, *after}) if before.get(key) != after.get(key)
    }


def _not_the_same_again(step: Step, told: Told) -> Iterator[str]:
    for number, result in enumerate(told.again):
        which = ("a second run", "another spelling")[number]
        if result.get("failed") or result["changed"] or result["calls"] or _sides(result) != ({}, {}):
            yield f"{which} changes: {result.get('msg')} {_does(result)} {result.get('diff')}"
        elif (result["placement"] or {}).get("state") != (told.done["placement"] or {}).get("state"):
            yield f"{which} says {result['placement']}, the first {told.done['placement']}"
        if tuple(result.get("restart_required") or ()) != step.waits:
            yield f"{which} says restart_required {result.get('restart_required')}, not {step.waits}"


def _sides(result: dict) -> tuple[dict, dict]:
    diff = result.get("diff") or {}
    return diff.get("before", {}), diff.get("after", {})


# --- the stories --------------------------------------------------------------------------------


def _as(form: str, **options) -> dict:
    return {"as": {form: options}}


def _free_ports() -> int:
    """The first of two ports in a row that nothing listens at, whatever else runs here."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            with suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port


def _docker_story(case: Case) -> list[Step]:
    eyes, given, port = case.eyes, partial(_as, "docker_container"), _free_ports()
    first = {
        "env": {"GREETING": "hello", "ANSWER": "42", "SWITCH": "true"},
        "published_ports": [f"127.0.0.1:{port}:80", f"127.0.0.1:{port + 1}:90/udp"],
        "labels": {"tier": "gold", "weight": "3", "loud": "true"},
        "restart_policy": "unless-stopped",
        "capabilities": ["net_admin", "sys_ptrace"],
        "sysctls": {"net.core.somaxconn": 256},
        "hostname": "web",
        "command": ["/bin/httpd", "-f", "-p", "80", "-h", "/www"],
    }
    taken = ("command", "hostname", "user", "working_dir", "published_ports", "capabilities", "cap_drop", "sysctls")
    taken += ("read_only", "security_opts", "mounts", "healthcheck", "networks", "ulimits", "etc_hosts", "init")
    return [
        Step("A stranger is refused", refused="[name_taken]", by_hand=partial(eyes.put_stranger, NAME)),
        Step("A stranger is not taken over", {"adopt": True}, refused="Docker gives no label to a container"),
        Step("A stranger is not removed", {"adopt": False, "state": "absent"}, once=True),
        Step(
            "It is made",
            {"state": "started", **given(**first)},
            actions=("create",),
            by_hand=partial(eyes.do, "rm", "--force", NAME),
            diff={
                "state": ("absent", "started"),
            },
            seen={
                "state": "started",
                "HostConfig.Memory": 64 * 2**20,
                "HostConfig.CpuQuota": 50000,
                "Config.Image": DOCKER_IMAGE,
                "Config.Labels.rightscope.service": NAME,
                "Config.Labels.weight": "3",
                "Config.Hostname": "web",
                "HostConfig.RestartPolicy.Name": "unless-stopped",
                "HostConfig.Sysctls.net.core.somaxconn": "256",
            },
            same={
                "requirements": {"memory": "65536 KiB", "cpus": "0.5"},
                **given(
                    image=f"docker.io/{DOCKER_IMAGE}",
                    env={"GREETING": "hello", "ANSWER": "42", "SWITCH": "true"},
                    published_ports=[f"127.0.0.1:{port + 1}:90/udp", f"127.0.0.1:{port}:80/tcp"],
                    labels={"tier": "gold", "weight": "3"},
                    capabilities=["CAP_SYS_PTRACE", "NET_ADMIN"],
                    sysctls={"net.core.somaxconn": "256"},
                    command="/bin/httpd -f -p 80 -h /www",
                ),
            },
        ),
        Step(
            "Its limits and its policy change in place",
            {
                "requirements": {"memory": "96 MiB", "cpus": 1},
                **given(restart_policy="on-failure", restart_retries=3, cpu_shares=512),
            },
            actions=("change",),
            diff={
                "memory": (64, 96),
                "memory_swap": (128, 192),
                "cpu_quota": (50000, 100000),
                "cpu_shares": (0, 512),
                "restart_policy": ("unless-stopped", "on-failure"),
                "restart_retries": (0, 3),
            },
            seen={
                "HostConfig.Memory": 96 * 2**20,
                "HostConfig.MemorySwap": 192 * 2**20,
                "HostConfig.CpuQuota": 100000,
                "HostConfig.CpuShares": 512,
                "HostConfig.RestartPolicy.Name": "on-failure",
                "HostConfig.RestartPolicy.MaximumRetryCount": 3,
            },
            same={
                "requirements": {"memory": 96, "cpus": 1.0},
                **given(restart_retries="3", cpu_shares="512"),
            },
        ),
        Step(
            "What it runs takes a new one",
            given(
                env={"GREETING": "good day", "ANSWER": GONE, "NEW": "1.50"},
                command="/bin/httpd -f -p 81 -h /www",
                labels={"tier": "silver", "weight": GONE, "loud": "true", "new": "false"},
                hostname="shop",
                user=0,
                working_dir="/www",
            ),
            actions=("replace",),
            diff={
                "env": (
                    {"GREETING": MASKED, "ANSWER": MASKED, "SWITCH": MASKED},
                    {"GREETING": MASKED, "NEW": MASKED, "SWITCH": MASKED},
                ),
                "command": (
                    ["/bin/httpd", "-f", "-p", "80", "-h", "/www"],
                    ["/bin/httpd", "-f", "-p", "81", "-h", "/www"],
                ),
                "labels": (
                    {"tier": "gold", "weight": "3", "loud": "true"},
                    {"tier": "silver", "loud": "true", "new": "false"},
                ),
                "hostname": ("web", "shop"),
                "user": ("", "0"),
                "working_dir": ("", "/www"),
            },
            seen={
                "Config.Env": SOMETHING,
                "Config.Cmd": ["/bin/httpd", "-f", "-p", "81", "-h", "/www"],
                "Config.Labels.tier": "silver",
                "Config.Labels.weight": None,
                "Config.Labels.new": "false",
                "Config.Hostname": "shop",
                "Config.User": "0",
                "Config.WorkingDir": "/www",
            },
            same=given(env={"NEW": "1.50"}, command=["/bin/httpd", "-f", "-p", "81", "-h", "/www"], user="0"),
        ),
        Step(
            "What it may and where it is reached takes a new one",
            given(
                image=OTHER_IMAGE,
                published_ports=[f"127.0.0.1:{port}-{port + 1}:80-81", "82"],
                capabilities=["net_admin"],
                cap_drop=["MKNOD", "chown"],
                sysctls={"net.core.somaxconn": 512, "net.ipv4.ip_forward": 1},
                read_only="yes",
                security_opts=["no-new-privileges:true"],
            ),
            actions=("replace",),
            diff={
                "image": (DOCKER_IMAGE, OTHER_IMAGE),
                "published_ports": (
                    [f"127.0.0.1:{port}->80/tcp", f"127.0.0.1:{port + 1}->90/udp"],
                    ["0.0.0.0:->82/tcp", f"127.0.0.1:{port}->80/tcp", f"127.0.0.1:{port + 1}->81/tcp"],
                ),
                "capabilities": (["NET_ADMIN", "SYS_PTRACE"], ["NET_ADMIN"]),
                "cap_drop": ([], ["CHOWN", "MKNOD"]),
                "sysctls": (
                    {"net.core.somaxconn": "256"},
                    {"net.core.somaxconn": "512", "net.ipv4.ip_forward": "1"},
                ),
                "read_only": (False, True),
                "security_opts": ([], ["no-new-privileges=true"]),
            },
            seen={
                "image": SOMETHING,
                "Config.Image": OTHER_IMAGE,
                "HostConfig.PortBindings.90/udp": None,
                "HostConfig.PortBindings.81/tcp": SOMETHING,
                "HostConfig.PortBindings.82/tcp": SOMETHING,
                "HostConfig.CapAdd": ["net_admin"],
                "HostConfig.CapDrop": SOMETHING,
                "HostConfig.Sysctls.net.core.somaxconn": "512",
                "HostConfig.Sysctls.net.ipv4.ip_forward": "1",
                "HostConfig.ReadonlyRootfs": True,
                "HostConfig.SecurityOpt": SOMETHING,
            },
            same=given(
                published_ports=["82", f"127.0.0.1:{port + 1}:81", f"127.0.0.1:{port}:80"],
                cap_drop=["CAP_CHOWN", "CAP_MKNOD"],
                read_only=True,
                security_opts=["no-new-privileges=true"],
            ),
        ),
        Step(
            "Data, health and a network take a new one",
            given(
                volumes=["kept:/data", "/var/empty:/host:ro"],
                mounts=[{"target": "/scratch", "type": "tmpfs", "tmpfs_size": "1M"}],
                healthcheck={"test": ["CMD", "true"], "interval": "1s", "retries": 2},
                networks=[{"name": "shop", "aliases": ["one"]}],
                ulimits=["nofile:512:1024"],
                etc_hosts={"db.example.com": "192.0.2.1"},
                init=True,
            ),
            actions=("replace",),
            by_hand=partial(eyes.do, "network", "create", "shop"),
            diff={
                "volumes": ([], ["/var/empty:/host:ro", "kept:/data:rw"]),
                "mounts": SOMETHING,
                "healthcheck": SOMETHING,
                "networks": (
                    {"network_mode": "bridge"},
                    {"shop": {"aliases": ["one"]}, "network_mode": "shop"},
                ),
                "ulimits": SOMETHING,
                "etc_hosts": SOMETHING,
                "init": (False, True),
            },
            seen={
                "HostConfig.Binds": SOMETHING,
                "HostConfig.Mounts": SOMETHING,
                "Config.Healthcheck.Test": ["CMD", "true"],
                "Config.Healthcheck.Interval": 10**9,
                "Config.Healthcheck.Retries": 2,
                "HostConfig.NetworkMode": SOMETHING,
                "networks.bridge": None,
                "networks.shop": ["one"],
                "HostConfig.Ulimits": SOMETHING,
                "HostConfig.ExtraHosts": ["db.example.com:192.0.2.1"],
                "HostConfig.Init": True,
            },
            same=given(
                volumes=["/var/empty:/host:ro", "kept:/data:rw"],
                mounts=[{"target": "/scratch", "type": "tmpfs", "tmpfs_size": "1024K"}],
                healthcheck={"test": ["CMD", "true"], "interval": "1000ms", "retries": "2"},
                ulimits=["nofile:512:1024"],
                init="yes",
            ),
        ),
        Step(
            "What has a volume is not made anew by itself",
            given(env={"GREETING": "good night"}),
            refused="needs 'replace: when_needed'; volume 'kept'",
        ),
        Step(
            "What must not be made anew is not",
            {"replace": "never"},
            refused="needs 'replace: when_needed'",
        ),
        Step(
            "Another alias takes a new one",
            {
                "replace": "when_needed",
                **given(env={"GREETING": "good day"}, networks=[{"name": "shop", "aliases": ["two"]}]),
            },
            actions=("replace",),
            diff={"networks": ({"shop": {"aliases": ["one"]}}, {"shop": {"aliases": ["two"]}})},
            seen={"networks.shop": ["two"]},
        ),
        Step(
            "An image that was built anew under its name takes a new one",
            by_hand=partial(eyes.do, "tag", DOCKER_IMAGE, OTHER_IMAGE),
            actions=("replace",),
            diff={"image": (f"an earlier {OTHER_IMAGE}", OTHER_IMAGE)},
            seen={"image": SOMETHING},
        ),
        Step(
            "What is given no more takes a new one without it",
            {
                "requirements": {"memory": GONE, "cpus": GONE},
                **given(
                    cpus="0.5",
                    env={"GREETING": GONE, "NEW": GONE, "SWITCH": GONE},
                    labels=GONE,
                    restart_policy=GONE,
                    restart_retries=GONE,
                    cpu_shares=GONE,
                    **dict.fromkeys(taken, GONE),
                ),
            },
            actions=("replace",),
            diff={
                "memory": (96 * 2**20, None),
                "cpus": (0, 500000000),
                "cpu_shares": (512, None),
                "restart_policy": ("on-failure", None),
                "restart_retries": (3, None),
                "env": ({"GREETING": MASKED, "NEW": MASKED, "SWITCH": MASKED}, {}),
                "labels": ({"tier": "silver", "loud": "true", "new": "false"}, {}),
                **dict.fromkeys(taken, SOMETHING),
            },
            seen={
                "Config.Cmd": ["/bin/httpd", "-f", "-p", "80", "-h", "/www"],
                "Config.Env": ["PATH=/bin"],
                "HostConfig.NanoCpus": 500000000,
                "HostConfig.NetworkMode": SOMETHING,
                "networks.bridge": [],
                **dict.fromkeys(
                    (
                        *(f"Config.Healthcheck.{name}" for name in ("Interval", "Retries", "Test")),
                        *(f"Config.{name}" for name in ("Hostname", "User", "WorkingDir")),
                        *(f"Config.Labels.{name}" for name in ("loud", "new", "tier")),
                        *(f"HostConfig.Cap{name}" for name in ("Add", "Drop")),
                        *(f"HostConfig.Cpu{name}" for name in ("Period", "Quota", "Shares")),
                        *(f"HostConfig.{name}" for name in ("ExtraHosts", "Init", "Memory", "MemorySwap", "Mounts")),
                        *(f"HostConfig.PortBindings.{name}/tcp" for name in (80, 81, 82)),
                        *(f"HostConfig.{name}" for name in ("ReadonlyRootfs", "SecurityOpt", "Ulimits")),
                        *(f"HostConfig.RestartPolicy.{name}" for name in ("Name", "MaximumRetryCount")),
                        *(f"HostConfig.Sysctls.net.{name}" for name in ("core.somaxconn", "ipv4.ip_forward")),
                        "networks.shop",
                    )
                ),
            },
            same=given(cpus=0.5, env=GONE, restart_policy=False),
        ),
        Step("It is restarted", {"state": "restarted"}, actions=("restart",), once=True),
        Step(
            "It is restarted with a change",
            given(cpu_shares=256),
            actions=("change", "restart"),
            diff={"cpu_shares": (0, 256)},
            seen={"HostConfig.CpuShares": 256},
            once=True,
        ),
        Step("It is stopped", {"state": "stopped"}, actions=("stop",), diff={"state": ("started", "stopped")}),
        Step(
            "It is changed in place while it is stopped, and stays so",
            {"requirements": {"memory": "64 MiB"}},
            actions=("change",),
            diff={"memory": (0, 64), "memory_swap": (0, 128)},
            seen={"HostConfig.Memory": 64 * 2**20, "HostConfig.MemorySwap": 128 * 2**20},
        ),
        Step(
            "It is made anew while it is stopped",
            {"state": "present", **given(user="0:0")},
            actions=("replace",),
            diff={"user": ("", "0:0")},
            seen={"Config.User": "0:0"},
        ),
        Step(
            "It is started with a change",
            {"state": "started", "requirements": {"memory": "96 MiB"}},
            actions=("change", "start"),
            diff={"state": ("stopped", "started"), "memory": (64, 96), "memory_swap": (128, 192)},
            seen={"HostConfig.Memory": 96 * 2**20, "HostConfig.MemorySwap": 192 * 2**20},
        ),
        Step(
            "It goes on where somebody paused it",
            actions=("start",),
            by_hand=partial(eyes.pause, NAME),
            diff={"state": ("paused", "started")},
        ),
        Step(
            "It is removed", {"state": "absent"}, actions=("remove",), diff={"state": ("started", "absent")}, once=True
        ),
        Step("It is gone", once=True),
    ]


def _lxd_story(case: Case) -> list[Step]:
    eyes, given = case.eyes, partial(_as, "lxd_container")
    here = f"/1.0/instances/{NAME}"
    mark = "config.user.rightscope.service"
    shared = {"type": "disk", "source": "/var/empty", "path": "/shared"}
    root = {"type": "disk", "path": "/", "pool": "default"}
    return [
        Step("A stranger is refused", refused="[name_taken]", by_hand=partial(eyes.put_stranger, NAME)),
        Step("A stranger is not removed", {"state": "absent"}, once=True),
        Step(
            "A stranger is taken over as it is",
            {"state": "stopped", "adopt": True},
            actions=("change",),
            diff={mark: (None, NAME)},
            seen={mark: NAME},
            once=True,
        ),
        Step(
            "What differs is done by the next run",
            actions=("change",),
            diff={
                "config.limits.memory": (None, "96MiB"),
                "config.limits.cpu": (None, "1"),
                "config.boot.autostart": (None, "false"),
            },
            seen={"config.limits.memory": "96MiB", "config.limits.cpu": "1", "config.boot.autostart": "false"},
        ),
        Step(
            "It is removed",
            {"adopt": False, "state": "absent"},
            actions=("remove",),
            diff={"state": ("stopped", "absent")},
            once=True,
        ),
        Step(
            "It is made",
            {
                "state": "started",
                **given(
                    config={"environment.ANSWER": "42", "user.note": "hello"},
                    devices={"shared": {**shared, "readonly": True}},
                ),
            },
            actions=("create",),
            diff={
                "state": ("absent", "started"),
                "devices": (None, {"shared": {**shared, "readonly": "true"}}),
            },
            seen={
                "state": "started",
                mark: NAME,
                "config.limits.memory": "96MiB",
                "config.environment.ANSWER": "42",
                "config.boot.autostart": "false",
                "devices.shared.readonly": "true",
            },
            same={
                "requirements": {"memory": "98304 KiB", "cpus": "1"},
                **given(
                    config={"environment.ANSWER": "42", "boot.autostart": "false"},
                    devices={"shared": {"readonly": "true"}},
                ),
            },
        ),
        Step(
            "Its limits change",
            {"requirements": {"memory": "128 MiB", "cpus": 1.5}},
            actions=("change",),
            diff={
                "config.limits.memory": ("96MiB", "128MiB"),
                "config.limits.cpu": ("1", "2"),
                "config.limits.cpu.allowance": (None, "150ms/100ms"),
            },
            seen={
                "config.limits.memory": "128MiB",
                "config.limits.cpu": "2",
                "config.limits.cpu.allowance": "150ms/100ms",
            },
            same={"requirements": {"memory": 128, "cpus": "1.5"}},
        ),
        Step(
            "Its keys change, come and go",
            {
                "requirements": {"cpus": 2},
                **given(config={"boot.autostart": GONE, "user.note": "good day", "environment.NEW": "true"}),
            },
            actions=("change",),
            diff={
                "config.boot.autostart": ("false", None),
                "config.user.note": ("hello", "good day"),
                "config.environment.NEW": (None, MASKED),
                "config.limits.cpu.allowance": ("150ms/100ms", None),
            },
            seen={
                "config.boot.autostart": None,
                "config.user.note": "good day",
                "config.environment.NEW": "true",
                "config.limits.cpu.allowance": None,
            },
            same=given(config={"environment.NEW": "true"}),
        ),
        Step(
            "A single key goes",
            given(config={"environment.NEW": GONE}),
            actions=("change",),
            diff={"config.environment.NEW": (MASKED, None)},
            seen={"config.environment.NEW": None},
        ),
        Step(
            "Its devices and its profiles change and come",
            given(
                devices={"shared": {"readonly": GONE}, "more": {**shared, "path": "/more"}},
                profiles=["default", "extra"],
            ),
            actions=("change",),
            by_hand=partial(eyes.do, "POST", "/1.0/profiles", {"name": "extra", "config": {"user.extra": "1"}}),
            diff={
                "devices.shared": ({**shared, "readonly": "true"}, shared),
                "devices.more": (None, {**shared, "path": "/more"}),
                "profiles": (["default"], ["default", "extra"]),
            },
            seen={
                "devices.shared.readonly": None,
                "devices.more.type": "disk",
                "devices.more.source": "/var/empty",
                "devices.more.path": "/more",
                "profiles": ["default", "extra"],
            },
        ),
        Step(
            "Its profiles come in another order, and a device goes",
            given(devices={"more": GONE}, profiles=["extra", "default"]),
            actions=("change",),
            diff={
                "devices.more": ({**shared, "path": "/more"}, None),
                "profiles": (["default", "extra"], ["extra", "default"]),
            },
            seen={
                "profiles": ["extra", "default"],
                **{f"devices.more.{key}": None for key in ("type", "source", "path")},
            },
        ),
        Step(
            "Its disk gets a size",
            {"requirements": {"disk": "1 GiB"}},
            actions=("change",),
            diff={"devices.root": (None, {**root, "size": "1024MiB"})},
            seen={f"devices.root.{key}": value for key, value in {**root, "size": "1024MiB"}.items()},
            same={"requirements": {"disk": "1048576 KiB"}},
        ),
        Step(
            "What somebody changed by hand is changed back, and what is theirs stays",
            actions=("change",),
            by_hand=partial(
                eyes.do, "PATCH", here, {"config": {"limits.memory": "200MiB", "user.theirs": "1", "user.note": ""}}
            ),
            diff={"config.limits.memory": ("200MiB", "128MiB"), "config.user.note": (None, "good day")},
            seen={"config.limits.memory": "128MiB", "config.user.note": "good day"},
        ),
        Step("It is restarted", {"state": "restarted"}, actions=("restart",), once=True),
        Step("It is stopped", {"state": "stopped"}, actions=("stop",), diff={"state": ("started", "stopped")}),
        Step(
            "It is changed while it is stopped, and stays so",
            {
                "requirements": {"memory": "96 MiB", "cpus": 0.5, "disk": "2 GiB"},
                **given(config={"user.note": GONE}, devices={"shared": {"path": "/other"}}, profiles=[]),
            },
            actions=("change",),
            diff={
                "config.limits.memory": ("128MiB", "96MiB"),
                "config.limits.cpu": ("2", "1"),
                "config.limits.cpu.allowance": (None, "50ms/100ms"),
                "config.user.note": ("good day", None),
                "devices.root": ({**root, "size": "1024MiB"}, {**root, "size": "2048MiB"}),
                "devices.shared": (shared, {**shared, "path": "/other"}),
                "profiles": (["extra", "default"], []),
            },
            seen={
                "config.limits.memory": "96MiB",
                "config.limits.cpu": "1",
                "config.limits.cpu.allowance": "50ms/100ms",
                "config.user.note": None,
                "devices.root.size": "2048MiB",
                "devices.shared.path": "/other",
                "profiles": [],
            },
            same={"state": "present", "requirements": {"cpus": "0.50", "disk": "2048 MiB"}},
        ),
        Step(
            "What is of another system is not made anew by itself",
            {"state": "present", **given(source={"alias": OTHER_SYSTEM})},
            refused="needs 'replace: when_needed'; its root disk would be lost",
        ),
        Step(
            "It is made anew of another system",
            {"replace": "when_needed", "requirements": {"memory": "128 MiB"}, **given(profiles=["default"])},
            actions=("remove", "replace"),
            diff={
                "image": SOMETHING,
                "config.limits.memory": ("96MiB", "128MiB"),
                "profiles": ([], ["default"]),
            },
            seen={"image": SOMETHING, "config.limits.memory": "128MiB", "profiles": ["default"]},
        ),
        Step(
            "It is started with a change",
            {"state": "started", "requirements": {"memory": "96 MiB"}},
            actions=("change", "start"),
            diff={"state": ("stopped", "started"), "config.limits.memory": ("128MiB", "96MiB")},
            seen={"config.limits.memory": "96MiB"},
        ),
        Step(
            "It goes on where somebody froze it",
            actions=("start",),
            by_hand=partial(eyes.do, "PUT", f"{here}/state", {"action": "freeze", "timeout": 10}),
            diff={"state": ("frozen", "started")},
        ),
        Step(
            "It is removed",
            {"state": "absent"},
            actions=("stop", "remove"),
            diff={"state": ("started", "absent")},
            once=True,
        ),
        Step("It is gone", once=True),
    ]


def _vm_story(case: Case) -> list[Step]:
    eyes, given = case.eyes, partial(_as, "proxmox_vm")
    mark = f"rightscope.service: {NAME}"
    return [
        Step("A stranger is refused", refused="[name_taken]", by_hand=partial(eyes.put_stranger, NAME)),
        Step("A stranger is not removed", {"state": "absent"}, once=True),
        Step(
            "A stranger is taken over as it is",
            {"state": "started", "adopt": True},
            actions=("change",),
            diff={"description": (None, mark), "tags": (None, "rightscope")},
            seen={"config.description": mark, "config.tags": "rightscope"},
            once=True,
        ),
        Step(
            "What differs is done by the next run",
            actions=("change",),
            diff={
                "cores": (1, 2),
                "cpu": (None, "x86-64-v2-AES"),
                "memory": ("512", "1024"),
                "onboot": (None, "1"),
            },
            seen={
                "config.onboot": 1,
                "pending.cores": 2,
                "pending.cpu": "x86-64-v2-AES",
                "pending.memory": "1024",
            },
            waits=("cores", "cpu", "memory"),
        ),
        Step(
            "It is removed",
            {"adopt": False, "state": "absent"},
            actions=("stop", "remove"),
            diff={"state": ("started", "absent")},
            once=True,
        ),
        Step(
            "It is made",
            {
                "state": "started",
                **given(
                    ciuser="deploy",
                    ipconfig={"ipconfig0": "ip=192.0.2.40/24,gw=192.0.2.1"},
                    net={"net0": "virtio,bridge=vmbr0,firewall=1"},
                    tags=["Shop", "db"],
                    description="The shop's database.\nAsk the shop's team.",
                    agent="1",
                    balloon=512,
                    cpulimit=1,
                    nameservers=["192.0.2.53", "192.0.2.54"],
                    sshkeys=f"{KEY}\n",
                    cipassword="not to be shown",
                ),
            },
            actions=("create", "change", "change", "start"),
            diff={
                "state": ("absent", "started"),
                "disk": (None, "20 GiB"),
                "memory": (None, "1024"),
                "onboot": (None, "1"),
                "tags": (None, "db;debian-12;linux;rightscope;shop"),
                "cipassword": (None, MASKED),
            },
            seen={
                "state": "started",
                "config.cores": 2,
                "config.memory": "1024",
                "config.cpu": "x86-64-v2-AES",
                "config.onboot": 1,
                "config.tags": "db;debian-12;linux;rightscope;shop",
                "config.description": f"The shop's database.\nAsk the shop's team.\n\n{mark}",
            },
            same={
                "requirements": {"memory": "1048576 KiB", "cpus": "2", "disk": "20480 MiB"},
                **given(
                    clone="900",
                    ipconfig={"ipconfig0": "gw=192.0.2.1,ip=192.0.2.40/24"},
                    net={"net0": "firewall=1,bridge=vmbr0,model=virtio"},
                    tags=["db", "SHOP", "rightscope"],
                    description="\nThe shop's database.\nAsk the shop's team.\n\n",
                    agent=True,
                    balloon="512",
                    cpulimit="1.0",
                    onboot="yes",
                    sshkeys=KEY,
                    cipassword="another, which cannot be compared",
                    acpi=True,
                    kvm="1",
                    tablet="on",
                    protection="no",
                    freeze=False,
                ),
            },
        ),
        Step(
            "What it takes while it runs changes at once",
            given(
                net={"net0": "virtio,bridge=vmbr0"},
                tags=["paid"],
                description="Words.",
                onboot=False,
                startup="order=2,up=5",
                cpulimit=2,
                scsi={"scsi1": "local-lvm:4"},
            ),
            actions=("change",),
            diff={
                "net0": SOMETHING,
                "tags": ("db;debian-12;linux;rightscope;shop", "debian-12;linux;paid;rightscope"),
                "description": (f"The shop's database.\nAsk the shop's team.\n\n{mark}", f"Words.\n\n{mark}"),
                "onboot": (1, 0),
                "startup": (None, "order=2,up=5"),
                "cpulimit": (1, 2),
                "scsi1": (None, "local-lvm:4"),
            },
            seen={
                "config.net0": SOMETHING,
                "config.tags": "debian-12;linux;paid;rightscope",
                "config.description": f"Words.\n\n{mark}",
                "config.onboot": None,
                "config.startup": "order=2,up=5",
                "config.cpulimit": 2,
                "config.scsi1": SOMETHING,
            },
            same=given(cpulimit="2.0", startup="up=5,order=2", onboot="no", tags=["Paid"]),
        ),
        Step(
            "Its disk grows",
            {"requirements": {"disk": "30 GiB"}},
            actions=("change",),
            diff={"disk": ("20 GiB", "30 GiB")},
            seen={"config.scsi0": SOMETHING},
            same={"requirements": {"disk": "8 GiB"}},
        ),
        Step(
            "What it does not take while it runs waits",
            {
                "requirements": {"memory": "2 GiB", "cpus": 3},
                **given(ciuser="admin", scsihw="virtio-scsi-pci", cpu="host", ipconfig={"ipconfig0": "ip=dhcp"}),
            },
            actions=("change",),
            diff={
                "memory": ("1024", "2048"),
                "cores": (2, 3),
                "ciuser": ("deploy", "admin"),
                "scsihw": ("virtio-scsi-single", "virtio-scsi-pci"),
                "cpu": ("x86-64-v2-AES", "host"),
                "ipconfig0": ("ip=192.0.2.40/24,gw=192.0.2.1", "ip=dhcp"),
            },
            seen={
                "pending.memory": "2048",
                "pending.cores": 3,
                "pending.ciuser": "admin",
                "pending.scsihw": "virtio-scsi-pci",
                "pending.cpu": "host",
                "pending.ipconfig0": "ip=dhcp",
            },
            waits=("ciuser", "cores", "cpu", "ipconfig0", "memory", "scsihw"),
            same={"requirements": {"memory": 2048, "cpus": 2.5}},
        ),
        Step(
            "What waits is applied by a restart where that is allowed",
            {"restart": "when_needed"},
            actions=("restart",),
            seen={
                "config.memory": "2048",
                "config.cores": 3,
                "config.ciuser": "admin",
                "config.scsihw": "virtio-scsi-pci",
                "config.cpu": "host",
                "config.ipconfig0": "ip=dhcp",
                **dict.fromkeys(
                    f"pending.{key}" for key in ("memory", "cores", "ciuser", "scsihw", "cpu", "ipconfig0")
                ),
                "since": SOMETHING,
            },
        ),
        Step(
            "A change that waits brings its restart along",
            {"requirements": {"cpus": 2}, **given(agent="enabled=1,type=isa")},
            actions=("change", "restart"),
            diff={"cores": (3, 2), "agent": ("1", "enabled=1,type=isa")},
            seen={"config.cores": 2, "config.agent": "enabled=1,type=isa"},
            same=given(agent="type=isa,enabled=1"),
        ),
        Step(
            "Ballooning that ends waits for a restart, too",
            given(balloon=0),
            actions=("change", "restart"),
            diff={"balloon": (512, 0)},
            seen={"config.balloon": None},
            same=given(balloon="0"),
        ),
        Step(
            "It is restarted with a change",
            {"state": "restarted", "restart": "never", "requirements": {"memory": "3 GiB"}},
            actions=("change", "restart"),
            diff={"memory": ("2048", "3072")},
            seen={"config.memory": "3072"},
            once=True,
        ),
        Step("It is restarted", actions=("restart",), once=True),
        Step("It is stopped", {"state": "stopped"}, actions=("stop",), diff={"state": ("started", "stopped")}),
        Step(
            "It is changed while it is stopped, and stays so",
            {"requirements": {"memory": "1 GiB", "cpus": 1}, **given(onboot=True, cpu="x86-64-v3", agent="1")},
            actions=("change",),
            diff={
                "memory": ("3072", "1024"),
                "cores": (2, 1),
                "onboot": SOMETHING,
                "cpu": ("host", "x86-64-v3"),
                "agent": ("enabled=1,type=isa", "1"),
            },
            seen={
                "config.memory": "1024",
                "config.cores": 1,
                "config.onboot": 1,
                "config.cpu": "x86-64-v3",
                "config.agent": "1",
            },
            same={"state": "present", **given(onboot="1")},
        ),
        Step(
            "What is given no more goes, a disk excepted",
            given(onboot=GONE, startup=GONE, ciuser=GONE, tags=GONE, scsi=GONE),
            actions=("change", "change"),
            diff={
                "onboot": (1, None),
                "startup": ("order=2,up=5", None),
                "ciuser": ("admin", None),
                "tags": ("debian-12;linux;paid;rightscope", "debian-12;linux;rightscope"),
            },
            seen={
                "config.onboot": None,
                "config.startup": None,
                "config.ciuser": None,
                "config.tags": "debian-12;linux;rightscope",
            },
        ),
        Step("It is started", {"state": "started"}, actions=("start",), diff={"state": ("stopped", "started")}),
        Step(
            "It is removed",
            {"state": "absent"},
            actions=("stop", "remove"),
            diff={"state": ("started", "absent")},
            once=True,
        ),
        Step("It is gone", once=True),
    ]


STORIES = {"docker_container": _docker_story, "lxd_container": _lxd_story, "proxmox_vm": _vm_story}


@pytest.fixture
def other_images(docker_engine, docker_eyes, lxd_engine, lxd_eyes) -> Iterator[None]:
    """The image by another tag, with something else in it, and one of another system; other tests know of neither."""
    docker.busybox_image(docker_engine.docker_host, OTHER_IMAGE, text="another page")
    made = lxd.busybox_image(lxd_engine.lxd_dir, OTHER_SYSTEM, properties={"release": "2"})
    yield
    docker_eyes.do("rmi", "--force", OTHER_IMAGE)
    lxd_eyes.do("DELETE", f"/1.0/images/{made}")


@pytest.mark.usefixtures("other_images")
def test_each_step_of_a_life_changes_what_it_says_and_nothing_else(play, case):
    base = {"name": NAME, "targets": [case.target], "wait_timeout": 20, **copy.deepcopy(case.args)}
    steps = STORIES[case.form](case)
    told = _tell(play, case, steps, base)

    faults = [f"{step.does}: {line}" for step, one in zip(steps, told, strict=True) for line in _faults(step, one)]

    assert not faults, "\n".join(faults)
