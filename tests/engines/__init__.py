# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private engines to try and test the collection with: Docker, LXD and a stand-in for a Proxmox VE server.

Each has a ``start(directory)`` that returns an engine, and that engine a ``stop()`` that leaves no process, bridge,
mount or file.
The package needs the standard library only; the stand-in alone runs under a Python that has ``fakepve``.
"""
