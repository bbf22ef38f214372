# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors as the engines' libraries raise them, and sizes."""

from __future__ import annotations

MIB = 1024 * 1024
GIB = 1024 * MIB


class NotThere(Exception):
    status_code = 404


class Forbidden(Exception):
    status_code = 403
    content = "Permission check failed (/nodes/pve1, Sys.Audit)"


def status_error(status):
    error = Forbidden()
    error.status_code = status
    return error
