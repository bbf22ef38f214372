# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Single values of docker_container's options, each in one spelling of the many that mean the same.

A spelling is read as the delegate reads it (community.docker, module_container/base.py), so that what it would refuse
raises ValueError here.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
import shlex
import typing as t
from collections.abc import Iterable, Mapping

_SIZE = re.compile(r"(\d*\.?\d+)\s*([A-Za-z]*)\s*", re.ASCII)
_UNITS = ("B", "K", "M", "G", "T", "P", "E", "Z", "Y")
_UNIT_NAMES = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte", "exabyte", "zetabyte", "yottabyte")


def size(value: t.Any) -> int:
    """
    A size in bytes. All units are binary, ``MB`` too, as ansible-core's ``human_to_bytes`` has them.
    """
    found = _SIZE.fullmatch(str(value))
    if not found:
        raise ValueError
    number, unit = found.groups()
    if not unit:
        return round(float(number))
    power = next((at for at, letter in enumerate(_UNITS) if letter == unit[0].upper()), None)
    if power is None or not (len(unit) == 1 or unit.lower() == _UNIT_NAMES[power] or unit == f"{_UNITS[power]}B"):
        raise ValueError
    return round(float(number) * 2 ** (10 * power))


_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?(?:(\d+)us)?", re.ASCII)
_MICROSECONDS = (3_600_000_000, 60_000_000, 1_000_000, 1_000, 1)


def nanoseconds(value: t.Any) -> int:
    """A duration such as ``1m30s``."""
    found = _DURATION.fullmatch(str(value))
    if not found:
        raise ValueError
    return 1000 * sum(int(part or 0) * unit for part, unit in zip(found.groups(), _MICROSECONDS, strict=True))


def path(text: t.Any) -> str:
    """A path without the slashes and dots that say nothing; what is no absolute path stays as it is."""
    text = str(text)
    return f"/{posixpath.normpath(text).lstrip('/')}" if text.startswith("/") else text


def words(value: t.Any) -> list[str]:
    """A command word by word."""
    return shlex.split(value) if isinstance(value, str) else [str(item) for item in value or ()]


def address(text: t.Any) -> str:
    """An IP address in its shortest spelling; anything else stays as it is."""
    bare = str(text).strip()
    bare = bare[1:-1] if bare.startswith("[") and bare.endswith("]") else bare
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return bare


def hardware_address(text: t.Any) -> str:
    """A MAC address."""
    return str(text or "").replace("-", ":").lower()


def numbers(text: t.Any) -> str:
    """A set of processors or memory nodes: ``0-2`` is ``0,1,2``."""
    found: set[int] = set()
    for part in filter(None, str(text or "").split(",")):
        first, _sign, last = part.strip().partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return ",".join(map(str, sorted(found)))


# Linux, signal(7): the numbers of x86 and ARM.
_SIGNALS = (
    ("HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM")
    + ("STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH")
    + ("IO", "PWR", "SYS")
)
_OTHER_NAMES = {"IOT": "ABRT", "CLD": "CHLD", "POLL": "IO"}


def signal(value: t.Any) -> str:
    """A signal by its name: ``15``, ``TERM`` and ``sigterm`` are ``SIGTERM``."""
    name = str(value).strip().upper()
    if name.isdigit() and 1 <= int(name) <= len(_SIGNALS):
        name = _SIGNALS[int(name) - 1]
    name = name.removeprefix("SIG")
    return f"SIG{_OTHER_NAMES.get(name, name)}"


def capability(name: t.Any) -> str:
    """A capability in upper case and without its prefix."""
    return str(name).upper().removeprefix("CAP_")


_SWITCH = "no-new-privileges"


def security_option(text: t.Any) -> str:
    """``NAME=value``, where the engine takes ``NAME:value`` too; a switch that stands alone is on."""
    text = str(text)
    text = text.replace(":", "=", 1) if "=" not in text else text
    return f"{_SWITCH}=true" if text == _SWITCH else text


