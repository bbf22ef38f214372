# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Each sort of thing that a user can write for a need, and what is read of it.

A reader returns the value, or raises voluptuous' Invalid with a message that reads after a path. No message quotes what
the user wrote: it may be a secret that landed in the wrong place.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Callable, Mapping

from ....module_utils._shared.wording import did_you_mean
from ..knowledge.distributions import ARCHITECTURES, is_known_os, known_os_names
from ..knowledge.privileges import known_privileges
from ..knowledge.sysctls import RANGES
from ..model import Device, KernelModule, Port, Sysctl, device_of
from ..wording import not_a_text
from .names import need_label
from .quantities import mebibytes, switch
from .versions import VersionRange

try:
    import voluptuous as v
except ImportError as error:
    v = None
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


def reader(check: Callable[[t.Any], t.Any]) -> Callable[[t.Any], t.Any]:
    """A validator whose ValueError, in words, becomes the problem's message."""

    def validate(value: t.Any) -> t.Any:
        try:
            return check(value)
        except ValueError as error:
            raise v.Invalid(str(error)) from error

    return validate


def read_text(value: t.Any) -> str:
    if not isinstance(value, str):
        raise ValueError(not_a_text(value))
    if not value.strip():
        raise ValueError("must be a text that is not empty")
    return value.strip()


def read_version(value: t.Any) -> str:
    # YAML reads an unquoted 12 as a number, and people mean the version. Of 3.20 it makes 3.2, which nobody means.
    if isinstance(value, float):
        raise ValueError("must be in quotes, or YAML turns 3.20 into 3.2")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return read_text(value).lower()


def choice_reader(choices: tuple[str, ...], what: str) -> Callable[[t.Any], str]:
    def check(value: t.Any) -> str:
        word = read_text(value).lower()
        if word not in choices:
            raise ValueError(f"must be {what}{hint_at(word, choices) or ': ' + ', '.join(choices)}")
        return word

    return reader(check)


def hint_at(word: str, known: t.Iterable[str]) -> str:
    """A hint at the known word that is meant; the user's own word is not repeated."""
    hint = did_you_mean(word.lower(), known)
    return f"; {hint}" if hint else ""


def read_os_family(value: t.Any) -> str:
    word = read_text(value).lower()
    if not is_known_os(word):
        raise ValueError(f"must be an operating system or family{hint_at(word, known_os_names()) or ' that is known'}")
    return word


def read_architecture(value: t.Any) -> str:
    word = read_text(value).lower()
    if word not in ARCHITECTURES:
        names = sorted(set(ARCHITECTURES.values()))
        raise ValueError(f"must be an architecture{hint_at(word, ARCHITECTURES) or ': ' + ', '.join(names)}")
    return ARCHITECTURES[word]


def _read_positive(value: t.Any) -> float:
    number = value
    if isinstance(value, str):
        number = float(value) if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value) else None
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 < number < _MANY:
        raise ValueError("must be a number greater than 0")
    return number


