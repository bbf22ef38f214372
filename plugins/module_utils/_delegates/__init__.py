# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
What the collection's own delegates do: one file a module, and one for what those of a kind have in common.

They exist where a community's module cannot do a step truthfully; each says why in its first words.
Private to the collection: nothing outside of it may import from this folder.
"""
