# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
How proxmox_kvm's options compare with a VM's configuration as the API tells it.

The API normalises what it is given, and takes many spellings of one setting: ``agent: 1`` is ``enabled=1``, a network
comes back with a MAC, a disk as the volume that was made for it. So both sides are read into the same form, by the
table of settings, and only what differs then is sent.
"""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .....module_utils._shared.masks import MASK
from .....module_utils._shared.proxmox import disk_mib, is_cloud_init
from . import spelling
from .drives import NEW_DISK, changeable_parts, in_mib
from .networks import network_parts, with_mac
from .options import API_NAMES, DRIVES, FIXED_DISKS, GROUPS, PASSWORD, UNSAFE
from .parts import DRIVE, SETTING_PARTS
from .settings import SETTINGS, Setting


@dataclass(frozen=True)
class SettingChanges:
    """
    The settings that differ: each (before, after) by its API name and in the API's form, and the arguments for them.

    ``growth`` are sizes in MiB by disk; ``cloned_drives`` the options of disks that a clone brings along, whose volumes
    have no name yet; ``warnings`` say what of a disk cannot be as it is wanted. ``deleted`` are keys that go.
    ``is_unsafe`` says that the delegate sends the arguments only as an unsafe update.
    """

    changes: Mapping[str, tuple[t.Any, t.Any]] = field(default_factory=dict)
    arguments: Mapping[str, t.Any] = field(default_factory=dict)
    is_unsafe: bool = False
    growth: Mapping[str, int] = field(default_factory=dict)
    cloned_drives: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()

    @property
    def before(self) -> dict[str, t.Any]:
        """What the VM has now, for people to see."""
        return {key: MASK if key == PASSWORD else before for key, (before, _after) in self.changes.items()}

    @property
    def after(self) -> dict[str, t.Any]:
        """What it shall have, for people to see."""
        return {key: MASK if key == PASSWORD else after for key, (_before, after) in self.changes.items()}


def compare_settings(
    wanted: Mapping[str, t.Any],
    config: Mapping[str, t.Any],
    *,
    fresh: bool = False,
    deleted: Iterable[str] = (),
    dropped_tags: frozenset[str] = frozenset(),
) -> SettingChanges:
    """
    What of ``wanted``, in the delegate's options, differs from ``config``, the API's configuration.

    ``fresh`` says that ``config`` is a template's, whose clone will have volumes of its own. ``deleted`` are keys that
    shall not be there, ``dropped_tags`` tags. Raises TypeError or ValueError for what cannot be compared.
    """
    comparison = _Comparison(config, fresh, dropped_tags)
    comparison.delete(deleted)
    for option, value in wanted.items():
        if option in GROUPS and isinstance(value, Mapping):
            for key, item in value.items():
                comparison.compare_key(option, key, item)
        elif option in FIXED_DISKS and isinstance(value, Mapping):
            comparison.compare_fixed_disk(option, value)
        else:
            comparison.compare(option, value)
    return comparison.changes()


class _Comparison:
    """The comparison of one VM, as it goes on."""

    def __init__(self, config: Mapping[str, t.Any], fresh: bool, dropped_tags: frozenset[str]) -> None:
        self._config, self._fresh, self._dropped_tags = config, fresh, dropped_tags
        self._deleted: list[str] = []
        self._changes: dict[str, tuple[t.Any, t.Any]] = {}
        self._arguments: dict[str, t.Any] = {}
        self._growth: dict[str, int] = {}
        self._cloned_drives: dict[str, Mapping[str, str]] = {}
        self._warnings: list[str] = []

    def changes(self) -> SettingChanges:
        return SettingChanges(
            changes=self._changes,
            arguments=self._arguments,
            is_unsafe=any(option in UNSAFE for option in self._arguments),
            growth=self._growth,
            cloned_drives=self._cloned_drives,
            warnings=tuple(self._warnings),
            deleted=tuple(self._deleted),
        )

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            if self._config.get(key) is not None:
                self._changes[key] = (self._config[key], None)
                self._deleted.append(key)

    def compare(self, option: str, value: t.Any) -> None:
        key = API_NAMES.get(option, option)
        current = self._config.get(key)
        if option == PASSWORD:
            self._changes[key], self._arguments[option] = (current, value), value
            return
        setting = SETTINGS.get(option, Setting())
        sent = self._complete(option, value, current)
        if setting.differs(sent, current):
            self._changes[key] = setting.change(current, sent)
            self._arguments[option] = sent

    def _complete(self, option: str, value: t.Any, current: t.Any) -> t.Any:
        """What is to be sent: with what others gave it, and with what the API would make anew."""
        if option == "tags":
            return sorted({*spelling.tags(value), *(set(spelling.tags(current or "")) - self._dropped_tags)})
        if option in ("nameservers", "searchdomains"):
            return spelling.words(value)
        if option == "description":
            return spelling.lines(value)
        if option == "smbios" and "uuid=" not in str(value):
            uuid = re.search(r"uuid=[^,]+", str(current or ""))
            return f"{uuid.group()},{value}" if uuid else value
        return spelling.keys(value) if option == "sshkeys" else value

    def compare_key(self, option: str, key: str, value: t.Any) -> None:
        """One key of a mapping, such as ``net0``."""
        current = self._config.get(key)
        if option in DRIVES:
            self._compare_drive(option, key, spelling.text(value), current)
            return
        read = {"net": network_parts, "hostpci": _pci_parts}.get(option)
        text = spelling.text(value)
        sent = with_mac(text, current) if option == "net" else text if read else value
        is_same = current is not None and (
            read(sent) == read(spelling.text(current)) if read else not SETTINGS[option].differs(value, current)
        )
        if not is_same:
            self._send_key(option, key, current, sent)

    def _send_key(self, option: str, key: str, current: t.Any, sent: t.Any) -> None:
        self._changes[key] = (current, spelling.text(sent))
        self._arguments.setdefault(option, {})[key] = sent

    # --- disks ------------------------------------------------------------------------------------

    def _compare_drive(self, option: str, key: str, text: str, current: t.Any) -> None:
        if current is None:
            self._send_key(option, key, None, text)
            return
        wanted, present = DRIVE.read(text), DRIVE.read(current)
        volume, present_volume = str(wanted.get("file", "")), str(present.get("file", ""))
        is_tray, was_tray = (drive.get("media") == "cdrom" for drive in (wanted, present))
        if is_cloud_init(volume) or is_cloud_init(present_volume):
            if not (is_cloud_init(volume) and is_cloud_init(present_volume)):
                self._warn(key, f"is '{present_volume}', and '{volume}' is wanted", "use another key")
        elif is_tray != was_tray:
            nouns = ("a disk", "a CD-ROM")
            self._warn(key, f"is {nouns[was_tray]}, and {nouns[is_tray]} is wanted", "use another key")
        elif is_tray:
            if volume != present_volume:
                self._send_key(option, key, spelling.text(current), text)
        else:
            self._compare_volume(key, volume, present_volume, wanted, current)
            self._compare_parts(option, key, text, current)

    def _compare_parts(self, option: str, key: str, text: str, current: t.Any) -> None:
        """The parts of a disk that can change: those that are not said stay as they are."""
        wanted, present = DRIVE.read(text), DRIVE.read(current)
        given, kept = changeable_parts(text), changeable_parts(spelling.text(current))
        if all(wanted.get(name) == present.get(name) for name in given):
            return
        merged = {**kept, **given}
        words = ",".join(f"{name}={item}" for name, item in sorted(merged.items()))
        if self._fresh:
            self._changes[key] = (spelling.text(current), words)
            self._cloned_drives[key] = merged
        else:
            self._send_key(option, key, spelling.text(current), f"{present.get('file', '')},{words}")

    def _compare_volume(
        self, key: str, volume: str, present_volume: str, wanted: Mapping[str, t.Any], current: t.Any
    ) -> None:
        """A disk grows to the size that it was to be made with. Its storage and format it keeps."""
        new = NEW_DISK.fullmatch(volume)
        if new is None:
            if volume != present_volume:
                remedy = "use another key, or exchange them by hand"
                self._warn(key, f"is '{present_volume}', and '{volume}' is wanted", remedy)
            return
        self._compare_place(key, present_volume, new.group(1), wanted.get("format"))
        size, present_size = in_mib(new.group(2)), disk_mib({key: current}, key)
        if present_size is not None and size > present_size:
            self._growth[key] = size

    def _compare_place(self, key: str, volume: str, storage: str | None, kind: str | None) -> None:
        present_storage = volume.partition(":")[0]
        if storage and storage != present_storage:
            self._warn(key, f"is on '{present_storage}', and '{storage}' is wanted", "move it by 'qm disk move'")
        extension = re.search(r"\.(raw|qcow2|vmdk)$", volume)
        if kind and extension and extension.group(1) != kind:
            self._warn(key, f"has the format {extension.group(1)}, and {kind} is wanted", "move it by 'qm disk move'")

    def compare_fixed_disk(self, option: str, value: Mapping[str, t.Any]) -> None:
        """A disk of the firmware, which is made once."""
        current, storage = self._config.get(option), value.get("storage")
        given = {name.replace("_", "-"): spelling.text(item) for name, item in value.items() if name != "storage"}
        if option == "tpmstate0":
            given = {"version": f"v{value.get('version', '2.0')}"}
        if current is None:
            text = ",".join([f"{storage}:1", *(f"{name}={item}" for name, item in sorted(given.items()))])
            # By a mapping of another option, which the delegate unfolds: of the option itself it would send what is
            # not given as 'format=None', and only where 'bios' is sent along.
            self._send_key("virtio", option, None, text)
            return
        present = SETTING_PARTS[option].read(current)
        self._compare_place(option, str(present.get("file", "")), storage, given.pop("format", None))
        wanted = SETTING_PARTS[option].read(",".join(f"{name}={item}" for name, item in given.items()))
        different = [name for name in given if wanted.get(name) != present.get(name)]
        if different:
            what = f"was made with another {' and '.join(different)}"
            self._warn(option, what, "remove it by hand to have it made anew")

    def _warn(self, key: str, what: str, remedy: str) -> None:
        self._warnings.append(f"{key} {what}; a disk that is there is left as it is: {remedy}.")


def _pci_parts(text: str) -> dict[str, t.Any]:
    """A device of the first domain may be written without it."""
    parts = SETTING_PARTS["hostpci"].read(text)
    if "host" in parts:
        parts["host"] = tuple(sorted(address.removeprefix("0000:") for address in parts["host"]))
    return parts
