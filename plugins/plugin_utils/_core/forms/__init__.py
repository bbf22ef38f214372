# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of forms. A new one is a file beside this one, and an entry here."""

from __future__ import annotations

from .base import Form
from .common import AdoptionError, OptionError, RefusedError
from .docker_container import DockerContainer
from .lxd_container import LxdContainer
from .proxmox_vm import ProxmoxVm

FORMS: dict[str, Form] = {form.name: form for form in (DockerContainer(), LxdContainer(), ProxmoxVm())}
"""Every form by its name."""

KINDS = tuple(sorted({form.kind for form in FORMS.values()}))
"""The kinds of target that offer at least one form."""

__all__ = ["FORMS", "KINDS", "AdoptionError", "Form", "OptionError", "RefusedError"]