def read_count(value: t.Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*\d{1,9}\s*", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value < _MANY:
        raise ValueError("must be a whole number of 1 or more")
    return value


def size_reader(plain: str) -> Callable[[t.Any], int]:
    def check(value: t.Any) -> int:
        size = mebibytes(value, plain=plain)
        if size < 1:
            raise ValueError("must be more than 0")
        return size

    return reader(check)


_LEAST_CPUS = 0.01
"""The least that Linux holds a container to, 1 ms of 100: https://docs.kernel.org/scheduler/sched-bwc.html."""


def read_cpus(value: t.Any) -> float:
    count = _read_positive(value)
    if count < _LEAST_CPUS:
        raise ValueError(f"must be at least {_LEAST_CPUS:g}")
    return count


def _read_module_name(value: t.Any) -> str:
    if not isinstance(value, str) or not _MODULE_NAME.fullmatch(value):
        raise ValueError("must be the name of a kernel module")
    # The kernel itself takes '-' and '_' for the same: modprobe(8).
    return value.replace("-", "_")


def read_version_range(value: t.Any) -> VersionRange:
    return VersionRange.parse(read_version(value))


def list_reader(item: t.Any) -> t.Any:
    """A list of items; a single one stands for a list of one."""
    return lambda value: _read_each(item, value) if isinstance(value, (list, tuple)) else [v.Schema(item)(value)]


def _read_each(item: t.Any, values: t.Iterable[t.Any]) -> list[t.Any]:
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


def _read_entry(value: t.Any, plain: str, schema: Mapping[str, t.Any], make: Callable[..., t.Any]) -> Entry:
    """A plain value stands for a mapping of the key ``plain`` alone."""
    if not isinstance(value, Mapping):
        return make(**{plain: v.Schema(schema[plain])(value)}), False
    required = {v.Required(key) if key == plain else key: check for key, check in schema.items()}
    read = v.Schema({**required, "optional": reader(switch)})(dict(value))
    optional = read.pop("optional", False)
    return make(**read), optional


def name_reader(check: Callable[[t.Any], t.Any]) -> Callable[[t.Any], Entry]:
    """Entries that are a name and no more."""
    return lambda value: _read_entry(value, "name", {"name": reader(check)}, lambda name: name)


def word_check(choices: tuple[str, ...], what: str, normal: Callable[[str], str]) -> Callable[[t.Any], str]:
    def check(value: t.Any) -> str:
        word = normal(read_text(value))
        if word not in choices:
            raise ValueError(f"must be {what}{hint_at(word, map(str.lower, choices)) or ' that is known'}")
        return word

    return check


def normalize_capability(text: str) -> str:
    """``cap_net_admin`` and ``NET_ADMIN`` are the same; the other privileges are in lower case."""
    word = text.upper().removeprefix("CAP_")
    return word if word in known_privileges() else text.lower()


def read_flag(value: t.Any) -> str:
    word = read_text(value).lower()
    if not _FLAG.fullmatch(word):
        raise ValueError("must be a flag as /proc/cpuinfo has them, such as 'avx2'")
    return word


def read_module(value: t.Any) -> Entry:
    parameters = v.Schema({str: reader(_read_parameter)})
    schema = {"name": reader(_read_module_name), "version": reader(read_version_range), "parameters": parameters}
    return _read_entry(value, "name", schema, _make_module)


def _make_module(name: str, version: VersionRange | None = None, parameters: Mapping[str, t.Any] | None = None):
    return KernelModule(name=name, version=version, parameters=parameters or {})


def _read_parameter(value: t.Any) -> str:
    if not isinstance(value, (str, bool, int)):
        raise ValueError(not_a_text(value))
    return _as_kernel_writes(value)


def _as_kernel_writes(value: t.Any) -> str:
    """A value as the kernel writes it: a switch is 1 or 0."""
    return str(int(value)) if isinstance(value, bool) else str(value)


def read_sysctls(value: t.Any) -> list[Entry]:
    if not isinstance(value, Mapping):
        raise v.Invalid("must be a mapping of names to values")
    found, errors = [], []
    for key, item in value.items():
        try:
            found.append(_read_sysctl(key, item))
        except v.MultipleInvalid as error:
            errors += [v.Invalid(one.error_message, [key, *one.path]) for one in error.errors]
        except ValueError as error:
            errors.append(v.Invalid(str(error), [key]))
    if errors:
        raise v.MultipleInvalid(errors)
    return found


def _read_sysctl(name: t.Any, value: t.Any) -> Entry:
    # sysctl(8) takes a path too.
    key = str(name).replace("/", ".")
    if not _SYSCTL_NAME.fullmatch(key):
        raise ValueError("is not the name of a kernel setting, such as 'vm.max_map_count'")
    return _read_entry(value, "value", {"value": reader(_read_sysctl_value)}, lambda value: _make_sysctl(key, value))


def _read_sysctl_value(value: t.Any) -> str:
    if isinstance(value, (bool, int)):
        return _as_kernel_writes(value)
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


def read_device(value: t.Any) -> Entry:
    if not isinstance(value, Mapping):
        return _read_entry(value, "path", {"path": reader(_read_device_path)}, lambda path: path)
    kinds = {"path": _read_device_path, "pci": _read_pci, "usb": _read_usb, "gpu": read_count}
    named = [kind for kind in kinds if kind in value]
    if len(named) != 1:
        raise v.Invalid(f"must have one of the keys {', '.join(kinds)}")
    (kind,) = named
    if kind == "path":
        return _read_entry(value, kind, {kind: reader(_read_device_path)}, lambda path: path)
    return _read_entry(
        value, kind, {kind: reader(kinds[kind])}, lambda **read: Device(kind=kind, value=str(read[kind]))
    )


def _read_device_path(value: t.Any) -> Device:
    """``PATH[:PATH INSIDE][:rwm]``, as Docker writes it. A name of udev's can have colons in it."""
    path, inside, access = device_of(read_text(value))
    if not path.startswith("/dev/") or not inside.startswith("/") or "/../" in f"{path}/{inside}/":
        raise ValueError("must be a path below /dev, or 'PATH:PATH INSIDE:rwm'")
    return Device(kind="path", value=path, inside=None if inside == path else inside, access=access)


def _read_pci(value: t.Any) -> str:
    text = read_text(value).lower()
    if not _PCI.fullmatch(text):
        raise ValueError("must be a PCI address such as '0000:01:00.0', or 'vendor:device' in hexadecimal")
    return text


def _read_usb(value: t.Any) -> str:
    text = read_text(value).lower()
    if not _USB.fullmatch(text):
        raise ValueError("must be 'vendor:product' in hexadecimal, or a bus and port such as '1-2'")
    return text


def read_port(value: t.Any) -> Entry:
    schema = {
        "port": reader(_read_port_number),
        "host": reader(_read_port_number),
        "protocol": choice_reader(_PROTOCOLS, "a protocol"),
        "process": reader(need_label),
    }
    if isinstance(value, Mapping):
        return _read_entry(value, "port", schema, lambda port, **rest: Port(number=port, **rest))
    try:
        port, _optional = read_port(_split_port(value))
    except v.MultipleInvalid as error:
        # A text has no keys that a path could name.
        raise v.Invalid(error.errors[0].error_message) from error
    return port, False


def _split_port(value: t.Any) -> dict[str, t.Any]:
    found = None if isinstance(value, bool) else _PORT.fullmatch(str(value).strip().lower())
    if found is None:
        raise v.Invalid("must be a port such as 80, '53/udp' or '8080:80' (the host's first)")
    return {key: part for key, part in found.groupdict().items() if part is not None}


def _read_port_number(value: t.Any) -> int:
    number = read_count(value)
    if number > 65535:
        raise ValueError("must be a port, 1 to 65535")
    return number


def _read_plain_text(value: t.Any) -> str:
    """As a text; of a number or a switch alone nothing can have got lost that would be another one."""
    if not isinstance(value, (str, bool, int)):
        raise ValueError(not_a_text(value))
    return str(value)


def read_labels(value: t.Any) -> dict[str, Entry]:
    if not isinstance(value, Mapping):
        raise v.Invalid("must be a mapping of names to values")

    def text(value: t.Any) -> str:
        return str(value)

    def read(item: t.Any) -> Entry:
        return _read_entry(item, "value", {"value": reader(_read_plain_text)}, text)

    return v.Schema({str: read})(dict(value))


def _read_process(value: t.Any) -> t.Any:
    return v.Schema({v.Required("name"): reader(need_label), "image": reader(read_text), "command": _read_command})(
        value
    )


def _read_command(value: t.Any) -> t.Any:
    return (
        _read_each(reader(read_text), value) if isinstance(value, (list, tuple)) else v.Schema(reader(read_text))(value)
    )


def read_processes(value: t.Any) -> t.Any:
    if not isinstance(value, (list, tuple)):
        return reader(read_count)(value)
    if not value:
        raise v.Invalid("must name at least one process")
    return _read_each(_read_process, value)


def read_init(value: t.Any) -> t.Any:
    if isinstance(value, Mapping):
        return v.Schema({"wanted": reader(switch), "supervised": reader(switch)})(value)
    return {"wanted": reader(switch)(value)}
