# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
From what the user wrote to a Service, or to every error in it at once, each with its path.

No error ever quotes a value that the user wrote: it may be a secret that landed in the wrong place.
"""

from __future__ import annotations

import functools
import re
import typing as t
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ..knowledge.distributions import ANY, ARCHITECTURES, is_known_os, known_os_names
from ..knowledge.features import known_features
from ..knowledge.privileges import known_privileges
from ..knowledge.processors import LEVELS
from ..knowledge.sysctls import RANGES
from ..model import (
    ISOLATIONS,
    PRIVILEGES,
    Device,
    KernelModule,
    Port,
    Process,
    Requirements,
    Service,
    Sysctl,
    Wish,
    device_of,
)
from ..wording import did_you_mean, not_a_text
from .names import need_label, need_name
from .quantities import mebibytes, switch
from .versions import VersionRange

try:
    import voluptuous as v
except ImportError as error:
    VOLUPTUOUS_ERROR: ImportError | None = error
else:
    VOLUPTUOUS_ERROR = None

_MODULE_NAME = re.compile(r"[A-Za-z0-9_-]+")
_FLAG = re.compile(r"[a-z0-9_.]+")
_SYSCTL_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_:-]+)+")
_SYSCTL_VALUE = re.compile(r"\s*(>=|==)?\s*(\S.*?)\s*")
_NUMBERS = re.compile(r"-?\d+(\s+-?\d+)*")
_PORT = re.compile(r"(?:(?P<host>\d{1,5}):)?(?P<port>\d{1,5})(?:/(?P<protocol>[a-z]+))?")
_PCI = re.compile(r"([0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}(\.[0-7])?|[0-9a-f]{4}:[0-9a-f]{4}")
_USB = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}|\d+-\d+(\.\d+)*")
_PROTOCOLS = ("tcp", "udp", "sctp")
_MANY = 10**9
"""More than there ever is of anything that is counted."""

Path = tuple[t.Any, ...]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and the path of the keys and indexes that lead to it."""

    path: Path
    message: str

    def __str__(self) -> str:
        return f"{dotted(self.path)} {self.message}"


class RequirementsError(Exception):
    """Everything that is wrong with a service, in the order in which it was written."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def dotted(path: Path) -> str:
    """A path as people write it: ``requirements.kernel.modules[0].name``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def parse_service(name: t.Any, requirements: t.Any, made_as: t.Any, *, forms: tuple[str, ...]) -> Service:
    """
    The service that the user declared; ``forms`` are the names of all forms there are.

    Raises RequirementsError with every problem of all three parts.
    """
    problems: list[Problem] = []
    try:
        need_name(name)
    except ValueError as error:
        problems.append(Problem(("name",), str(error)))
    needs = _validated(_needs_schema(forms), {} if requirements is None else requirements, ("requirements",), problems)
    options = _validated(_made_as_schema(forms), {} if made_as is None else made_as, ("as",), problems)
    if needs is not None:
        problems.extend(_contradictions(needs))
    if problems:
        raise RequirementsError(tuple(problems))
    return Service(name=name, requirements=_requirements(needs), made_as=options)


# --- the shape ----------------------------------------------------------------------------------


def _word(check: Callable[[t.Any], t.Any]) -> Callable[[t.Any], t.Any]:
    """A validator whose ValueError, in words, becomes the problem's message."""

    def validate(value: t.Any) -> t.Any:
        try:
            return check(value)
        except ValueError as error:
            raise v.Invalid(str(error)) from error

    return validate


def _text(value: t.Any) -> str:
    if not isinstance(value, str):
        raise ValueError(not_a_text(value))
    if not value.strip():
        raise ValueError("must be a text that is not empty")
    return value.strip()


def _version_text(value: t.Any) -> str:
    # YAML reads an unquoted 12 as a number, and people mean the version. Of 3.20 it makes 3.2, which nobody means.
    if isinstance(value, float):
        raise ValueError("must be in quotes, or YAML turns 3.20 into 3.2")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _text(value).lower()


def _one_of(choices: tuple[str, ...], what: str) -> Callable[[t.Any], str]:
    def check(value: t.Any) -> str:
        word = _text(value).lower()
        if word not in choices:
            raise ValueError(f"must be {what}{_nearest(word, choices) or ': ' + ', '.join(choices)}")
        return word

    return _word(check)


