"""A certificate authority of the tests, and a timestamp authority run by openssl."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Made = tuple[rsa.RSAPrivateKey, x509.Certificate]
START = datetime(2020, 1, 1, tzinfo=UTC)


def certificate(name: str, issuer: Made | None, *, stamps: bool = False) -> Made:
    """A key and its certificate: self-signed without an issuer, one who stamps where asked."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[1].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=36500))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, content_commitment=True, key_encipherment=False,
                data_encipherment=False, key_agreement=False, key_cert_sign=issuer is None,
                crl_sign=issuer is None, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )  # fmt: skip
    if stamps:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(usage, critical=True)
    return key, builder.sign(issuer[0] if issuer else key, hashes.SHA256())


def key_pem(made: Made, passphrase: bytes | None = None) -> bytes:
    how: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        how = serialization.BestAvailableEncryption(passphrase)
    return made[0].private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


def cert_pem(*made: Made) -> bytes:
    return b"".join(m[1].public_bytes(serialization.Encoding.PEM) for m in made)


_CONFIG = """
[tsa]
default_tsa = stamping
[stamping]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/root.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class TimestampAuthority:
    """Answers requests as files. `root.pem` in its folder is what vouches for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        root = certificate("Root of the tests", None)
        tsa = certificate("Stamps of the tests", root, stamps=True)
        (folder / "root.pem").write_bytes(cert_pem(root))
        (folder / "tsa.pem").write_bytes(cert_pem(tsa))
        (folder / "tsa.key").write_bytes(key_pem(tsa))
        (folder / "serial").write_text("01\n")
        (folder / "tsa.conf").write_text(_CONFIG.format(folder=folder))

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def answer(self, request: Path, out: Path) -> Path:
        self.openssl(
            "-reply", "-config", self.folder / "tsa.conf", "-queryfile", request, "-out", out
        )
        return out

    def openssl(self, *arguments: object) -> str:
        run = subprocess.run(
            ["openssl", "ts", *map(str, arguments)], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
        return run.stdout
