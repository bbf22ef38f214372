# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Whether a mark is believed: what an engine says is somebody else's word.

A mark's name must be one that a task could give. Where the target has keys, the mark must be signed by one of them too:
by HMAC-SHA256 over all that is known when an instance is made, so that a copy on another instance is worth nothing. The
keys never leave the controller.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import typing as t
from collections.abc import Sequence

from ....module_utils._shared.marks import SIGNATURE_MARK
from ..model import Instance, Target
from ..wording import plain
from .names import need_label, need_name

SIGNATURE = SIGNATURE_MARK

_PURPOSE = "rightscope.deploy mark 1"
"""No other use of the key gives the same signature; another layout of what is signed has another number."""

NO_NAME = "its name is not the name of a service"
NO_PROCESS = "its process is not the name of a process"
UNSIGNED = "it is not signed, but 'rightscope_mark_key' is set"
WRONG = "it is signed with a key other than 'rightscope_mark_key', or for another instance"


def signature(key: str, form: str, service: str, name: str, process: str | None = None) -> str:
    """
    The signature of a mark. ``name`` is what the engine itself calls the instance: its name, or a VM's id.

    The parts cannot run into one another: none but the last has a line break in it.
    """
    text = "\n".join((_PURPOSE, form, service, process or "", name))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def signed(
    target: Target,
    form: str,
    service: str,
    name: str,
    process: str | None = None,
    *,
    there: Instance | None = None,
) -> str | None:
    """
    The signature that an instance shall have: None where the target has no key.

    The first key signs. ``there`` is an instance whose signature stands as long as any of the keys gives it.
    """
    if not target.mark_keys:
        return None
    made = [signature(key, form, service, name, process) for key in target.mark_keys]
    if there is not None and there.signature in made:
        return there.signature
    return made[0]


def believed(instance: Instance, keys: Sequence[str] = ()) -> Instance:
    """
    The instance, as a stranger where its mark is not believed: ``claims`` is then the name in the mark, ``doubt`` why.
    """
    if instance.service is None:
        return instance if instance.process is None else dataclasses.replace(instance, process=None)
    doubt = _doubt(instance, keys)
    if doubt is None:
        return instance
    return dataclasses.replace(instance, service=None, process=None, claims=plain(instance.service), doubt=doubt)


def _doubt(instance: Instance, keys: Sequence[str]) -> str | None:
    if not _is(need_name, instance.service):
        return NO_NAME
    if instance.process is not None and not _is(need_label, instance.process):
        return NO_PROCESS
    if not keys:
        return None
    if not instance.signature:
        return UNSIGNED
    name = identity(instance)
    # Each is compared, so that the time says nothing of where a wrong one differs.
    right = [
        hmac.compare_digest(
            signature(key, instance.form, instance.service, name, instance.process).encode(),
            instance.signature.encode(),
        )
        for key in keys
    ]
    return None if any(right) else WRONG


def _is(need: t.Callable[[t.Any], str], value: t.Any) -> bool:
    try:
        need(value)
    except ValueError:
        return False
    return True


def identity(instance: Instance) -> str:
    """What the engine itself calls it: a VM's name is no more than a word beside its id."""
    return instance.id if instance.is_numbered else instance.name
