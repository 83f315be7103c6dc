"""A certificate authority for the benchmark, and the bundle that a function trusts."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_NAMES = ",".join(
    f"DNS:{name}"
    for name in (
        "localhost",
        "*.eu-west-1.amazonaws.com",
        "*.s3.eu-west-1.amazonaws.com",
        "*.s3.amazonaws.com",
    )
)


@dataclass(frozen=True)
class Trust:
    """The files of the authority."""

    authority: Path  # its certificate alone
    bundle: Path  # this machine's roots and the authority
    roots: int  # how many the bundle holds
    chain: Path
    key: Path


def make_trust(folder: Path) -> Trust:
    """A root, an intermediate and a server certificate, RSA 2048 as AWS's are; made once."""
    names = ("root.pem", "bundle.pem", "chain.pem", "server.key")
    root, bundle, chain, key = (folder / name for name in names)
    if not bundle.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _authority(folder)
        bundle.write_text(system_roots() + root.read_text())
    return Trust(root, bundle, bundle.read_text().count("-----BEGIN CERT"), chain, key)


def system_roots() -> str:
    """The certificates this machine trusts, as a function trusts those of its image."""
    paths = ssl.get_default_verify_paths()
    candidates = (paths.cafile, "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/cert.pem")
    for name in candidates:
        if name and Path(name).exists():
            return Path(name).read_text().rstrip() + "\n"
    raise SystemExit("no file with this machine's trusted certificates was found")


def _authority(folder: Path) -> None:
    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ("req", "-newkey", "rsa:2048", "-nodes", "-days", "30")
    openssl(
        *new, "-x509", "-subj", "/CN=Benchmark root", "-keyout", "root.key", "-out", "root.pem",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip
    # Python 3.13 verifies strictly: who may sign, and which key signed, must be said.
    keys = "authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n"
    may_sign = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
    signed = {
        "intermediate": ("root", may_sign),
        "server": ("intermediate", f"subjectAltName={_NAMES}\n"),
    }
    for name, (issuer, extensions) in signed.items():
        (folder / "extension").write_text(keys + extensions)
        openssl(
            *new[:4], "-subj", f"/CN=Benchmark {name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr",
        )  # fmt: skip
        openssl(
            "x509", "-req", "-days", "30", "-in", f"{name}.csr", "-out", f"{name}.pem",
            "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial",
            "-extfile", "extension",
        )  # fmt: skip
    both = [(folder / f"{name}.pem").read_text() for name in ("server", "intermediate")]
    (folder / "chain.pem").write_text("".join(both))
