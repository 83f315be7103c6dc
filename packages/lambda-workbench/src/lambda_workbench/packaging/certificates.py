"""The few root certificates that AWS's services use, put beside the client when packaging.

Loading all the roots of an image costs more than the rest of a cold start together. The roots are
taken from this machine (or from botocore, which is locked), never from the repository: here are
only their fingerprints, as https://www.amazontrust.com/repository/ publishes them. The client
falls back to the system's roots when a service's chain ends elsewhere (see `lean_lambda.aws`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import ssl
from collections.abc import Iterator
from pathlib import Path

NAME = "amazon_roots.pem"

_FINGERPRINTS = (  # SHA-256 of Amazon Root CA 1 to 4 and Starfield Services Root CA - G2
    "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",  # pragma: allowlist secret
    "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",  # pragma: allowlist secret
    "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",  # pragma: allowlist secret
    "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",  # pragma: allowlist secret
    "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",  # pragma: allowlist secret
)
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")


def write_roots(folder: Path) -> bool:
    """Write the roots into `folder`; False when this machine does not have them all."""
    known: dict[str, bytes] = {}
    for certificates in _sources():
        known |= {hashlib.sha256(each).hexdigest(): each for each in certificates}
        if known.keys() >= set(_FINGERPRINTS):
            text = "".join(ssl.DER_cert_to_PEM_cert(known[each]) for each in _FINGERPRINTS)
            (folder / NAME).write_text(text, encoding="ascii", newline="\n")
            return True
    return False


def _sources() -> Iterator[list[bytes]]:
    """The certificates of each place that may have them, in DER."""
    yield ssl.create_default_context().get_ca_certs(binary_form=True)
    bundles = [Path(name) for name in _BUNDLES]
    botocore = importlib.util.find_spec("botocore")
    if botocore and botocore.origin:
        bundles.append(Path(botocore.origin).with_name("cacert.pem"))
    for bundle in bundles:
        if bundle.is_file():
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(bundle)
            yield context.get_ca_certs(binary_form=True)