def bind(text: t.Any) -> str:
    """``source:target[:flags]``: the flags in the alphabet's order, but for those that say what goes without saying."""
    source, _sign, rest = str(text).partition(":")
    target, _sign, mode = rest.partition(":")
    flags = sorted(set(filter(None, mode.split(","))) - {"rw", "rprivate", "consistent"})
    return f"{path(source)}:{path(target)}:{','.join(flags) or 'rw'}"


def is_bind(volume: t.Any) -> bool:
    """Whether it has a source; one that has none is a volume without a name."""
    return ":" in str(volume)


def filesystem_options(text: t.Any) -> str:
    """The options of a tmpfs in the alphabet's order, its size in bytes."""
    return ",".join(sorted(_filesystem_option(part) for part in str(text or "").split(",") if part))


def _filesystem_option(text: str) -> str:
    name, sign, value = text.partition("=")
    if name in ("size", "nr_blocks") and value and value[:-1].isdigit():
        return f"{name}={size(value)}"
    if name == "mode" and value.isdigit():
        return f"mode={value.lstrip('0') or '0'}"
    return f"{name}{sign}{value}"


def ulimit(text: t.Any) -> str:
    """``name:soft:hard``; one number is both."""
    name, *limits = str(text).split(":")
    return f"{name}:{':'.join(str(int(limit)) for limit in (limits * 2)[:2])}" if limits else name


def device(text: t.Any) -> str:
    """``on the host:in the container:what it may``, as the delegate reads what is left out."""
    host, inside, may = (*str(text).split(":"), None, None)[:3]
    return device_of(host or "", inside or host or "", may or "rwm")


def cgroup_rule(rule: t.Any) -> str:
    """A rule of the devices' control group: ``c 1:3 mr`` is ``c 1:3 rm``."""
    *before, may = str(rule).split()
    return " ".join((*before, "".join(letter for letter in "rwm" if letter in may)))


def device_of(host: str, inside: str, may: str) -> str:
    """As ``device``, from its parts."""
    return f"{path(host)}:{path(inside)}:{''.join(letter for letter in 'rwm' if letter in may)}"


def each_port(text: str) -> list[str]:
    """The ports of a range, each alone."""
    first, sign, last = text.strip().partition("-")
    return [str(number) for number in range(int(first), int(last if sign else first) + 1)]


def exposed_ports(items: Iterable[t.Any]) -> set[str]:
    """``80/tcp`` of ports and ranges of them."""
    return {
        f"{port}/{(protocol or 'tcp').lower()}"
        for item in items
        for text, _sign, protocol in [str(item).strip().partition("/")]
        for port in each_port(text)
    }


class Binding(t.NamedTuple):
    """A published port: the host's address and port, each empty where none is named, and the container's."""

    address: str
    host: str
    container: str

    def __str__(self) -> str:
        return f"{self.address}:{self.host}->{self.container}"


def published_port(text: t.Any, default: str) -> list[Binding]:
    """
    ``[[address:]host:]container[/protocol]``. Of a range, each port alone: so the engine keeps them.

    Of two ranges the shorter one counts. One port that any of a range will do for keeps the range.
    """
    text, _sign, protocol = str(text).strip().partition("/")
    parts = re.split(r":(?![^\[]*\])", text)
    if len(parts) > 3:
        raise ValueError
    *before, container = parts
    host = before[-1] if before else ""
    at = address(before[0]) if len(before) == 2 else default
    containers = each_port(container)
    hosts = each_port(host) if host and len(containers) > 1 else [host] * len(containers)
    return [Binding(at, one, f"{to}/{(protocol or 'tcp').lower()}") for one, to in zip(hosts, containers, strict=False)]


def plain(value: t.Any) -> t.Any:
    """A table as the engine keeps it: its values are texts, and switches are in lower case."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return str(value).lower() if isinstance(value, bool) else str(value)
