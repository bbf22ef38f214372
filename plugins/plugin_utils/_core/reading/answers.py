# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a discovery's reply says of what is behind the names that were sought; and that a reply cannot be read."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping

from ..model import Content
from ..wording import plain


class AnswerError(ValueError):
    """What discovery returned cannot be read; its text says why, and reads on after a colon."""


def read_content(raw: t.Any) -> Content:
    """
    What a discovery's reply says of what is behind the names that were sought.

    Raises AnswerError where the reply is not one.
    """
    images, files = (_answers(raw, part) for part in ("images", "files"))
    return Content(
        images=_texts_of(images, "digest"),
        files=_texts_of(files, "digest"),
        silent=_texts_of(images, "trouble"),
        unreadable=_texts_of(files, "trouble"),
    )


def _answers(raw: t.Any, part: str) -> Mapping[str, t.Any]:
    answers = {} if raw is None else raw.get(part, {}) if isinstance(raw, Mapping) else None
    if not isinstance(answers, Mapping) or not all(isinstance(answer, Mapping) for answer in answers.values()):
        raise AnswerError("its content is not a mapping of answers")
    return answers


def _texts_of(answers: Mapping[str, t.Any], key: str) -> dict[str, str]:
    return {name: plain(answer[key]) for name, answer in answers.items() if isinstance(answer.get(key), str)}
