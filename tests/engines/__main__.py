# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engines from the command line, for scripts: python3 -m tests.engines packages | up | down | ..."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from . import _common, docker, lxd, machine, packages, pve
from ._common import EngineError

PRIVATE = {"docker": docker, "lxd": lxd, "proxmox": pve}
HOSTS = {"docker": "dock1", "lxd": "lab", "proxmox": "pve"}
# The longest path that an engine makes below its own directory is LXD's socket.
DEEPEST = len("/docker/lxd/unix.socket")
# What the system's packages make besides their files, by kind: removed only if it was not there before.
DATA = {
    "docker": (
        "/var/lib/docker",
        "/var/lib/containerd",
        "/etc/docker",
        "/run/docker",
        "/run/containerd",
        "/opt/containerd",
    ),
    "lxd": ("/var/lib/lxd", "/var/log/lxd", "/var/cache/lxd", "/etc/dnsmasq.d"),
    "proxmox": (),
}


def main() -> int:
    """Run the command; an error is one line on standard error and status 1."""
    args = _parser().parse_args()
    try:
        args.run(args)
    except EngineError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.engines", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("packages", help="install what is lacking")
    command.add_argument("--record", type=Path, help="add what is new to this file, for 'purge'")
    command.set_defaults(run=do_packages)
    command.add_argument("kinds", nargs="*", metavar="KIND", default=[])
    command = commands.add_parser("up", help="start engines, make small images, write an inventory")
    command.add_argument("--state", type=Path, required=True, metavar="DIR", help="where all is kept")
    command.add_argument("--own", action="store_true", help="use the machine's own Docker and LXD where there are any")
    command.add_argument("--python", default=sys.executable, help="a Python that has fakepve")
    command.add_argument("kinds", nargs="*", metavar="KIND", default=[], help="docker, lxd, proxmox (default: all)")
    command.set_defaults(run=do_up)
    command = commands.add_parser("down", help="stop what 'up' started, and nothing else")
    command.add_argument("--state", type=Path, required=True, metavar="DIR")
    command.set_defaults(run=do_down)
    command = commands.add_parser("purge", help="remove the packages that 'packages --record' installed")
    command.add_argument("--record", type=Path, required=True)
    command.set_defaults(run=do_purge)
    command = commands.add_parser("runs", help="tell which processes run from packages")
    command.add_argument("names", nargs="+", metavar="PACKAGE")
    command.set_defaults(run=do_runs)
    return parser


def _kinds(args) -> list[str]:
    """The kinds asked for."""
    for kind in args.kinds:
        if kind not in PRIVATE:
            raise EngineError(f"There is no kind '{kind}'; the kinds are {', '.join(PRIVATE)}.")
    return args.kinds or list(PRIVATE)


def _read(path: Path) -> dict:
    """A file's mapping; empty where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise EngineError(f"'{path}' is damaged and cannot be read. Look at it, then remove it by hand.") from None


def _write(path: Path, data: dict) -> None:
    """Write a mapping for its owner alone: it may hold a token."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1, sort_keys=True)
        file.write("\n")
    new.replace(path)


# ---------------------------------------------------------------------- packages


def do_packages(args) -> None:
    """Install what is lacking, and say what is new."""
    record = _read(args.record) if args.record else {}
    for kind in _kinds(args):
        paths = [path for path in DATA[kind] if not os.path.exists(path)]
        entry = record.setdefault(kind, {"asked": [], "packages": [], "paths": paths})
        missing = packages.lacking([kind])
        if missing:
            print(f"{kind}: installing {', '.join(missing)}", flush=True)
        new = packages.ensure([kind])
        entry["asked"] = sorted({*entry["asked"], *missing})
        entry["packages"] = sorted({*entry["packages"], *new})
        if args.record:
            _write(args.record, record)
        print(f"{kind}: {'installed ' + ', '.join(new) if new else 'all packages are there'}", flush=True)


def do_purge(args) -> None:
    """Remove the packages that are new since, and their data, unless an engine holds something or runs from them."""
    record = _read(args.record)
    free, needed = {}, set()
    for kind, entry in record.items():
        reason = _reason_to_keep(kind, set(entry["packages"]))
        if reason is None:
            free[kind] = entry
        elif entry["packages"]:
            print(f"{kind}: kept with its packages, since {reason}", flush=True)
            # What a kind takes may have been installed for another one before it.
            needed |= set(packages.NEEDED[kind])
    ours = {name for entry in free.values() for name in entry["packages"]} - needed
    kept = packages.remove({name for entry in free.values() for name in entry["asked"]}, ours)
    if kept:
        print(f"Kept the packages {', '.join(sorted(kept))}, since others need them now.", flush=True)
    for kind, entry in free.items():
        if entry["packages"] and not packages.needed_here(kind):
            _remove_paths(entry["paths"])
            asked = [name for name in entry["asked"] if name not in needed]
            print(f"{kind}: removed {', '.join(asked)} and what came along", flush=True)
        elif not _running(kind):
            _remove_paths([path for path in entry["paths"] if path.startswith("/run/")])
    args.record.unlink(missing_ok=True)


