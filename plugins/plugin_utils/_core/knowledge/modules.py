# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernel modules that are no modules: what the kernels of distributions have built in, and no list of modules shows."""

from __future__ import annotations

import functools
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class BuiltInRow:
    """A module that is built into the kernels whose release matches ``release``, a part of ``uname -r``."""

    module: str
    release: str
    source: str


_DEBIAN = "https://packages.debian.org/bookworm/linux-config-6.1 (config.amd64_none_amd64, _cloud-amd64)"
_UBUNTU = (
    "https://github.com/particle-iot/tachyon-ubuntu-24.04-kernel (debian.master/config/annotations: CONFIG_FUSE_FS, "
    "CONFIG_IPV6, CONFIG_TUN; not seen for the others)"
)

BUILT_IN: tuple[BuiltInRow, ...] = (
    *(
        BuiltInRow(module=name, release="-generic", source=_UBUNTU)
        for name in ("ext4", "fuse", "ipv6", "loop", "tun", "unix")
    ),
    # Of its cloud kernels too, whose releases end in -cloud-amd64.
    *(BuiltInRow(module=name, release="-amd64", source=_DEBIAN) for name in ("af_packet", "ipv6", "unix")),
    BuiltInRow(module="ext4", release="-cloud-amd64", source=_DEBIAN),
    *(
        BuiltInRow(
            module=name,
            release=".el",
            source="https://github.com/OpenVZ/vzkernel (redhat/configs/common/generic: CONFIG_IPV6, CONFIG_UNIX)",
        )
        for name in ("ipv6", "unix")
    ),
)


@functools.lru_cache(maxsize=4096)
def is_built_in(module: str, kernel: str | None) -> bool:
    """Whether the kernel of this release is known to have the module built in."""
    return any(row.module == module and row.release in (kernel or "") for row in BUILT_IN)