def _nearest(word: str, known: t.Iterable[str]) -> str:
    """A hint at the known word that is meant; the user's own word is not repeated."""
    hint = did_you_mean(word.lower(), known)
    return f"; {hint}" if hint else ""


def _os_family(value: t.Any) -> str:
    word = _text(value).lower()
    if not is_known_os(word):
        raise ValueError(f"must be an operating system or family{_nearest(word, known_os_names()) or ' that is known'}")
    return word


def _architecture(value: t.Any) -> str:
    word = _text(value).lower()
    if word not in ARCHITECTURES:
        names = sorted(set(ARCHITECTURES.values()))
        raise ValueError(f"must be an architecture{_nearest(word, ARCHITECTURES) or ': ' + ', '.join(names)}")
    return ARCHITECTURES[word]


def _positive(value: t.Any) -> float:
    number = value
    if isinstance(value, str):
        number = float(value) if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value) else None
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 < number < _MANY:
        raise ValueError("must be a number greater than 0")
    return number


def _count(value: t.Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,9}\s*", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < _MANY:
        raise ValueError("must be a whole number of 1 or more")
    return value


def _size(plain: str) -> Callable[[t.Any], int]:
    def check(value: t.Any) -> int:
        size = mebibytes(value, plain=plain)
        if size < 1:
            raise ValueError("must be more than 0")
        return size

    return _word(check)


_LEAST_CPUS = 0.01
"""The least that Linux holds a container to, 1 ms of 100: https://docs.kernel.org/scheduler/sched-bwc.html."""


def _processors(value: t.Any) -> float:
    count = _positive(value)
    if count < _LEAST_CPUS:
        raise ValueError(f"must be at least {_LEAST_CPUS:g}")
    return count


def _module_name(value: t.Any) -> str:
    if not isinstance(value, str) or not _MODULE_NAME.fullmatch(value):
        raise ValueError("must be the name of a kernel module")
    # The kernel itself takes '-' and '_' for the same: modprobe(8).
    return value.replace("-", "_")


def _version_range(value: t.Any) -> VersionRange:
    return VersionRange.parse(_version_text(value))


def _listed(item: t.Any) -> t.Any:
    """A list of items; a single one stands for a list of one."""
    return lambda value: _each(item, value) if isinstance(value, (list, tuple)) else [v.Schema(item)(value)]


def _each(item: t.Any, values: t.Iterable[t.Any]) -> list[t.Any]:
    """Every value as an item. A list of voluptuous' own stops at the first item that has something wrong in it."""
    schema, read, errors = v.Schema(item), [], []
    for index, value in enumerate(values):
        try:
            read.append(schema(value))
        except v.MultipleInvalid as error:
            error.prepend([index])
            errors += error.errors
    if errors:
        raise v.MultipleInvalid(errors)
    return read


# A list's entry is a plain value or a mapping; with ``optional: true`` it is a wish. So each is read as a pair,
# (what is needed, whether it is optional).
Entry = tuple[t.Any, bool]


def _entry(value: t.Any, plain: str, schema: Mapping[str, t.Any], make: Callable[..., t.Any]) -> Entry:
    """A plain value stands for a mapping of the key ``plain`` alone."""
    if not isinstance(value, Mapping):
        return make(**{plain: v.Schema(schema[plain])(value)}), False
    required = {v.Required(key) if key == plain else key: check for key, check in schema.items()}
    read = v.Schema({**required, "optional": _word(switch)})(dict(value))
    optional = read.pop("optional", False)
    return make(**read), optional


def _named(check: Callable[[t.Any], t.Any]) -> Callable[[t.Any], Entry]:
    """Entries that are a name and no more."""
    return lambda value: _entry(value, "name", {"name": _word(check)}, lambda name: name)


def _one(choices: tuple[str, ...], what: str, normal: Callable[[str], str]) -> Callable[[t.Any], str]:
    def check(value: t.Any) -> str:
        word = normal(_text(value))
        if word not in choices:
            raise ValueError(f"must be {what}{_nearest(word, map(str.lower, choices)) or ' that is known'}")
        return word

    return check


def _capability(text: str) -> str:
    """``cap_net_admin`` and ``NET_ADMIN`` are the same; the other privileges are in lower case."""
    word = text.upper().removeprefix("CAP_")
    return word if word in known_privileges() else text.lower()


