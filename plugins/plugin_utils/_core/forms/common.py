# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the forms have in common: marks, images by name, differences, masking."""

from __future__ import annotations

import re
import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ....module_utils._shared.marks import PREFIX, SERVICE_MARK
from ....module_utils._shared.masks import MASK
from ..knowledge.distributions import ANY, is_of_family, is_version
from ..model import Call, Facts, Image, Instance, Plan, Requirements

MARK, MARKS = SERVICE_MARK, PREFIX

STARTED, STOPPED, ABSENT = "started", "stopped", "absent"

_SECRET_WORDS = r"(?:pass|pwd|secret|token|key|credential|auth|cookie|signature|(?:user|vendor)-data)"
_SECRET_NAME = re.compile(_SECRET_WORDS, re.IGNORECASE)
_LOGIN_IN_URL = re.compile(r"(://)[^\s/?#]*@")
_ENVIRONMENT = re.compile(r"env|(config\.)?environment\..*")
"""Variables of a program: any may hold a secret, and a difference is told by their names."""

_SECRET_IN_TEXT = re.compile(
    rf"([\w.-]*{_SECRET_WORDS}[\w.-]*(?:\s*[=:]\s*|\s+))((?:Bearer |Basic )?\S+)", re.IGNORECASE
)
_FREE_TEXTS = ("command", "entrypoint", "description", "healthcheck", "test", "args", "o", "raw.mount.options")
"""Options whose value is a text of many words, any of which may be a secret's name and the next one the secret."""


class OptionError(ValueError):
    """An option under ``as`` that must not have this value; the text says why, and reads on after the option's name."""


class RefusedError(ValueError):
    """What a plan must not do, for it would take more than what it was asked for; the text is a half sentence."""


class AdoptionError(ValueError):
    """Something cannot be taken over as it is; the text is a sentence that says what to do instead."""


def need_no_marks(names: Iterable[str], prefix: str = "") -> None:
    """Raises OptionError where one of the names is kept for the collection's own marks."""
    if any(str(name).startswith(f"{prefix}{MARKS}") for name in names):
        raise OptionError(f"must not have a name that begins with '{prefix}{MARKS}': such are this collection's marks")


@dataclass(frozen=True)
class Source:
    """
    What a service would be made from: the image if it is there, the user's name for it, who gets it.

    ``others`` would do as well, as far as their system goes: where nobody named one.
    """

    image: Image | None = None
    others: tuple[Image, ...] = ()
    wanted: str | None = None
    fetched: bool = False


def image_named(facts: Facts, *names: str) -> Image | None:
    """The image that goes by one of the names, or by an id that starts with it."""
    for name in names:
        for image in facts.images:
            if name in image.names or image.id == name or (len(name) >= 12 and image.id.startswith(name)):
                return image
    return None


def source_of_system(requirements: Requirements, facts: Facts) -> Source:
    """
    The images that are known to be of the wanted system and release: the newest release first.

    Which of them will do is for the rules to say: a newer one may want a newer processor.
    """
    if requirements.os_family == ANY:
        return Source()
    found = sorted((image for image in facts.images if _is_wanted(requirements, image)), key=_by_release)
    return Source(image=found[0] if found else None, others=tuple(found[1:]))


def _by_release(image: Image) -> tuple[t.Any, ...]:
    """By the system's name, then its releases from the newest on: as text a 10 would come before a 9."""
    numbers = [int(number) for number in re.findall(r"\d+", image.os_version or "")]
    return (image.os or "", [-number for number in numbers] or [1], image.names)


def _is_wanted(requirements: Requirements, image: Image) -> bool:
    if image.os is None or not is_of_family(image.os, requirements.os_family):
        return False
    if requirements.architectures and image.architecture and image.architecture not in requirements.architectures:
        return False
    if requirements.os_version is None:
        return True
    return image.os_version is not None and is_version(image.os_version, requirements.os_version)


def differences(wanted: Mapping[str, t.Any], there: Mapping[str, t.Any]) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """Of both sides, only what differs: (before, after)."""
    changed = [key for key, value in wanted.items() if there.get(key) != value]
    return {key: there.get(key) for key in changed}, {key: wanted[key] for key in changed}


def masked(value: t.Any, name: str = "") -> t.Any:
    """
    A copy for people's eyes: whatever is named like a secret is hidden, at any depth, and a password in a URL.

    In a command or a description the word after such a name is.
    """
    if value is not None and _SECRET_NAME.search(name):
        return MASK
    if _ENVIRONMENT.fullmatch(name) and value is not None:
        return dict.fromkeys(value, MASK) if isinstance(value, Mapping) else MASK
    if isinstance(value, Mapping):
        return {key: masked(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return _masked_words(value) if name in _FREE_TEXTS else [_masked_item(item) for item in value]
    if isinstance(value, str):
        text = _SECRET_IN_TEXT.sub(rf"\g<1>{MASK}", value) if name in _FREE_TEXTS else value
        return _LOGIN_IN_URL.sub(rf"\g<1>{MASK}@", text)
    return value


def _masked_item(item: t.Any) -> t.Any:
    """``NAME=value`` items, as an environment has them, are masked by their name."""
    if isinstance(item, str) and "=" in item:
        name, _sign, value = item.partition("=")
        return f"{name}={masked(value, name)}"
    return masked(item)


def _masked_words(words: Iterable[t.Any]) -> list[t.Any]:
    """A command word by word: ``--password=x``, and ``--password`` with its value in the next word."""
    shown, before = [], ""
    for word in words:
        names_a_secret = before.startswith("-") and "=" not in before and _SECRET_NAME.search(before)
        hidden = names_a_secret and not str(word).startswith("-")
        shown.append(MASK if hidden else masked(word, _FREE_TEXTS[0]))
        before = str(word)
    return shown


def removal(calls: Iterable[Call], instances: Iterable[Instance]) -> Plan:
    """The plan by which the calls remove the instances."""
    there = tuple(instances)
    return Plan(
        calls=tuple(calls),
        before={instance.name: {"state": instance.state} for instance in there},
        after={instance.name: {"state": ABSENT} for instance in there},
        state=ABSENT,
    )


def run_state(state: str, now: str = STOPPED) -> str:
    """
    What it shall be after a request for ``state``: a restart ends started, ``present`` leaves it as it is ``now``.
    """
    return {"present": now, "restarted": STARTED}.get(state, state)


def text(value: t.Any) -> str:
    """A value as the engines keep it: all of theirs are texts, and switches are in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def picked(options: Mapping[str, t.Any], names: Iterable[str]) -> dict[str, t.Any]:
    """Those of the options that are given, by name."""
    return {name: options[name] for name in names if options.get(name) is not None}
