# Copyright (c) 2026, rightscope.deploy contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates for engines that are reached over TLS, made by ``openssl``: an authority, and what it signs."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from . import _common

ADDRESS = "127.0.0.1"
# All that is asked for by those who verify strictly, as Python does from 3.13 on.
PROFILES = f"""\
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:{ADDRESS}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[client]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
"""


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as paths of files in PEM."""

    certificate: str
    key: str

    def der(self) -> bytes:
        """The certificate's bytes."""
        return ssl.PEM_cert_to_DER_cert(Path(self.certificate).read_text(encoding="ascii"))


def authority(directory: Path) -> Pair:
    """A certificate authority that nobody trusts who is not told to."""
    return _make(directory, "authority")


def server(directory: Path, signer: Pair) -> Pair:
    """A server's certificate for 127.0.0.1."""
    return _make(directory, "server", signer)


def client(directory: Path, signer: Pair | None = None) -> Pair:
    """A client's certificate; it is its own authority where none is given, as LXD's clients have it."""
    return _make(directory, "client", signer)


def _make(directory: Path, profile: str, signer: Pair | None = None) -> Pair:
    """A new key and its certificate, ``<profile>.crt`` and ``<profile>.key``."""
    directory.mkdir(parents=True, exist_ok=True)
    profiles = directory / "openssl.cnf"
    profiles.write_text(PROFILES, encoding="ascii")
    made = Pair(f"{directory}/{profile}.crt", f"{directory}/{profile}.key")
    signed = ["-CA", signer.certificate, "-CAkey", signer.key] if signer else []
    _common.run(
        [
            *("openssl", "req", "-x509", "-config", str(profiles), "-extensions", profile, *signed),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "7"),
            *("-subj", f"/CN=rightscope {profile}", "-keyout", made.key, "-out", made.certificate),
        ]
    )
    return made
