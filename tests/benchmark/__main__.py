# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.benchmark [decision | targets | plays]``: figures, by which nothing passes or fails."""

from __future__ import annotations

import importlib
import sys

PARTS = ("decision", "targets", "plays")


def main(parts: list[str]) -> int:
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        print(f"There is no benchmark '{unknown[0]}'; there are {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    for part in parts or PARTS:
        print(f"--- {part}")
        importlib.import_module(f".{part}", __package__).main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
