# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is quoted of somebody else's words."""

from __future__ import annotations

import pytest

from ansible_collections.rightscope.deploy.plugins.plugin_utils._core.wording import reason_of

NO_JSON = "Module result deserialization failed: No start of json char found"
TRACEBACK = "Traceback (most recent call last):\n  File 'x', line 1\nModuleNotFoundError: No module 'encodings'\n"


@pytest.mark.parametrize(
    ("err", "out", "status", "said"),
    [
        pytest.param(
            "python3: error while loading libx.so\n",
            "",
            127,
            "status 127 and without an answer, and printed 'python3: error while loading libx.so'",
            id="the one line of a loader",
        ),
        pytest.param(TRACEBACK, "", 1, "printed 'ModuleNotFoundError: No module 'encodings''", id="an exception"),
        pytest.param("", "Illegal instruction\n", 132, "printed 'Illegal instruction'", id="out"),
        pytest.param(
            "Shared connection to 192.0.2.1 closed.\r\n",
            "python: not for this machine\r\n",
            126,
            "printed 'python: not for this machine'",
            id="on a terminal, where ssh has the last word",
        ),
        pytest.param("\x1b[31mred\x07", "", 1, r"printed '\x1b[31mred\x07'", id="not what a terminal obeys"),
        pytest.param("", "", 0, "status 0 and without an answer, and printed nothing", id="silence"),
    ],
)
def test_of_a_module_that_gave_no_answer_what_was_printed_is_told(err, out, status, said):
    reply = {"msg": NO_JSON, "module_stderr": err, "module_stdout": out, "rc": status, "failed": True}
    assert said in reason_of(reply)


def test_what_ansible_knows_better_is_told_as_it_says_it():
    reply = {"msg": "The module interpreter '/no/python' was not found.", "module_stdout": "", "module_stderr": "x"}
    assert reason_of(reply) == reply["msg"]
    assert reason_of({"msg": "no such image"}) == "no such image"
    assert reason_of({}) is None
