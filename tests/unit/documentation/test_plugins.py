# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the plugins say of themselves is what they are. Sanity knows no action, and little of this."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import textwrap
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import arguments as _arguments
from ansible_collections.rightscope.deploy.plugins.plugin_utils._controller import placement as _placement
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.candidates import candidates
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.decide import decide
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.decision.scorers import SCORERS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.explanation.explain import as_data
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.forms import FORMS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.needs import NEEDS
from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.reading import requirements as _requirements
from tests.unit.core import builders

ROOT = Path(__file__).resolve().parents[3]
COLLECTION = "rightscope.deploy"
MODULES = sorted(file.stem for file in (ROOT / "plugins/modules").glob("*.py"))
ACTIONS = {"service": _arguments.SERVICE, "service_info": _arguments.INFO}
# What an option is where nothing is said.
USUAL = {"type": "str", "required": False, "default": None, "choices": None, "elements": None, "aliases": []}
ATTRIBUTES = {"action", "async", "check_mode", "diff_mode", "idempotent", "platform"}
SAMPLES = {"bool": bool, "dict": dict, "float": (float, int), "int": int, "list": list, "str": str}
# A task's module is told from its keywords by the dots in its name.
FULL_NAME = re.compile(r"[a-z_]+\.[a-z_]+\.[a-z_]+")
OTHERS = [kind for kind in ("connection", "inventory") if (ROOT / "plugins" / kind).is_dir()]
GUIDE = (ROOT / "docs/docsite/rst/guide.rst").read_text(encoding="utf-8")
each_module = pytest.mark.parametrize("name", MODULES)


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> dict[str, dict[str, t.Any]]:
    """What is told of each module."""
    return _told("module", MODULES, tmp_path_factory.mktemp("home"))


def _told(kind: str, names: list[str], home: Path) -> dict[str, dict[str, t.Any]]:
    """What ansible-doc tells of each plugin, with the fragments in their places."""
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "doc", "--type", kind, "--json", *(f"{COLLECTION}.{name}" for name in names)],
        env=os.environ | {"ANSIBLE_HOME": str(home), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {name.rpartition(".")[2]: found for name, found in json.loads(done.stdout).items()}


# --- options --------------------------------------------------------------------------------------


class _CalledError(Exception):
    """Thrown in place of a module's work, with what it says of its arguments."""


def _declared(name: str, monkeypatch) -> dict[str, t.Any]:
    """What the code of a module or action says of its arguments."""
    if name in ACTIONS:
        return {"argument_spec": ACTIONS[name], "supports_check_mode": True}

    def called(**declared: t.Any) -> t.NoReturn:
        raise _CalledError(declared)

    module = importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{name}")
    monkeypatch.setattr(module, "AnsibleModule", called)
    with pytest.raises(_CalledError) as caught:
        module.main()
    return caught.value.args[0]


def _differences(documented: dict[str, t.Any], arguments: dict[str, t.Any], where: str = "") -> t.Iterator[str]:
    for name in sorted(documented.keys() ^ arguments.keys()):
        yield f"{where}{name} is {'not documented' if name in arguments else 'documented and not there'}"
    for name in documented.keys() & arguments.keys():
        option, argument = documented[name], arguments[name]
        for key in _compared(argument):
            if option.get(key, USUAL[key]) != argument.get(key, USUAL[key]):
                yield f"{where}{name}: {key} is documented as {option.get(key)!r} and is {argument.get(key)!r}"
        if argument.get("type") != "raw":
            yield from _differences(option.get("suboptions") or {}, argument.get("options") or {}, f"{where}{name}.")


def _compared(argument: dict[str, t.Any]) -> set[str]:
    """Of ``raw``, and of the entries of a list that may be anything, the documentation alone says what they are."""
    if argument.get("type") == "raw":
        return {"required", "choices", "aliases"}
    return USUAL.keys() - ({"elements"} if "elements" not in argument and argument.get("type") == "list" else set())


@each_module
def test_each_option_is_documented_as_it_is(name, told, monkeypatch):
    arguments = _declared(name, monkeypatch)["argument_spec"]
    assert not [*_differences(told[name]["doc"]["options"], arguments)]


def test_each_requirement_is_documented(told):
    documented = told["service"]["doc"]["options"]["requirements"]["suboptions"]
    below = {f"kernel.{key}" for key in documented["kernel"]["suboptions"]}
    assert {*documented} - {"kernel"} | below == {need.key for need in NEEDS}
    assert documented["forms"]["choices"] == list(FORMS)


def test_each_requirement_has_the_default_and_takes_the_choices_that_are_documented(told):
    documented = told["service"]["doc"]["options"]["requirements"]["suboptions"]
    flat = [((name,), option) for name, option in documented.items()]
    flat += [(("kernel", name), option) for name, option in documented["kernel"]["suboptions"].items()]
    for path, option in flat:
        if "default" in option:
            assert _needing(path, option["default"]) == _needing((), {}), path
        for choice in option.get("choices", ()):
            _needing(path, [choice] if option["type"] == "list" else choice)
        if "choices" in option:
            with pytest.raises(_requirements.RequirementsError):
                _needing(path, ["another"] if option["type"] == "list" else "another")


def _needing(path: tuple[str, ...], value: t.Any) -> t.Any:
    for key in reversed(path):
        value = {key: value}
    return _requirements.parse_service("web", value, {}, forms=tuple(FORMS))


def test_each_form_and_each_scorer_is_documented(told):
    options = told["service"]["doc"]["options"]
    assert set(options["as"]["suboptions"]) == set(FORMS)
    text = " ".join(options["weights"]["description"])
    assert all(f"V({scorer.__name__})" in text for scorer in SCORERS)


# --- attributes, versions, words ------------------------------------------------------------------


@each_module
def test_each_attribute_is_there_and_says_why_it_is_not_full(name, told, monkeypatch):
    attributes = told[name]["doc"]["attributes"]
    groups = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    membership = [f"{COLLECTION}.{group}" for group, members in groups.items() if name in members]
    assert set(attributes) == ATTRIBUTES | ({"action_group"} if membership else set())
    assert attributes.get("action_group", {}).get("membership", []) == membership
    for attribute, said in attributes.items():
        assert said["description"], attribute
        assert said["support"] in ("full", "none") or said.get("details"), attribute

    has_action = (ROOT / f"plugins/action/{name}.py").exists()
    assert (attributes["action"]["support"] == "full") == has_action == (name in ACTIONS)
    checks = _declared(name, monkeypatch).get("supports_check_mode", False)
    assert (attributes["check_mode"]["support"] != "none") == checks


def test_the_pythons_that_the_sanity_tests_leave_out_are_told_of(told):
    wanted = yaml.safe_load((ROOT / "tests/config.yml").read_text(encoding="utf-8"))["modules"]["python_requires"]
    said = f"Python {wanted.removeprefix('>=')} or newer on the managed node"
    assert not [name for name in MODULES if said not in told[name]["doc"]["requirements"]]


def test_what_is_new_says_since_when(told):
    changes = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text(encoding="utf-8"))["releases"]
    released = {entry["name"]: version for version in changes for entry in changes[version].get("modules", ())}
    last = max(map(_version, changes))
    for name in MODULES:
        since = told[name]["doc"]["version_added"]
        assert since == released[name] if name in released else _version(since) > last, name
        for path, entry in (*_walk(told[name]["doc"]["options"], "suboptions"), *_walk(told[name]["return"])):
            version = _version(entry.get("version_added", since))
            assert version >= _version(since), f"{name}: {path} cannot be older than the module"
            assert version > last or ".".join(map(str, version)) in changes, f"{name}: {path} is of no release"


