# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine's images, and what registries and containers say of them."""

from __future__ import annotations

from ...calls import call_within
from ...errors import words_of
from ...host.systems import architecture


def describe_images(engine, image_list, names):
    """
    All images; of those that go by one of the ``names`` what they are made for.

    Docker does not say which distribution is inside of an image: ``os`` only for Windows, which is a kernel too.
    """
    platforms = dict(filter(None, engine.map_in_parallel(lambda name: _platform(engine, name), names)))
    return [{"id": image["Id"], "names": names_of(image), **platforms.get(image["Id"], {})} for image in image_list]


def names_of(image):
    """All tags and digests that it goes by."""
    names = [*(image.get("RepoTags") or ()), *(image.get("RepoDigests") or ())]
    return [name for name in names if "<none>" not in name]


def _platform(engine, name):
    """(id, what it is made for) of an image by one of its names; None where it is not there."""
    image = engine.inspect_image(name)
    if image is None:
        return None
    platform = {"architecture": architecture(image.get("Architecture"))}
    if image.get("Os") == "windows":
        platform.update(os="windows", os_version=image.get("OsVersion"))
    return image["Id"], {key: value for key, value in platform.items() if value}


# --- registries -----------------------------------------------------------------------------------

_SHARE, _LEAST = 0.8, 0.5
"""Of all time what may have gone when the registries have answered, and the least that they are given, in seconds."""


def ask_registries(engine, names, timeout, elapsed):
    """
    By the name of an image its ``digest`` in its registry now, or the ``trouble`` that says why there is none.

    A registry that does not answer is no trouble of the engine's, so it has less time than the whole ``timeout``, of
    which so many seconds have ``elapsed``.
    """
    seconds = max(_LEAST, _SHARE * timeout - elapsed)
    return dict(zip(names, engine.map_in_parallel(lambda name: _ask_registry(engine, name, seconds), names)))


def _ask_registry(engine, name, seconds):
    """
    The engine asks it, with the login that a pull takes.

    What the engine keeps of a pulled image, its RepoDigests, is the same digest.
    """
    try:
        answer = call_within(seconds, engine.client.inspect_distribution, name)
    except TimeoutError:
        return {"trouble": f"it did not answer within {seconds:.1f} s"}
    except Exception as exc:
        return {"trouble": words_of(exc)}
    digest = (answer.get("Descriptor") or {}).get("digest")
    return {"digest": digest} if digest else {"trouble": "it told no digest"}


# --- the image of a container ---------------------------------------------------------------------


def with_image(engine, config):
    """
    A container's configuration with what the name of its image stands for.

    ``_image_id`` is what that name stands for now, another image after a retag, and ``_image_digests`` what registries
    call that one. ``_image`` is what the container was made from: its platform, its variables, its labels, and all of
    its configuration.
    """
    named = engine.inspect_image(config["Config"]["Image"])
    if named is not None:
        config = {**config, "_image_id": named["Id"], "_image_digests": named.get("RepoDigests") or []}
    own_id = config.get("Image")
    own = named if named is not None and named["Id"] == own_id else engine.inspect_image(own_id)
    if own is None:
        return config
    platform = [own.get("Os") or "linux", own.get("Architecture"), own.get("Variant")]
    image_config = own.get("Config") or {}
    return {
        **config,
        "_image": {
            "platform": "/".join(filter(None, platform)),
            "env": image_config.get("Env") or [],
            "labels": image_config.get("Labels") or {},
            "config": image_config,
        },
    }
