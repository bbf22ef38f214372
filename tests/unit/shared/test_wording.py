# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others say in plain text, and the word that was probably meant."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.module_utils._shared.wording import did_you_mean, plain


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        pytest.param("two\nlines\tand a tab", "two lines and a tab", id="in one line"),
        pytest.param("\x1b[31mred\x07", "[31mred", id="nothing that a terminal obeys"),
        pytest.param("a\u202eb\u200bc", "abc", id="nothing that turns the writing or is not seen"),
        pytest.param(7, "7", id="no text"),
    ],
)
def test_what_others_say_is_shown_in_plain_text(said, shown):
    assert plain(said) == shown


@pytest.mark.parametrize(
    ("word", "question"),
    [
        pytest.param("dokcer", "did you mean 'docker'?", id="a slip"),
        pytest.param("prox", "did you mean 'proxmox'?", id="a beginning"),
        pytest.param("zzz", "", id="nothing near"),
        pytest.param("p", "", id="too short to be a beginning"),
        pytest.param(7, "", id="no text"),
    ],
)
def test_the_word_that_was_probably_meant(word, question):
    assert did_you_mean(word, ("docker", "lxd", "proxmox")) == question
