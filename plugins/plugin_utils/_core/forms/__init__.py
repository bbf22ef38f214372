# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
One file a form. Each says what the form is, and makes plans and placements for it. Pure.

A form's module has:

``NAME``, ``TITLE``, ``SCOPE``, ``KIND``, ``MODULE``
    its name in data and in sentences, its scope, the kind of target that offers it, its delegate;
``RESERVED``
    the delegate's options that the collection sets itself;
``NUMBERS``, ``SWITCHES``, ``MAPPINGS``
    patterns of the options, suboptions and keys whose texts may be given as numbers, as switches, and whose values have
    keys of their own: anywhere else only a text is taken for a text. What begins with ``!`` is left out;
``check(option, value)``
    raises OptionError for a value that must not be given, and anything else for one that it could not compare;
``image(requirements, options, facts) -> Source``
    what a service would be made from;
``sought(requirements, options) -> Sought``
    the names in the options whose content is a part of what is wanted;
``contradictions(requirements, options) -> list[tuple[path, text]]``
    what the needs and the options cannot be together, by the path below the form;
``storage(options) -> str | None``
    the storage that the user named for it;
``busy(instances) -> str | None``
    what keeps others from changing it now, half a sentence;
``ended(instances) -> str | None``
    why what was started will not come to run any more, half a sentence;
``runs(instances) -> Mapping[str, Run] | None``
    the run that each is in, by its name; None where nothing needs to be watched;
``system(instance, options) -> str | None``
    the family of systems that it runs, such as ``windows``; None where that is not known, or is an option to be set;
``identity(instance) -> str``
    what no two of them have, wherever they are; empty where that is not known;
``last_words(instance) -> str``
    the end of its log as the end of a sentence, or nothing;
``pending(instances) -> tuple[str, ...]``
    the settings that are written and wait for a restart;
``will_wait(instances, changes) -> tuple[str, ...]``
    those that will, once these changes, each (before, after), were made to what runs;
``restart(instances, waiting) -> tuple[Call, ...]``
    the calls by which it takes the settings that wait;
``plan(service, candidate, target, instances, state) -> Plan``
    the calls from what is there to what is wanted. Raises RefusedError where nothing must be done;
``doubtful(candidate, plan) -> Mapping[str, tuple[str, ...]]``
    by instance the options of the user that differ by the plan, and of which the delegate can tell in check mode
    whether it sees that too: a difference that it does not see is another spelling;
``question(service, candidate, instance, options) -> Call``
    the delegate's call that is asked so, in check mode alone: it says ``changed`` where one of these options differs;
``named(names) -> frozenset[str]``
    the options that the names in the delegate's diff stand for; none where it cannot be told
``permits(service, candidate, target, instances, state) -> tuple[Permit, ...]``
    the privileges of the target's API that this plan would take; asked where those of its user are known;
``adopt(service, target, instance) -> Plan``
    the calls that write the marks on what somebody else made, and change nothing else. Raises AdoptionError;
``remove(service, target, instances) -> Plan``
    the calls that remove what is there;
``removal_refused(target, instances) -> str | None``
    why the engine would refuse to remove it now and how to help, half a sentence: it is asked before anything is done;
``connection(target, instance) -> dict``
    the variables by which Ansible reaches it, from where the target's API is reached;
``command(target, instance) -> list``
    what runs a command in it, on the target's own host; empty where nothing does;
``public_keys(instance) -> tuple[str, ...]``
    those that it lets in by ssh.
"""

from __future__ import annotations

from . import docker_container, lxd_container, proxmox_vm
from ._common import AdoptionError, OptionError, RefusedError

FORMS = {form.NAME: form for form in (docker_container, lxd_container, proxmox_vm)}
"""Every form by its name; a new one is a file beside this one and an entry here."""

__all__ = ["FORMS", "KINDS", "AdoptionError", "OptionError", "RefusedError"]

KINDS = tuple(sorted({form.KIND for form in FORMS.values()}))
"""The kinds of target that offer at least one form."""
