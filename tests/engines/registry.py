# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""
A registry of container images on 127.0.0.1, which Docker takes without TLS.

It answers what a pull asks, https://distribution.github.io/distribution/spec/api/, and images are put into it by hand.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import _common, docker

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


class Registry(AbstractContextManager):
    """Answers as soon as it is made. ``asked`` are the manifests asked for; ``hangs`` stops all answers."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.hangs = threading.Event()
        self._ended = threading.Event()
        self._manifests: dict[str, bytes] = {}
        self._blobs: dict[str, bytes] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """As an image's name begins."""
        return f"127.0.0.1:{self._server.server_port}"

    def tag(self, name: str, tag: str, text: str, variables: dict[str, str] | None = None) -> str:
        """Let a name and tag stand for an image of a web server with this page; returns its digest."""
        layer = docker._root_archive(text)
        config = docker._image_config(None, {})
        config["Env"] += [f"{key}={value}" for key, value in (variables or {}).items()]
        image = {
            "architecture": {"x86_64": "amd64", "aarch64": "arm64"}.get(_common.architecture(), _common.architecture()),
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
        }
        parts = {
            "config": ("application/vnd.docker.container.image.v1+json", json.dumps(image).encode()),
            "layer": ("application/vnd.docker.image.rootfs.diff.tar.gzip", gzip.compress(layer, mtime=0)),
        }
        described = {
            part: {"mediaType": kind, "size": len(data), "digest": _digest(data)}
            for part, (kind, data) in parts.items()
        }
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": described["config"],
                "layers": [described["layer"]],
            }
        ).encode()
        self._blobs |= {_digest(data): data for _kind, data in parts.values()}
        self._manifests |= {f"{name}:{tag}": manifest, f"{name}:{_digest(manifest)}": manifest}
        return _digest(manifest)

    def stop(self) -> None:
        """Nothing listens there any more."""
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def __exit__(self, *_error: object) -> None:
        if not self._ended.is_set():
            self.stop()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if registry.hangs.is_set():
                    registry._ended.wait()
                self._answer(*registry._found(self.path))

            do_HEAD = do_GET

            def _answer(self, status: int, kind: str, data: bytes) -> None:
                self.send_response(status)
                self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                if status == 200:
                    self.send_header("Docker-Content-Digest", _digest(data))
                self.end_headers()
                if self.command == "GET":
                    self.wfile.write(data)

            def log_message(self, *_words: object) -> None:
                """Nothing is printed."""

        return Handler

    def _found(self, path: str) -> tuple[int, str, bytes]:
        """(status, type, content)."""
        plain = "application/json"
        if path.rstrip("/") == "/v2":
            return 200, plain, b"{}"
        name, _sign, reference = path.removeprefix("/v2/").rpartition("/manifests/")
        if name:
            self.asked.append(f"{name}:{reference}")
            found = self._manifests.get(f"{name}:{reference}")
            missing = {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}
            return (200, _MANIFEST, found) if found else (404, plain, json.dumps(missing).encode())
        found = self._blobs.get(path.rpartition("/blobs/")[2])
        return (200, "application/octet-stream", found) if found else (404, plain, b"{}")


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