def _flag(value: t.Any) -> str:
    word = _text(value).lower()
    if not _FLAG.fullmatch(word):
        raise ValueError("must be a flag as /proc/cpuinfo has them, such as 'avx2'")
    return word


def _module(value: t.Any) -> Entry:
    parameters = v.Schema({str: _word(_parameter)})
    schema = {"name": _word(_module_name), "version": _word(_version_range), "parameters": parameters}
    return _entry(value, "name", schema, _make_module)


def _make_module(name: str, version: VersionRange | None = None, parameters: Mapping[str, t.Any] | None = None):
    return KernelModule(name=name, version=version, parameters=parameters or {})


def _parameter(value: t.Any) -> str:
    if not isinstance(value, (str, bool, int)):
        raise ValueError(not_a_text(value))
    return _plain(value)


def _plain(value: t.Any) -> str:
    """A value as the kernel writes it: a switch is 1 or 0."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def _sysctls(value: t.Any) -> list[Entry]:
    if not isinstance(value, Mapping):
        raise v.Invalid("must be a mapping of names to values")
    found, errors = [], []
    for key, item in value.items():
        try:
            found.append(_sysctl(key, item))
        except v.MultipleInvalid as error:
            errors += [v.Invalid(one.error_message, [key, *one.path]) for one in error.errors]
        except ValueError as error:
            errors.append(v.Invalid(str(error), [key]))
    if errors:
        raise v.MultipleInvalid(errors)
    return found


def _sysctl(name: t.Any, value: t.Any) -> Entry:
    # sysctl(8) takes a path too.
    key = str(name).replace("/", ".")
    if not _SYSCTL_NAME.fullmatch(key):
        raise ValueError("is not the name of a kernel setting, such as 'vm.max_map_count'")
    return _entry(value, "value", {"value": _word(_sysctl_value)}, lambda value: _make_sysctl(key, value))


def _sysctl_value(value: t.Any) -> str:
    if isinstance(value, (bool, int)):
        return _plain(value)
    found = _SYSCTL_VALUE.fullmatch(value) if isinstance(value, str) else None
    # What begins with another sign was meant to be compared, and nobody would.
    if not found or found[2][0] in "<>=!" or (found[1] == ">=" and not _NUMBERS.fullmatch(found[2])):
        raise ValueError("must be a number, a text, '>=N' or '==N'")
    return value


def _make_sysctl(name: str, text: str) -> Sysctl:
    """A number is a minimum, unless ``==`` says otherwise; a text is what it is."""
    sign, value = _SYSCTL_VALUE.fullmatch(text).groups()
    numbers = _NUMBERS.fullmatch(value) is not None
    at_least = numbers and sign != "==" and (sign == ">=" or name not in RANGES)
    return Sysctl(name=name, value=" ".join(value.split()), at_least=at_least)


def _device(value: t.Any) -> Entry:
    if not isinstance(value, Mapping):
        return _entry(value, "path", {"path": _word(_device_path)}, lambda path: path)
    kinds = {"path": _device_path, "pci": _pci, "usb": _usb, "gpu": _count}
    named = [kind for kind in kinds if kind in value]
    if len(named) != 1:
        raise v.Invalid(f"must have one of the keys {', '.join(kinds)}")
    (kind,) = named
    if kind == "path":
        return _entry(value, kind, {kind: _word(_device_path)}, lambda path: path)
    return _entry(value, kind, {kind: _word(kinds[kind])}, lambda **read: Device(kind=kind, value=str(read[kind])))


def _device_path(value: t.Any) -> Device:
    """``PATH[:PATH INSIDE][:rwm]``, as Docker writes it. A name of udev's can have colons in it."""
    path, inside, access = device_of(_text(value))
    if not path.startswith("/dev/") or not inside.startswith("/") or "/../" in f"{path}/{inside}/":
        raise ValueError("must be a path below /dev, or 'PATH:PATH INSIDE:rwm'")
    return Device(kind="path", value=path, inside=None if inside == path else inside, access=access)


def _pci(value: t.Any) -> str:
    text = _text(value).lower()
    if not _PCI.fullmatch(text):
        raise ValueError("must be a PCI address such as '0000:01:00.0', or 'vendor:device' in hexadecimal")
    return text


def _usb(value: t.Any) -> str:
    text = _text(value).lower()
    if not _USB.fullmatch(text):
        raise ValueError("must be 'vendor:product' in hexadecimal, or a bus and port such as '1-2'")
    return text


