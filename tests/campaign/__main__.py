# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The campaign from the command line: python3 -m tests.campaign --steps 1000 [--seed S] [--directory DIR]."""

from __future__ import annotations

import argparse
import collections as tables
import contextlib
import hashlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.integration.conftest import REPOSITORY, SCRIPTS, _environment

from .machine import Campaign, Over
from .world import World, own_engines

A_LIFE = 10
"""Steps of one example, which begins with empty engines."""

SHRINKING = 60
"""Steps that may be made, beside those asked for, in order to find fewer that fail as well."""

EXAMPLES = 8
"""Examples that are drawn from one seed: the first of them are always simple."""


def main() -> int:
    """Run the steps; each finding is told, and written to a file with all that led to it."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.campaign", description=__doc__)
    parser.add_argument("--steps", type=int, default=200, help="how many steps to make (default: 200)")
    parser.add_argument("--seed", type=int, default=None, help="where chance begins (default: by chance, and told)")
    parser.add_argument("--no-shrink", action="store_true", help="do not look for fewer steps that fail as well")
    parser.add_argument("--out", type=Path, default=REPOSITORY / ".cache" / "campaign", help="where findings go")
    args = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if args.seed is None else args.seed
    print(f"seed {seed}, {args.steps} steps; findings go to {args.out}/{seed}-*", flush=True)
    # Whoever ends it leaves no engine behind; a shell's background jobs ignore an interrupt.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    directory = Path(tempfile.mkdtemp(prefix="rs-campaign-", dir="/tmp"))
    directory.chmod(0o711)
    args.out.mkdir(parents=True, exist_ok=True)
    try:
        with own_engines(directory) as grounds:
            plays = directory / "plays"
            plays.mkdir()
            world = World(plays, installed(directory), grounds, may_kill=True)
            return _campaign(world, seed, args)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def installed(directory: Path) -> Path:
    """Where the collection is installed, from the tarball that its users get."""
    path, out = directory / "collections", directory / "build"
    galaxy = [str(SCRIPTS / "ansible-galaxy"), "collection"]
    quiet = {"capture_output": True, "cwd": REPOSITORY, "env": _environment(path)}
    subprocess.run([*galaxy, "build", "--output-path", str(out)], check=True, **quiet)
    (tarball,) = out.glob("*.tar.gz")
    subprocess.run([*galaxy, "install", "--offline", "--no-deps", str(tarball), "-p", str(path)], check=True, **quiet)
    return path


def _campaign(world: World, seed: int, args: argparse.Namespace) -> int:
    found: dict[str, int] = tables.Counter()
    began, number, left = time.monotonic(), 0, args.steps
    while left > 0:
        fault = run(world, seed + number, left, shrink=not args.no_shrink)
        made, left = left - max(Campaign.budget, 0), max(Campaign.budget, 0)
        number += 1
        if fault is not None:
            kind = hashlib.sha256(_kind(fault[-1]).encode()).hexdigest()[:8]
            found[kind] += 1
            file = args.out / f"{seed}-{kind}.txt"
            if found[kind] == 1:
                file.write_text("\n".join([f"seed {seed + number - 1}", *fault]) + "\n", encoding="utf-8")
                if world.kept.is_dir():
                    shutil.copytree(world.kept, file.with_suffix(""), dirs_exist_ok=True)
            print(f"FOUND {file}: {_kind(fault[-1])}", flush=True)
        if not made:
            raise SystemExit("No step was made: the campaign itself is broken.")
        print(
            f"{args.steps - left} of {args.steps} steps, {time.monotonic() - began:.0f} s, {made} in batch", flush=True
        )
    print(
        f"seed {seed}: {args.steps} steps, {world.plays} plays, {time.monotonic() - began:.0f} s, {len(found)} findings"
    )
    return 1 if found else 0


def run(world: World, seed: int, steps: int, *, shrink: bool = True, examples: int = EXAMPLES) -> list[str] | None:
    """Make at most so many steps from a seed; the steps that led to a failure and its traceback, or None."""
    Campaign.world, Campaign.budget, Campaign.simplest = world, steps, True
    # Hypothesis makes the steps of a failure once more even where nothing is to be shrunk.
    Campaign.spare = SHRINKING if shrink else 0
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]
    chosen = settings(
        max_examples=examples,
        stateful_step_count=A_LIFE,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
    )
    world.failed = None
    shutil.rmtree(world.kept, ignore_errors=True)
    with contextlib.suppress(Over):
        try:
            run_state_machine_as_test(hypothesis.seed(seed)(Campaign), settings=chosen)
        except Exception as error:
            # What Hypothesis says of a failure that did not come again is no failure of its own.
            return world.failed or [*world.log, "", "".join(traceback.format_exception(error))]
    return world.failed


def _kind(fault: str) -> str:
    """What a fault is, without what is of this run alone."""
    lines = [
        line
        for line in fault.splitlines()
        if line.lstrip(" |+-").startswith(("AssertionError", "hypothesis.", "tests."))
    ]
    return (lines or fault.splitlines())[-1].strip()[:300]


if __name__ == "__main__":
    sys.exit(main())
