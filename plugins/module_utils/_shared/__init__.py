# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What the managed node and the controller both know, written once: marks, sizes, words, masks, disks of Proxmox VE.

Pure: the standard library alone, and of it nothing that touches the world. The core of the controller builds on it, so
a test holds it to the core's rules. Managed nodes load it too, so it runs on Python 3.9.
Private to the collection: nothing outside of it may import from this folder.
"""