def _port(value: t.Any) -> Entry:
    schema = {
        "port": _word(_port_number),
        "host": _word(_port_number),
        "protocol": _one_of(_PROTOCOLS, "a protocol"),
        "process": _word(need_label),
    }
    if isinstance(value, Mapping):
        return _entry(value, "port", schema, lambda port, **rest: Port(number=port, **rest))
    try:
        port, _optional = _port(_port_text(value))
    except v.MultipleInvalid as error:
        # A text has no keys that a path could name.
        raise v.Invalid(error.errors[0].error_message) from error
    return port, False


def _port_text(value: t.Any) -> dict[str, t.Any]:
    found = None if isinstance(value, bool) else _PORT.fullmatch(str(value).strip().lower())
    if found is None:
        raise v.Invalid("must be a port such as 80, '53/udp' or '8080:80' (the host's first)")
    return {key: part for key, part in found.groupdict().items() if part is not None}


def _port_number(value: t.Any) -> int:
    number = _count(value)
    if number > 65535:
        raise ValueError("must be a port, 1 to 65535")
    return number


def _plain_text(value: t.Any) -> str:
    """As a text; of a number or a switch alone nothing can have got lost that would be another one."""
    if not isinstance(value, (str, bool, int)):
        raise ValueError(not_a_text(value))
    return str(value)


def _labels(value: t.Any) -> dict[str, Entry]:
    if not isinstance(value, Mapping):
        raise v.Invalid("must be a mapping of names to values")

    def text(value: t.Any) -> str:
        return str(value)

    def read(item: t.Any) -> Entry:
        return _entry(item, "value", {"value": _word(_plain_text)}, text)

    return v.Schema({str: read})(dict(value))


def _process(value: t.Any) -> t.Any:
    return v.Schema({v.Required("name"): _word(need_label), "image": _word(_text), "command": _command})(value)


def _command(value: t.Any) -> t.Any:
    return _each(_word(_text), value) if isinstance(value, (list, tuple)) else v.Schema(_word(_text))(value)


def _processes(value: t.Any) -> t.Any:
    if not isinstance(value, (list, tuple)):
        return _word(_count)(value)
    if not value:
        raise v.Invalid("must name at least one process")
    return _each(_process, value)


def _init(value: t.Any) -> t.Any:
    if isinstance(value, Mapping):
        return v.Schema({"wanted": _word(switch), "supervised": _word(switch)})(value)
    return {"wanted": _word(switch)(value)}


_KERNEL = {
    "version": _word(_version_range),
    "own": _word(switch),
    "flavour": _word(lambda value: _text(value).lower()),
    "modules": _listed(_module),
    "sysctls": _sysctls,
    "parameters": _listed(_named(_text)),
    "features": _listed(_named(_one(known_features(), "a feature", str.lower))),
}


def _schema(forms: tuple[str, ...]) -> dict[str, t.Any]:
    return {
        "os_family": _word(_os_family),
        "os_version": _word(_version_text),
        "architecture": _listed(_word(_architecture)),
        "cpu_level": _one_of(LEVELS, "a level"),
        "cpu_features": _listed(_named(_flag)),
        "processes": _processes,
        "init": _init,
        "kernel": _KERNEL,
        "privileges": _listed(_named(_one(known_privileges(), "a privilege or capability", _capability))),
        "devices": _listed(_device),
        "host_view": _word(switch),
        "host_network": _word(switch),
        "isolation": _one_of(ISOLATIONS, "an isolation"),
        "cpus": _word(_processors),
        "memory": _size("MiB"),
        "disk": _size("GiB"),
        "shm": _size("MiB"),
        "address": _one_of(("shared", "own"), "a sort of address"),
        "nics": _word(_count),
        "ports": _listed(_port),
        "snapshots": _word(switch),
        "live_migration": _word(switch),
        "labels": _labels,
        "forms": _listed(_one_of(forms, "a form")),
        "max_privilege": _one_of(PRIVILEGES, "a bound of privileges"),
    }


def requirement_names() -> tuple[str, ...]:
    """Every key that ``requirements`` can have, those of ``kernel`` behind a dot."""
    return (*(key for key in _schema(()) if key != "kernel"), *(f"kernel.{key}" for key in _KERNEL))