def _reason_to_keep(kind: str, names: set[str]) -> str | None:
    """Why the packages of a kind stay: what the machine's own engine holds, or who else runs from them; else None."""
    engine = _running(kind)
    held = engine.others() if engine else []
    if held:
        return f"it holds {', '.join(held[:5])}"
    # The machine's own engine, which holds nothing, goes with its package.
    pid = _common.listener(engine.socket) if engine else None
    running = packages.programs_at_work(names, _common.with_children({pid}) if pid and pid > 1 else set())
    if running:
        return "; ".join(f"PID {pid} runs {program}" for pid, program in list(running.items())[:5])
    return None


def do_runs(args) -> None:
    """Print the processes that run from packages."""
    for pid, program in packages.programs_at_work(set(args.names)).items():
        print(f"PID {pid} runs {program}", flush=True)


def _running(kind: str) -> machine.Engine | None:
    """The machine's own engine of this kind, if it answers without being started."""
    for socket in machine.SOCKETS.get(kind, ()):
        engine = machine.Engine(kind, socket, False, {})
        if os.path.exists(socket) and machine._answers(kind, socket):
            return engine
    return None


def _remove_paths(paths: list[str]) -> None:
    """Remove directories that were not there before."""
    for path in paths:
        if os.path.isdir(path):
            _common.remove_tree(Path(path))


# ----------------------------------------------------------------------- up, down


def do_up(args) -> None:
    """Start what does not run yet, and write the inventory."""
    directory = args.state.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    state = _read(directory / "state.json")
    if "base" not in state:
        state["base"] = str(_base(directory))
        _write(directory / "state.json", state)
    engines = state.setdefault("engines", {})
    for kind in _kinds(args):
        entry = engines.get(kind)
        engine = _load(entry) if entry else None
        if engine is not None and _alive(engine):
            print(f"{kind}: runs already", flush=True)
        else:
            if engine is not None:
                engine.stop()
            engine = _start(kind, Path(state["base"]), args)
        engines[kind] = {"engine": engine.state(), "shared": isinstance(engine, machine.Engine)}
        _write(directory / "state.json", state)
        made = machine.furnish(engine)
        engines[kind]["engine"] = engine.state()
        engines[kind]["made"] = made
        _write(directory / "state.json", state)
        print(f"{kind}: ready{_told(engine)}", flush=True)
    _write(directory / "inventory.yml", _inventory(engines))
    profile = engines.get("lxd", {}).get("made", {}).get("profile", "default")
    _write(directory / "vars.json", {"quickstart_profiles": [profile]})


def _base(directory: Path) -> Path:
    """Where private engines go: below the state, unless sockets would be named too long or containers be shut out."""
    short = len(str(directory / "engines")) + DEEPEST < _common.LONGEST_SOCKET
    if short and not _common.closed_to_others(directory):
        return directory / "engines"
    parent = "/var/lib" if os.access("/var/lib", os.W_OK) else "/tmp"
    elsewhere = Path(tempfile.mkdtemp(prefix="rightscope-", dir=parent))
    elsewhere.chmod(0o711)
    return elsewhere


def _load(entry: dict):
    """An engine out of the state."""
    state = entry["engine"]
    return machine.Engine.from_state(state) if entry["shared"] else PRIVATE[state["kind"]].Engine.from_state(state)


def _alive(engine) -> bool:
    """Whether an engine of the state still runs."""
    if isinstance(engine, machine.Engine):
        return machine._answers(engine.kind, engine.socket)
    return engine.process.alive


def _start(kind: str, base: Path, args):
    """Start an engine: the machine's own if that is wanted and there, else a private one."""
    if kind == "proxmox":
        return pve.start(base / kind, python=args.python)
    own = machine.find(kind) if args.own else None
    return own or PRIVATE[kind].start(base / kind)


def _told(engine) -> str:
    """What to say of an engine in one line."""
    if isinstance(engine, machine.Engine):
        return f", this machine's own on {engine.socket}" + (", started now" if engine.unit_started else "")
    if engine.kind == "proxmox":
        return f", a SIMULATION on https://{engine.ready['host']}:{engine.ready['port']}: its VMs are not real"
    return f", a private one on {engine.socket} (pid {engine.process.pid})"


def _inventory(engines: dict) -> dict:
    """The inventory of all engines; JSON is YAML."""
    hosts = {}
    for kind, entry in sorted(engines.items()):
        hosts[HOSTS[kind]] = {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "rightscope_kind": kind,
            "rightscope_options": _load(entry).options,
        }
    return {"rightscope_targets": {"hosts": hosts}}


def do_down(args) -> None:
    """Stop every engine of the state; one that cannot be stopped does not keep the others from it."""
    directory = args.state.resolve()
    state = _read(directory / "state.json")
    troubles = []
    for kind, entry in list(state.get("engines", {}).items()):
        try:
            engine = _load(entry)
            engine.stop()
            held = engine.others() if isinstance(engine, machine.Engine) else []
            print(f"{kind}: " + (f"kept as it was, it holds {', '.join(held[:5])}" if held else "gone"), flush=True)
        except EngineError as error:
            troubles.append(f"{kind}: {error}")
            continue
        del state["engines"][kind]
        _write(directory / "state.json", state)
    if troubles:
        raise EngineError("; ".join(troubles))
    if state.get("base"):
        shutil.rmtree(state["base"], ignore_errors=True)
    for name in ("state.json", "inventory.yml", "vars.json"):
        (directory / name).unlink(missing_ok=True)
    if directory.is_dir() and not any(directory.iterdir()):
        directory.rmdir()


if __name__ == "__main__":
    sys.exit(main())
