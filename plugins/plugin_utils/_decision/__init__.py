# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to the rightscope.deploy collection: nothing outside of it may import this file.

"""Judge every candidate by every rule, choose one, and say why. Pure."""