# Made once: voluptuous takes longer to compile a schema than to read a service by it.
@functools.cache
def _needs_schema(forms: tuple[str, ...]) -> v.Schema:
    return v.Schema(_schema(forms))


@functools.cache
def _made_as_schema(forms: tuple[str, ...]) -> v.Schema:
    return v.Schema(dict.fromkeys(forms, {v.Extra: object}))


# --- the errors ---------------------------------------------------------------------------------


def _validated(schema: v.Schema, value: t.Any, root: Path, problems: list[Problem]) -> t.Any:
    if not isinstance(value, Mapping):
        problems.append(Problem(root, "must be a mapping"))
        return None
    given = _without_nothing(value, schema.schema)
    try:
        return schema(given)
    except v.MultipleInvalid as error:
        problems.extend(_worded(single, schema.schema, root) for single in _flat(error))
    return None


def _without_nothing(value: Mapping[t.Any, t.Any], known: t.Container[t.Any] | None = None) -> dict[t.Any, t.Any]:
    """A need that is null is not given, those of the kernel too; a key that is not known is told all the same."""
    return {
        key: _without_nothing(item, _KERNEL) if key == "kernel" and isinstance(item, Mapping) else item
        for key, item in value.items()
        if item is not None or (known is not None and key not in known)
    }


def _flat(error: v.MultipleInvalid) -> Iterator[v.Invalid]:
    for single in error.errors:
        if isinstance(single, v.MultipleInvalid):
            yield from _flat(single)
        else:
            yield single


# voluptuous' own messages, in our words: they must read after a path, and never hold a value.
_MESSAGES = {
    "expected a dictionary": "must be a mapping",
    "expected a list": "must be a list",
    "required key not provided": "is missing",
    "expected str": "must be a text",
}


def _worded(error: v.Invalid, schema: dict[str, t.Any], root: Path) -> Problem:
    path = (*root, *(str(step) if isinstance(step, v.Marker) else step for step in error.path))
    if error.error_message == "extra keys not allowed":
        known = _keys_at(schema, path[len(root) : -1])
        hint = _nearest(str(path[-1]), known) or (f"; known here: {', '.join(known)}" if known else "")
        return Problem(path, f"is not known{hint}")
    return Problem(path, _MESSAGES.get(error.error_message, error.error_message))


_NAMED = ("name", "optional")
_INNER_KEYS = {
    ("cpu_features",): _NAMED,
    ("kernel", "modules"): ("name", "version", "parameters", "optional"),
    ("kernel", "parameters"): _NAMED,
    ("kernel", "features"): _NAMED,
    ("privileges",): _NAMED,
    ("devices",): ("path", "pci", "usb", "gpu", "optional"),
    ("ports",): ("port", "host", "protocol", "process", "optional"),
    ("processes",): ("name", "image", "command"),
    ("init",): ("wanted", "supervised"),
}
_BELOW_A_NAME = {("kernel", "sysctls"): ("value", "optional"), ("labels",): ("value", "optional")}


def _keys_at(schema: dict[str, t.Any], path: Path) -> tuple[str, ...]:
    """The keys that are allowed where ``path`` leads; behind list indexes too."""
    names = tuple(step for step in path if not isinstance(step, int))
    level: t.Any = schema
    for name in names:
        level = level.get(name) if isinstance(level, Mapping) else None
    if isinstance(level, Mapping):
        return tuple(str(key) for key in level)
    return _INNER_KEYS.get(names) or _BELOW_A_NAME.get(names[:-1], ())


def _contradictions(needs: Mapping[str, t.Any]) -> Iterator[Problem]:
    """What each part allows and both together do not."""
    processes = needs.get("processes")
    if isinstance(processes, list):
        names = [process["name"] for process in processes]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield Problem(("requirements", "processes", index, "name"), "is already the name of an earlier process")
    init = needs.get("init") or {}
    if init.get("supervised") and init.get("wanted"):
        message = "cannot be true with 'wanted': an image with a supervisor of its own needs no init"
        yield Problem(("requirements", "init", "supervised"), message)
    yield from _clashing_ports(needs)
    if needs.get("shm") and needs.get("memory") and needs["shm"] > needs["memory"]:
        yield Problem(("requirements", "shm"), "cannot be more than 'memory', of which it is a part")
    apart = (needs.get("kernel") or {}).get("own") or needs.get("isolation") == ISOLATIONS[-1]
    devices = [device for device, _optional in needs.get("devices", ())]
    for index, device in enumerate(devices):
        if device in devices[:index]:
            yield Problem(("requirements", "devices", index), "is named twice; name each by its own address or path")
    mapped = needs.get("isolation") == "user_namespace"
    for name in ("host_view", "host_network"):
        if needs.get(name) and apart:
            yield Problem(("requirements", name), "cannot be true of a service that must not share the host's kernel")
        if needs.get(name) and mapped:
            yield Problem(("requirements", name), "cannot be true of a service that must have users of its own")
    if needs.get("host_network") and needs.get("address") == "own":
        yield Problem(("requirements", "address"), "cannot be 'own' with 'host_network'")


