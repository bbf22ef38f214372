# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
How proxmox_kvm's options compare with a VM's configuration as the API tells it.

The API normalises what it is given, and takes many spellings of one setting: ``agent: 1`` is ``enabled=1``, a network
comes back with a MAC, a disk as the volume that was made for it. So both sides are read into the same form, by one
table, and only what differs then is sent. The parts of each setting, their defaults and types are those of the API's
own schema (https://pve.proxmox.com/pve-docs/api-viewer/#/nodes/{node}/qemu/{vmid}/config) and of qm.conf(5).
"""

from __future__ import annotations

import ipaddress
import re
import typing as t
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from .....module_utils._shared.masks import MASK
from .....module_utils._shared.proxmox import BUSES, disk_mib, is_cloud_init

DRIVES = BUSES
"""Options that hold disks and CD-ROMs."""

FIXED_DISKS = ("efidisk0", "tpmstate0")
"""Disks of the firmware: the API makes one of a size of its own, and none of their parts changes after that."""

GROUPS = (*DRIVES, "net", "ipconfig", "numa", "serial", "parallel", "hostpci", "usb", "audio")
"""Options that are mappings of numbered keys, each a setting of its own."""

_DEVICES = (*DRIVES, *FIXED_DISKS, "net")
"""What the delegate sends only as an unsafe update."""

API_NAMES = {
    "nameservers": "nameserver",
    "searchdomains": "searchdomain",
    "smbios": "smbios1",
    "numa_enabled": "numa",
}
"""The API's names of the delegate's options, where they differ."""

_OPTIONS = {name: option for option, name in API_NAMES.items()}
_NET_MODELS = re.compile(r"^(virtio|e1000e?|rtl8139|vmxnet3|ne2k_\w+|pcnet|i8\w+|e1000-\w+)$")
_SECRET = "cipassword"

NO_SETTINGS = {
    "archive": "restores a backup, which is not a state to keep: restore it by hand, then take it over with 'adopt'",
    "digest": "guards a single call, and the collection itself looks at what is there",
    "lock": "locks the VM against all that follows, its start included: use 'qm set --lock' once it is placed",
    "purge": "has no meaning while a VM is placed: take it out of backup, replication and HA jobs before its removal",
    "skiplock": "is for root alone; the collection waits for a VM that is locked",
}
"""Options of the delegate that describe no VM, and why each is refused, as the end of a sentence."""


@dataclass(frozen=True)
class Settings:
    """
    The settings that differ: each (before, after) by its API name and in the API's form, and the arguments for them.

    ``grows`` are sizes in MiB by disk; ``drives`` the options of disks that a clone brings along, whose volumes have
    no name yet; ``warnings`` say what of a disk cannot be as it is wanted. ``deleted`` are keys that go.
    """

    changes: Mapping[str, tuple[t.Any, t.Any]] = field(default_factory=dict)
    arguments: Mapping[str, t.Any] = field(default_factory=dict)
    devices: bool = False
    grows: Mapping[str, int] = field(default_factory=dict)
    drives: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()

    def before(self) -> dict[str, t.Any]:
        return {key: MASK if key == _SECRET else was for key, (was, _shall) in self.changes.items()}

    def shown(self) -> dict[str, t.Any]:
        return {key: MASK if key == _SECRET else shall for key, (_was, shall) in self.changes.items()}


def in_api_names(arguments: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The delegate's arguments by the API's names, each numbered setting by its own."""
    found: dict[str, t.Any] = {}
    for option, value in arguments.items():
        found.update(value if isinstance(value, Mapping) else {API_NAMES.get(option, option): value})
    return found


def option_of(key: str) -> str:
    """The delegate's option for a setting of the API: of a numbered one the mapping that holds it."""
    group = key.rstrip("0123456789")
    return group if group in GROUPS and group != key else _OPTIONS.get(key, key)


def has_agent(config: Mapping[str, t.Any]) -> bool:
    """Whether the VM is said to have a guest agent."""
    return _PARTS["agent"].read(config.get("agent") or "0").get("enabled") == "1"


# --- the parts of a setting -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Parts:
    """
    A setting of several parts, ``a=1,b=2`` in any order.

    ``first`` is the one that may be given without its name, ``switches`` and ``numbers`` are those of these types,
    ``sets`` lists with semicolons in any order, ``lower`` those whose case does not matter.
    """

    first: str = ""
    switches: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    lower: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def read(self, value: t.Any) -> dict[str, t.Any]:
        """Each part in its one form; what is as it is without being said is left out."""
        parts = {}
        for word in filter(None, (word.strip() for word in _text(value).split(","))):
            key, sign, item = word.partition("=")
            key, item = (key, item) if sign else (self.first, key)
            key = self.aliases.get(key, key)
            parts[key] = self._read(key, item)
        return {key: item for key, item in parts.items() if self._default(key) != item}

    def _default(self, key: str) -> t.Any:
        return self._read(key, self.defaults[key]) if key in self.defaults else None

    def _read(self, key: str, item: str) -> t.Any:
        if key in self.switches:
            return _switch(item)
        if key in self.numbers:
            return _number(item)
        if key in self.sets:
            return tuple(sorted(filter(None, (one.strip().lower() for one in item.split(";")))))
        if key in self.addresses:
            return _address(item)
        return item.lower() if key in self.lower else item


_LIMITS = tuple(
    f"{what}{way}{burst}"
    for what in ("iops", "mbps", "bps")
    for way in ("", "_rd", "_wr")
    for burst in ("", "_max", "_max_length")
)
_DRIVE = _Parts(
    first="file",
    switches=("backup", "detect_zeroes", "iothread", "replicate", "ro", "scsiblock", "shared", "snapshot", "ssd"),
    numbers=(*_LIMITS, "cyls", "heads", "queues", "secs"),
    lower=("wwn",),
    defaults={"backup": "1", "media": "disk", "replicate": "1", "scsiblock": "0", "shared": "0"}
    | dict.fromkeys(("iothread", "ro", "snapshot", "ssd"), "0"),
    aliases={
        "volume": "file",
        **{f"{what}_{way}_length": f"{what}_{way}_max_length" for what in ("iops", "bps") for way in ("rd", "wr")},
    },
)
_MADE_WITH = ("file", "size", "format", "import-from")
"""Parts of a drive that it is made with, and that its volume has from then on."""

_PARTS: dict[str, _Parts] = {
    "agent": _Parts(
        first="enabled",
        switches=("enabled", "freeze-fs-on-backup", "fstrim_cloned_disks"),
        defaults={"enabled": "0", "freeze-fs-on-backup": "1", "fstrim_cloned_disks": "0", "type": "virtio"},
    ),
    "audio": _Parts(defaults={"driver": "spice"}),
    "cicustom": _Parts(),
    "cpu": _Parts(
        first="cputype",
        switches=("hidden",),
        numbers=("guest-phys-bits",),
        sets=("flags",),
        defaults={"hidden": "0", "reported-model": "kvm64"},
    ),
    "efidisk0": _Parts(
        first="file",
        switches=("pre-enrolled-keys",),
        lower=("efitype",),
        defaults={"efitype": "2m", "pre-enrolled-keys": "0", "ms-cert": "2011"},
        aliases={"volume": "file"},
    ),
    "hostpci": _Parts(
        first="host",
        switches=("legacy-igd", "pcie", "rombar", "x-vga"),
        sets=("host",),
        lower=("device-id", "sub-device-id", "sub-vendor-id", "vendor-id"),
        defaults={"legacy-igd": "0", "pcie": "0", "rombar": "1", "x-vga": "0"},
    ),
    "ipconfig": _Parts(addresses=("gw", "gw6", "ip", "ip6")),
    "machine": _Parts(first="type", switches=("enable-s3", "enable-s4")),
    "numa": _Parts(numbers=("memory",), sets=("cpus", "hostnodes"), aliases={"cpu": "cpus"}),
    "rng0": _Parts(first="source", numbers=("max_bytes", "period"), defaults={"max_bytes": "1024", "period": "1000"}),
    "smbios": _Parts(switches=("base64",), lower=("uuid",), defaults={"base64": "0"}),
    "startup": _Parts(first="order", numbers=("order", "up", "down")),
    "tpmstate0": _Parts(first="file", defaults={"version": "v1.2"}, aliases={"volume": "file"}),
    "usb": _Parts(first="host", switches=("usb3",), lower=("host",), defaults={"usb3": "0"}),
    "vga": _Parts(first="type", numbers=("memory",), defaults={"type": "std"}),
    "watchdog": _Parts(first="model", defaults={"model": "i6300esb"}),
}
"""The settings of several parts, by the delegate's option."""

_NET = _Parts(
    first="model",
    switches=("firewall", "link_down"),
    numbers=("mtu", "queues", "rate", "tag"),
    sets=("trunks",),
    lower=("macaddr",),
    defaults={"firewall": "0", "link_down": "0"},
)


# --- one form for each spelling -------------------------------------------------------------------


def _text(value: t.Any) -> str:
    """As the API has it: a switch is 1 or 0."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _switch(value: t.Any) -> str:
    word = _text(value).lower()
    return {"true": "1", "yes": "1", "on": "1", "false": "0", "no": "0", "off": "0"}.get(word, word)


def _number(value: t.Any) -> str:
    """Newer releases may write ``current=4096`` for the memory."""
    word = _text(value).rpartition("=")[2]
    return f"{float(word):g}" if re.fullmatch(r"\d+(\.\d*)?|\.\d+", word) and len(word) < 16 else word


def _whole(value: t.Any) -> str:
    return str(int(_text(value).rpartition("=")[2]))


def _address(value: t.Any) -> str:
    """An address has one form, a word such as ``dhcp`` is in lower case."""
    word = str(value).strip().lower()
    try:
        interface = ipaddress.ip_interface(word)
    except ValueError:
        return word
    return interface.with_prefixlen if "/" in word else str(interface.ip)


def _lines(value: t.Any) -> str:
    """Whoever writes it may end its lines as Windows does, and space at their ends is not seen."""
    return "\n".join(line.rstrip() for line in str(value).splitlines()).strip()


def _keys(value: t.Any) -> str:
    return "\n".join(filter(None, (line.strip() for line in unquote(str(value)).splitlines())))


def _sent_keys(value: t.Any) -> str:
    return "\n".join(filter(None, (line.strip() for line in str(value).splitlines())))


def _listed(value: t.Any) -> list[str]:
    """Servers and domains: their order counts, what is between them does not."""
    return [word for word in re.split(r"[,;\s]+", _joined(value)) if word]


def _joined(value: t.Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _tags(value: t.Any) -> list[str]:
    if not isinstance(value, (str, list, tuple)):
        raise TypeError(value)
    return sorted({word.lower() for word in re.split(r"[;,\s]+", _joined(value)) if word})


_FEATURES = {"1": "network,disk,usb", "0": ""}


def _features(value: t.Any) -> list[str]:
    word = _text(value)
    return sorted(filter(None, re.split(r"[;,\s]+", _FEATURES.get(word, word))))


def _boot(value: t.Any) -> str:
    """``order=a;b`` in that order; the older ``cdn`` may be called ``legacy``."""
    word = re.sub(r"\s", "", _text(value))
    return word.removeprefix("legacy=").strip(";,")


# --- the table ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Setting:
    """
    One option: ``read`` gives what is compared, ``default`` is what it is where the VM says nothing, None where that
    is not known, ``text`` makes what is shown of what is sent.
    """

    read: Callable[[t.Any], t.Any] = _text
    default: str | None = None
    text: Callable[[t.Any], t.Any] = _text

    def differs(self, wanted: t.Any, found: t.Any) -> bool:
        there = self.default if found is None else found
        return there is None or self.read(wanted) != self.read(there)


def _spaced(value: t.Any) -> str:
    return " ".join(_listed(value))


_SETTINGS: dict[str, _Setting] = {
    **dict.fromkeys(("autostart", "freeze", "numa_enabled", "onboot", "protection", "tdf"), _Setting(_switch, "0")),
    **dict.fromkeys(("acpi", "ciupgrade", "kvm", "reboot", "tablet"), _Setting(_switch, "1")),
    # On for Windows alone, where nothing is said.
    "localtime": _Setting(_switch),
    "balloon": _Setting(_number),
    "cores": _Setting(_whole, "1"),
    "cpulimit": _Setting(_number, "0"),
    "cpuunits": _Setting(_number),
    "memory": _Setting(_whole, "512"),
    "migrate_downtime": _Setting(_number, "0.1"),
    "migrate_speed": _Setting(_number, "0"),
    "shares": _Setting(_number, "1000"),
    "sockets": _Setting(_whole, "1"),
    "vcpus": _Setting(_number, "0"),
    "args": _Setting(),
    "bios": _Setting(default="seabios"),
    "boot": _Setting(_boot),
    "bootdisk": _Setting(),
    "citype": _Setting(),
    "ciuser": _Setting(),
    "description": _Setting(_lines, "", _lines),
    "hookscript": _Setting(),
    "hotplug": _Setting(_features, "network,disk,usb"),
    "hugepages": _Setting(),
    "keyboard": _Setting(),
    "nameservers": _Setting(_listed, text=_spaced),
    "ostype": _Setting(),
    "scsihw": _Setting(default="lsi"),
    "searchdomains": _Setting(_listed, text=_spaced),
    "sshkeys": _Setting(_keys, text=_keys),
    "startdate": _Setting(default="now"),
    "tags": _Setting(_tags, "", lambda value: ";".join(_tags(value))),
    **{option: _Setting(parts.read) for option, parts in _PARTS.items()},
    "agent": _Setting(_PARTS["agent"].read, "0"),
    # Each is a text of one word.
    "parallel": _Setting(),
    "serial": _Setting(),
}
"""Every setting by the delegate's option, of a mapping for each of its keys."""

COMPARED = frozenset({*_SETTINGS, *GROUPS, *FIXED_DISKS, _SECRET})
"""The options that are compared with what is there; the password is written when the VM is made."""


def settings(
    wanted: Mapping[str, t.Any],
    there: Mapping[str, t.Any],
    *,
    fresh: bool = False,
    deleted: Iterable[str] = (),
    less_tags: frozenset[str] = frozenset(),
) -> Settings:
    """
    What of ``wanted``, in the delegate's options, differs from ``there``, the API's configuration.

    ``fresh`` says that ``there`` is a template's, whose clone will have volumes of its own. ``deleted`` are keys that
    shall not be there, ``less_tags`` tags.
    """
    work = _Work(there, fresh, less_tags)
    work.delete(deleted)
    for option, value in wanted.items():
        if option in GROUPS and isinstance(value, Mapping):
            for key, item in value.items():
                work.compare_key(option, key, item)
        elif option in FIXED_DISKS and isinstance(value, Mapping):
            work.compare_fixed_disk(option, value)
        else:
            work.compare(option, value)
    return work.settings()


class _Work:
    """The comparison of one VM, as it goes on."""

    def __init__(self, there: Mapping[str, t.Any], fresh: bool, less_tags: frozenset[str] = frozenset()) -> None:
        self.there, self.fresh, self.less_tags = there, fresh, less_tags
        self.deleted: list[str] = []
        self.changes: dict[str, tuple[t.Any, t.Any]] = {}
        self.arguments: dict[str, t.Any] = {}
        self.grows: dict[str, int] = {}
        self.drives: dict[str, Mapping[str, str]] = {}
        self.warnings: list[str] = []

    def settings(self) -> Settings:
        devices = any(option in _DEVICES for option in self.arguments)
        return Settings(
            self.changes, self.arguments, devices, self.grows, self.drives, tuple(self.warnings), tuple(self.deleted)
        )

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            if self.there.get(key) is not None:
                self.changes[key] = (self.there[key], None)
                self.deleted.append(key)

    def compare(self, option: str, value: t.Any) -> None:
        key = API_NAMES.get(option, option)
        found = self.there.get(key)
        if option == _SECRET:
            self.changes[key], self.arguments[option] = (found, value), value
            return
        setting = _SETTINGS.get(option, _Setting())
        sent = self._completed(option, value, found)
        if setting.differs(sent, found):
            self.changes[key] = _alike(setting, found, sent)
            self.arguments[option] = sent

    def _completed(self, option: str, value: t.Any, found: t.Any) -> t.Any:
        """What is to be sent: with what others gave it, and with what the API would make anew."""
        if option == "tags":
            return sorted({*_tags(value), *(set(_tags(found or "")) - self.less_tags)})
        if option in ("nameservers", "searchdomains"):
            return _listed(value)
        if option == "description":
            return _lines(value)
        if option == "smbios" and "uuid=" not in str(value):
            uuid = re.search(r"uuid=[^,]+", str(found or ""))
            return f"{uuid.group()},{value}" if uuid else value
        return _sent_keys(value) if option == "sshkeys" else value

    def compare_key(self, option: str, key: str, value: t.Any) -> None:
        """One key of a mapping, such as ``net0``."""
        found = self.there.get(key)
        if option in DRIVES:
            self._compare_drive(option, key, _text(value), found)
            return
        read = {"net": _net, "hostpci": _pci}.get(option)
        sent = _with_mac(_text(value), found) if option == "net" else _text(value) if read else value
        if found is None or (read(sent) != read(_text(found)) if read else _SETTINGS[option].differs(value, found)):
            self.changes[key] = (found, _text(sent))
            self.arguments.setdefault(option, {})[key] = sent

    # --- disks ------------------------------------------------------------------------------------

    def _compare_drive(self, option: str, key: str, text: str, found: t.Any) -> None:
        if found is None:
            self.changes[key] = (None, text)
            self.arguments.setdefault(option, {})[key] = text
            return
        wanted, there = _DRIVE.read(text), _DRIVE.read(found)
        volume, held = str(wanted.get("file", "")), str(there.get("file", ""))
        is_tray, was_tray = (one.get("media") == "cdrom" for one in (wanted, there))
        if is_cloud_init(volume) or is_cloud_init(held):
            if not (is_cloud_init(volume) and is_cloud_init(held)):
                self._tell(key, f"is '{held}', and '{volume}' is wanted", "use another key")
            return
        if is_tray != was_tray:
            words = ("a disk", "a CD-ROM")
            self._tell(key, f"is {words[was_tray]}, and {words[is_tray]} is wanted", "use another key")
            return
        if is_tray:
            if volume != held:
                self.changes[key] = (_text(found), text)
                self.arguments.setdefault(option, {})[key] = text
            return
        self._compare_volume(key, volume, held, wanted, found)
        given = {name: item for name, item in _pairs(text).items() if name not in _MADE_WITH}
        kept = {name: item for name, item in _pairs(_text(found)).items() if name not in _MADE_WITH}
        if {name: wanted.get(name) for name in given} != {name: there.get(name) for name in given}:
            merged = {**kept, **given}
            told = ",".join([held, *(f"{name}={item}" for name, item in sorted(merged.items()))])
            if self.fresh:
                self.changes[key] = (_text(found), told.partition(",")[2])
                self.drives[key] = merged
            else:
                self.changes[key] = (_text(found), told)
                self.arguments.setdefault(option, {})[key] = told

    def _compare_volume(self, key: str, volume: str, held: str, wanted: Mapping[str, t.Any], found: t.Any) -> None:
        """A disk grows to the size that it was to be made with. Its storage and format it keeps."""
        new = _NEW_DISK.fullmatch(volume)
        if new is None:
            if volume != held:
                self._tell(key, f"is '{held}', and '{volume}' is wanted", "use another key, or exchange them by hand")
            return
        storage, size = new.group(1), float(new.group(2))
        if storage and storage != held.partition(":")[0]:
            self._tell(key, f"is on '{held.partition(':')[0]}', and '{storage}' is wanted", "move it by 'qm disk move'")
        kind = wanted.get("format")
        extension = re.search(r"\.(raw|qcow2|vmdk)$", held)
        if kind and extension and extension.group(1) != kind:
            self._tell(key, f"has the format {extension.group(1)}, and {kind} is wanted", "move it by 'qm disk move'")
        now = disk_mib({key: found}, key)
        if now is not None and _ceil(size * 1024) > now:
            self.grows[key] = _ceil(size * 1024)

    def compare_fixed_disk(self, option: str, value: Mapping[str, t.Any]) -> None:
        found = self.there.get(option)
        given = {name.replace("_", "-"): _text(item) for name, item in value.items() if name != "storage"}
        if option == "tpmstate0":
            given = {"version": f"v{value.get('version', '2.0')}"}
        if found is None:
            text = ",".join([f"{value.get('storage')}:1", *(f"{name}={item}" for name, item in sorted(given.items()))])
            self.changes[option] = (None, text)
            # By a mapping of another option, which the delegate unfolds: of the option itself it would send what is
            # not given as 'format=None', and only where 'bios' is sent along.
            self.arguments.setdefault("virtio", {})[option] = text
            return
        held = _PARTS[option].read(found)
        storage = str(held.get("file", "")).partition(":")[0]
        if value.get("storage") and value["storage"] != storage:
            self._tell(option, f"is on '{storage}', and '{value['storage']}' is wanted", "move it by 'qm disk move'")
        extension = re.search(r"\.(raw|qcow2|vmdk)$", str(held.get("file", "")))
        kind = given.pop("format", None)
        if kind and extension and extension.group(1) != kind:
            self._tell(
                option, f"has the format {extension.group(1)}, and {kind} is wanted", "move it by 'qm disk move'"
            )
        wanted = _PARTS[option].read(",".join(f"{name}={item}" for name, item in given.items()))
        other = [name for name in given if wanted.get(name) != held.get(name)]
        if other:
            self._tell(option, f"was made with another {' and '.join(other)}", "remove it by hand to have it made anew")

    def _tell(self, key: str, what: str, remedy: str) -> None:
        self.warnings.append(f"{key} {what}; a disk that is there is left as it is: {remedy}.")


def _ceil(value: float) -> int:
    """A size in whole MiB."""
    return int(-(-value // 1))


def _alike(setting: _Setting, found: t.Any, sent: t.Any) -> tuple[t.Any, t.Any]:
    """Both sides in the form and the type in which the API tells them."""
    after = setting.text(sent)
    if found is None:
        return None, after
    if isinstance(found, (int, float)) and not isinstance(found, bool) and re.fullmatch(r"\d+", after):
        return found, int(after)
    return setting.text(found), after


_NEW_DISK = re.compile(r"(?:([^/:\s]+):)?(\d+(?:\.\d+)?)")
"""A disk to be made: storage and GiB."""


def _pairs(text: str) -> dict[str, str]:
    """The parts of a drive as they are written, by their names."""
    pairs = {}
    for word in filter(None, text.split(",")):
        key, sign, item = word.partition("=")
        key, item = (_DRIVE.aliases.get(key, key), item) if sign else ("file", key)
        pairs[key] = item
    return pairs


def is_disk(text: t.Any) -> bool:
    """Whether a drive holds a volume that somebody named: a disk, or an image of a CD-ROM."""
    volume = str(_DRIVE.read(text).get("file", ""))
    return volume not in ("", "none", "cdrom") and not is_cloud_init(volume)


def describes_disks(options: Mapping[str, t.Any]) -> bool:
    """Whether the options say what the VM's disks are, or what it boots from."""
    drives = [text for bus in DRIVES for text in (options.get(bus) or {}).values()]
    return any(options.get(name) for name in FIXED_DISKS) or any(is_disk(text) for text in drives)


def boot_order(options: Mapping[str, t.Any]) -> str | None:
    """What the API itself makes of the drives of a new VM: the first disk, the first CD-ROM, the first network."""
    found: dict[str, str] = {}
    for bus in DRIVES:
        for key, text in sorted((options.get(bus) or {}).items(), key=lambda item: (len(item[0]), item[0])):
            parts = _DRIVE.read(text)
            is_tray = parts.get("media") == "cdrom" or is_cloud_init(str(parts.get("file", "")))
            if is_disk(text):
                found.setdefault("tray" if is_tray else "disk", key)
    networks = sorted(options.get("net") or {}, key=lambda key: (len(key), key))
    order = [found[kind] for kind in ("disk", "tray") if kind in found] + networks[:1]
    return f"order={';'.join(order)}" if order else None


def as_made(options: Mapping[str, t.Any]) -> dict[str, str]:
    """The disks that the options have made, as the configuration will tell their sizes."""
    made = {}
    for bus in DRIVES:
        for key, text in (options.get(bus) or {}).items():
            new = _NEW_DISK.fullmatch(str(_DRIVE.read(text).get("file", "")))
            made[key] = f"{text},size={_ceil(float(new.group(2)) * 1024)}M" if new else str(text)
    return made


def makes_volumes(arguments: Mapping[str, t.Any]) -> bool:
    """Whether what is sent has volumes made, each time that it is sent."""
    texts = [text for bus in DRIVES for text in (arguments.get(bus) or {}).values()]
    volumes = [str(_DRIVE.read(text).get("file", "")) for text in texts]
    return any(_NEW_DISK.fullmatch(volume) or volume.endswith(":cloudinit") for volume in volumes)


def first_storage(options: Mapping[str, t.Any]) -> str | None:
    """The storage of the first disk that the options describe."""
    for bus in DRIVES:
        for text in (options.get(bus) or {}).values():
            new = _NEW_DISK.fullmatch(str(_DRIVE.read(text).get("file", "")))
            if new and new.group(1):
                return new.group(1)
    return next((options[name].get("storage") for name in FIXED_DISKS if options.get(name)), None)


# --- networks and devices -------------------------------------------------------------------------


def _net(text: str) -> dict[str, t.Any]:
    """A network's parts: its model and MAC under names of their own, as ``virtio=MAC`` and ``model=`` say both."""
    words = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, sign, value = part.partition("=")
        if _NET_MODELS.match(key):
            words += [f"model={key}", *([f"macaddr={value}"] if sign else [])]
        else:
            words.append(part)
    return _NET.read(",".join(words))


def _written(text: str) -> dict[str, str]:
    """As ``_net``, each part as it is written."""
    parts = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, _sign, value = part.partition("=")
        if _NET_MODELS.match(key):
            parts["model"], parts["macaddr"] = key, value
        else:
            parts[key] = value
    return parts


def _with_mac(text: str, found: t.Any) -> str:
    """
    The network as it will be sent, with the MAC it has: without one the API makes a new one at each update.
    """
    wanted = _written(text)
    mac = (wanted.pop("macaddr", "") or _written(str(found or "")).get("macaddr", "")).upper()
    model = wanted.pop("model", "virtio")
    head = f"{model}={mac}" if mac else model
    return ",".join([head, *(f"{key}={value}" for key, value in wanted.items())])


def _pci(text: str) -> dict[str, t.Any]:
    """A device of the first domain may be written without it."""
    parts = _PARTS["hostpci"].read(text)
    if "host" in parts:
        parts["host"] = tuple(sorted(one.removeprefix("0000:") for one in parts["host"]))
    return parts


def without_macs(config: Mapping[str, t.Any]) -> dict[str, t.Any]:
    """A template's configuration as its clone will have it: each network of a clone gets a MAC of its own."""
    return {key: _without_mac(str(value)) if re.match(r"net\d+$", key) else value for key, value in config.items()}


def _without_mac(text: str) -> str:
    parts = (part for part in text.split(",") if not part.startswith("macaddr="))
    return ",".join(part.partition("=")[0] if _NET_MODELS.match(part.partition("=")[0]) else part for part in parts)


# --- disks ----------------------------------------------------------------------------------------


def has_cloud_init(config: Mapping[str, t.Any]) -> bool:
    """Whether one of its drives is cloud-init's."""
    return any("cloudinit" in str(value) for key, value in config.items() if re.match(r"(ide|sata|scsi)\d+$", key))


def free_slot(config: Mapping[str, t.Any]) -> str:
    """Where a cloud-init drive may go: ``ide2`` as everybody does, else another that q35 has too, else any."""
    return next((slot for slot in ("ide2", "ide0", "ide3", "ide1") if slot not in config), "ide2")


_NIC = re.compile(r"net\d+")


def count_nics(keys: Iterable[str]) -> int:
    """How many network interfaces are among the keys of settings."""
    return len({key for key in keys if _NIC.fullmatch(key)})
