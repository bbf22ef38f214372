# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
Asks the delegate about differences that only this collection may see.

There will always be another option that an engine writes otherwise than we foresee. So a difference in what the user
wrote is only believed where the delegate, in check mode, sees it too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ..._core.model import Candidate, Instance, Plan, Service
from ..._core.settling import describe_differences
from .job import Job, Opinion, Site
from .planning import make_plan

Agreed = Mapping[str, frozenset[str]]
"""By the name of an instance the options of which the delegate sees no difference."""


def plan_with_opinion(job: Job, site: Site, instances: tuple[Instance, ...]) -> tuple[Site, Plan, list[str]]:
    """
    (the site, the plan, warnings), less the differences that the delegate does not see.

    Raises AttemptError where the form refuses to plan it.
    """
    plan = make_plan(job, site, instances, job.state)
    agreed = agreed_options(job, site, instances, plan)
    if not agreed:
        return site, plan, []
    warnings = spelling_warnings(job.service, plan, agreed)
    site = agree(site, agreed)
    return site, make_plan(job, site, instances, job.state), warnings


def agreed_options(job: Job, site: Site, instances: tuple[Instance, ...], plan: Plan) -> dict[str, frozenset[str]]:
    """By instance the options of which the delegate sees no difference, where the plan does."""
    by_name = {instance.name: instance for instance in instances}
    agreed = {}
    for name, options in site.form.doubtful(site.candidate, plan).items():
        same = _same_options(job, site, by_name[name], options) if name in by_name else ()
        if same:
            agreed[name] = frozenset(same)
    return agreed


def _same_options(job: Job, site: Site, instance: Instance, options: tuple[str, ...]) -> tuple[str, ...]:
    """
    Those of the options that are the same to the delegate.

    All are asked about at once; then each alone, unless its diff has named those that are not the same.
    """
    form, service = site.form, job.service_on(site.candidate)

    def ask(*asked: str) -> Opinion | None:
        return site.engine.ask(form.question(service, site.candidate, instance, asked))

    of_all = ask(*options)
    if of_all is not None and not of_all.changed:
        return options
    different = form.named(of_all.names) & set(options) if of_all else ()
    if different:
        return tuple(option for option in options if option not in different)
    of_each = {option: ask(option) for option in options} if len(options) > 1 else {}
    return tuple(option for option, opinion in of_each.items() if opinion is not None and not opinion.changed)


def agree(site: Site, agreed: Agreed) -> Site:
    """The site, whose candidate has more options of which the delegate sees no difference."""
    return dataclasses.replace(site, candidate=_with_agreed(site.candidate, agreed))


def _with_agreed(candidate: Candidate, agreed: Agreed) -> Candidate:
    names = {*candidate.agreed, *agreed}
    both = {name: candidate.agreed.get(name, frozenset()) | agreed.get(name, frozenset()) for name in names}
    return dataclasses.replace(candidate, agreed=both)


def spelling_warnings(service: Service, plan: Plan, agreed: Agreed) -> list[str]:
    """A warning for each instance with differences that only this collection sees."""
    return [_spelling_warning(service, plan, name, options) for name, options in agreed.items()]


def _spelling_warning(service: Service, plan: Plan, name: str, options: frozenset[str]) -> str:
    of_options = Plan(
        before={name: {key: value for key, value in plan.before.get(name, {}).items() if key in options}},
        after={name: {key: value for key, value in plan.after.get(name, {}).items() if key in options}},
    )
    return (
        f"Service '{service.name}': {describe_differences(of_options)}, for '{name}'. The delegate sees no difference, "
        "so it counts as another spelling of the same value, and nothing is changed for it."
    )