def _clashing_ports(needs: Mapping[str, t.Any]) -> Iterator[Problem]:
    processes = needs.get("processes")
    names = {process["name"] for process in processes} if isinstance(processes, list) else set()
    seen = set()
    for index, (port, _optional) in enumerate(needs.get("ports", ())):
        path = ("requirements", "ports", index)
        if port.process and port.process not in names:
            yield Problem((*path, "process"), "is not the name of a process")
        if port.host and (port.host, port.protocol) in seen:
            yield Problem((*path, "host"), "is already the host port of an earlier entry")
        seen.add((port.host, port.protocol))


# --- the meaning --------------------------------------------------------------------------------


def _requirements(needs: Mapping[str, t.Any]) -> Requirements:
    kernel = needs.get("kernel") or {}
    init = needs.get("init") or {}
    processes = needs.get("processes", 1)
    described = tuple(Process(**process) for process in processes) if isinstance(processes, list) else ()
    musts, wishes = _sorted_out(needs, kernel)
    return Requirements(
        os_family=needs.get("os_family", "linux"),
        os_version=needs.get("os_version"),
        architectures=tuple(needs.get("architecture", ())),
        cpu_level=needs.get("cpu_level"),
        process_count=len(described) or processes,
        processes=described,
        init=init.get("wanted", False),
        supervised=init.get("supervised", False),
        kernel_version=kernel.get("version"),
        kernel_own=kernel.get("own", False),
        kernel_flavour=kernel.get("flavour"),
        host_view=needs.get("host_view", False),
        host_network=needs.get("host_network", False),
        isolation=needs.get("isolation", "process"),
        cpus=needs.get("cpus"),
        memory=needs.get("memory"),
        disk=needs.get("disk"),
        shm=needs.get("shm"),
        address=needs.get("address", "shared"),
        nics=needs.get("nics"),
        snapshots=needs.get("snapshots", False),
        live_migration=needs.get("live_migration", False),
        forms=tuple(needs.get("forms", ())),
        max_privilege=needs.get("max_privilege", "capabilities"),
        wishes=wishes,
        **musts,
    )


_ENTRIES = {
    "cpu_features": ("cpu_features",),
    "kernel_modules": ("kernel", "modules"),
    "kernel_sysctls": ("kernel", "sysctls"),
    "kernel_parameters": ("kernel", "parameters"),
    "kernel_features": ("kernel", "features"),
    "privileges": ("privileges",),
    "devices": ("devices",),
    "ports": ("ports",),
}
"""The fields of Requirements that are lists, and where a user writes their entries."""


def _sorted_out(needs: Mapping[str, t.Any], kernel: Mapping[str, t.Any]) -> tuple[dict[str, t.Any], tuple[Wish, ...]]:
    """(the fields that are lists, with what must be; every optional entry as a need of its own)."""
    musts: dict[str, t.Any] = {}
    wishes: list[Wish] = []
    for field, path in _ENTRIES.items():
        entries = (kernel if len(path) > 1 else needs).get(path[-1], ())
        musts[field] = tuple(item for item, optional in entries if not optional)
        wishes += [_wish(dotted(path), field, (item,)) for item, optional in entries if optional]
    labels = needs.get("labels", {})
    musts["labels"] = {name: value for name, (value, optional) in labels.items() if not optional}
    wishes += [_wish("labels", "labels", {name: value}) for name, (value, optional) in labels.items() if optional]
    return musts, tuple(wishes)


def _wish(name: str, field: str, value: t.Any) -> Wish:
    return Wish(name=name, needs=Requirements(os_family=ANY, **{field: value}))
