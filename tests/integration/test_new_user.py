# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What README.md says to a new user, done as it stands there, in an empty directory and with the built tarball."""

from __future__ import annotations

import re
import shlex
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.engines import _common

from .conftest import DOCKER_IMAGE, REPOSITORY, SCRIPTS, _environment

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
START = README.split("\n## Start\n")[1].split("\n## ")[0]
FILES = dict(re.findall(r"^```yaml\n# (\S+\.yml)\n(.*?)^```$", START, re.M | re.S))
COMMANDS = [
    line.partition("    #")[0].strip()
    for block in re.findall(r"^```console\n(.*?)^```$", START, re.M | re.S)
    for line in block.splitlines()
]
PORT = 8080


def test_the_start_is_as_short_as_it_is_promised():
    assert list(FILES) == ["inventory.yml", "place.yml", "roles/page/tasks/main.yml"]
    assert len(FILES["inventory.yml"].splitlines()) <= 6
    assert len(FILES["place.yml"].split("\n\n")[0].splitlines()) <= 11
    programs = [command.split()[0] for command in COMMANDS]
    assert programs == ["ansible-galaxy", "pip", "ansible-playbook", "curl", "ansible"]


@pytest.fixture
def image(docker_engine, docker_eyes) -> str:
    """One that serves pages from where the real one does."""

    def docker(*words: str) -> str:
        return _common.run(["docker", "-H", docker_engine.docker_host, *words]).strip()

    name = re.search(r'image: "([^"]+)"', FILES["place.yml"]).group(1)
    made = docker("run", "--detach", DOCKER_IMAGE)
    docker("exec", made, "sh", "-c", "mkdir -p /usr/share/nginx && ln -s /www /usr/share/nginx/html")
    docker("commit", made, name)
    docker("rm", "--force", made)
    yield name
    docker_eyes.clear()
    docker("rmi", name)


class Shell:
    """An empty directory and home; the engine is where its environment says, as any client of Docker finds it."""

    def __init__(self, directory: Path, collections: Path, docker_host: str, port: int) -> None:
        self.directory, self.port = directory / "empty", port
        self.directory.mkdir()
        home = {"HOME": str(self.directory), "DOCKER_HOST": docker_host}
        self.environment = _environment(collections, **home)

    def write(self, name: str) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FILES[name].replace(str(PORT), str(self.port)), encoding="utf-8")

    def run(self, command: str) -> str:
        words = shlex.split(command)
        done = subprocess.run(
            [str(SCRIPTS / words[0]), *words[1:]],
            capture_output=True,
            text=True,
            env=self.environment,
            cwd=self.directory,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def page(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10) as answer:
            return answer.read().decode().strip()


def test_what_a_new_user_is_told_to_do_works(tmp_path, collections, docker_target, docker_engine, docker_eyes, image):
    shell = Shell(tmp_path, collections, docker_engine.docker_host, _common.free_port())
    for name in FILES:
        shell.write(name)
    _install, _libraries, place, _curl, remove = COMMANDS

    made = shell.run(place)

    assert "Service 'web' goes to 'dock1', a Docker container (1 of 1 candidate fits)." in made
    assert shell.page() == "Served by a docker_container"
    assert docker_eyes.state("web") == "started"

    again = shell.run(place)

    assert re.search(r"^localhost +: ok=1 +changed=0 ", again, re.M), again
    assert re.search(r"^web +: ok=1 ", again, re.M), again

    (shell.directory / "services.yml").write_text("plugin: rightscope.deploy.services\n", encoding="utf-8")
    graph = shell.run("ansible-inventory -i inventory.yml -i services.yml --graph")
    assert re.search(r"@rightscope_docker_container:\n +\|  \|--web\n", graph), graph

    shell.run(remove)
    assert docker_eyes.names() == []