def _version(text: str) -> tuple[int, ...]:
    assert re.fullmatch(r"\d+\.\d+\.\d+", text), text
    return tuple(map(int, text.split(".")))


def _walk(entries: dict[str, t.Any], inner: str = "contains", where: str = "") -> t.Iterator[tuple[str, t.Any]]:
    for name, entry in entries.items():
        yield f"{where}{name}", entry
        yield from _walk(entry.get(inner) or {}, inner, f"{where}{name}.")


@each_module
def test_options_and_values_have_their_markup_instead_of_quotes(name, told):
    doc = told[name]["doc"]
    texts = [doc["description"], doc.get("notes", []), [said.get("details", "") for said in doc["attributes"].values()]]
    entries = (*_walk(doc["options"], "suboptions"), *_walk(told[name]["return"]))
    for text in (*texts, *(entry["description"] for _path, entry in entries)):
        for line in _lines(text):
            assert not re.search(r"""(^|[\s(])['"`]""", line), line


def _lines(text: str | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else text


# --- results --------------------------------------------------------------------------------------


@each_module
def test_each_result_is_described_with_an_example(name, told):
    assert not [*_gaps(told[name]["return"])]


def _gaps(results: dict[str, t.Any], covered: bool = False, where: str = "") -> t.Iterator[str]:
    """What is lacking; a sample of the whole is one of its parts too."""
    for name, result in results.items():
        path, inner = f"{where}{name}", result.get("contains")
        for key in ("description", "returned", "type", *(["elements"] if result.get("type") == "list" else [])):
            if not result.get(key):
                yield f"{path} has no {key}"
        if "sample" in result:
            yield from _misfits(result["sample"], result, path)
        elif not covered and not inner:
            yield f"{path} has no sample"
        yield from _gaps(inner or {}, covered or "sample" in result, f"{path}.")


def _misfits(sample: t.Any, result: dict[str, t.Any], path: str) -> t.Iterator[str]:
    """Where a sample is not what it is a sample of."""
    if sample is None and "V(null)" in " ".join(_lines(result["description"])):
        return
    kind = result["type"]
    if not isinstance(sample, SAMPLES[kind]) or (isinstance(sample, bool) and kind != "bool"):
        yield f"the sample of {path} is no {kind}: {sample!r}"
    elif kind == "list":
        for entry in sample:
            yield from _misfits(entry, {**result, "type": result["elements"]}, f"{path}[]")
    elif result.get("contains"):
        for key, value in sample.items():
            if key in result["contains"]:
                yield from _misfits(value, result["contains"][key], f"{path}.{key}")
            else:
                yield f"the sample of {path} has {key}, which is not documented"


def test_decision_and_placement_have_the_keys_that_are_documented(told):
    results = told["service"]["return"]
    web = builders.service(made_as={"docker_container": {"image": "web:1"}}, kernel={"modules": ["overlay"]})
    there = builders.target(instances=(builders.instance(),))
    placed = _placement.placement(web.name, there, there.instances)
    assert set(results["placement"]["contains"]) == set(placed)

    targets = [there, builders.target("lxd", kernel_modules=frozenset())]
    decision = as_data(decide(web, candidates(web, targets), weights={}, accept_unknown=False))
    documented = results["decision"]["contains"]
    assert set(documented) == set(told["service_info"]["return"]["decision"]["contains"]) == set(decision)
    assert set(documented["chosen"]["contains"]) == set(decision["chosen"])
    verdicts = documented["verdicts"]["contains"]
    assert [set(verdicts)] * 2 == [set(verdict) for verdict in decision["verdicts"]]
    assert set(verdicts["failures"]["contains"]) == set(decision["verdicts"][1]["failures"][0])


# --- examples -------------------------------------------------------------------------------------


@each_module
def test_each_example_is_a_task_that_would_be_taken(name, told):
    tasks = yaml.safe_load(told[name]["examples"])
    modules = []
    for task in tasks:
        assert task["name"]
        (module,) = (key for key in task if FULL_NAME.fullmatch(key))
        modules.append(module)
        if module.rpartition(".")[0] == COLLECTION:
            short = module.rpartition(".")[2]
            assert not [*_mistakes(task[module], told[short]["doc"]["options"])], task["name"]
            for service in task[module].get("services", [task[module]] if short in ACTIONS else []):
                _requirements.parse_service(
                    service["name"], service.get("requirements"), service.get("as"), forms=tuple(FORMS)
                )
    assert f"{COLLECTION}.{name}" in modules
    keywords = {key for task in tasks for key in task} - set(modules)
    assert keywords <= {"name", "register", "delegate_to"}, "a module without its full name, or a new keyword of a task"


def _mistakes(given: dict[str, t.Any], options: dict[str, t.Any], where: str = "") -> t.Iterator[str]:
    for name in sorted(given.keys() - options.keys()):
        yield f"{where}{name} is no option"
    for name, option in options.items():
        if option.get("required") and name not in given:
            yield f"{where}{name} is required"
        if option.get("suboptions") and isinstance(given.get(name), dict):
            yield from _mistakes(given[name], option["suboptions"], f"{where}{name}.")


@pytest.mark.parametrize("block", re.findall(r"yaml\+jinja\n\n((?:    .*\n|\n)+)", GUIDE))
def test_each_example_of_the_guide_is_one(block, told):
    found = yaml.safe_load(textwrap.dedent(block))
    for task in found if isinstance(found, list) else ():
        (module,) = (key for key in task if FULL_NAME.fullmatch(key))
        assert not [*_mistakes(task[module], told[module.rpartition(".")[2]]["doc"]["options"])]


# --- the other plugins ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OTHERS)
def test_each_option_of_another_plugin_is_documented_and_taken(kind, tmp_path):
    files = {file.stem: file for file in (ROOT / "plugins" / kind).glob("*.py")}
    for name, found in _told(kind, sorted(files), tmp_path).items():
        text = files[name].read_text(encoding="utf-8")
        documented, _quotes, code = text.partition('DOCUMENTATION = r"""')[2].partition('"""')
        taken, options = set(re.findall(r'get_option\("(\w+)"\)', code)), found["doc"]["options"]
        assert taken <= set(options)
        # What a fragment brings along, and an inventory's own name, the classes of Ansible take.
        own = set(yaml.safe_load(documented)["options"]) - {"plugin"}
        assert not [option for option in own if f'"{option}"' not in code], name
        assert _version(found["doc"]["version_added"])
        for example in yaml.safe_load_all(found["examples"] or ""):
            assert set(example) <= set(options), name
