# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the pages that are made from the code, and what is made in others. A unit test holds that they are current."""

from __future__ import annotations

from . import decision, forms, requirements, tables
from .markdown import with_made

if __name__ == "__main__":
    for document in (decision, tables, requirements):
        document.PAGE.write_text(document.page(), encoding="utf-8")
        print(f"{document.PAGE} written")
    for page in forms.PAGES:
        page.write_text(with_made(page.read_text(encoding="utf-8"), forms.PARTS), encoding="utf-8")
        print(f"{page} written")
