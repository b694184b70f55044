"""PAdES signatures of a report: the signed PDF is a file of its own. Needs the extra `attest`.

The report's own bytes never change: a signature is added after them, as PDF has it. Nothing is
contacted: no timestamp is fetched, no revocation asked for.
"""

import io
import logging
from dataclasses import dataclass
from typing import Any

from peelchain.errors import MisuseError, PeelchainError

FIELD = "peelchain"
"""The name of the signature's field in the PDF."""


@dataclass(frozen=True)
class Signed:
    """A signed PDF; the signer's name and the SHA-256 of the certificate, in hex."""

    pdf: bytes
    subject: str
    certificate_sha256: str


def sign(
    pdf: bytes,
    key: bytes,
    certificates: bytes | None,
    passphrase: bytes | None,
    reason: str = "",
) -> Signed:
    """The PDF with a PAdES signature (B-B) appended.

    `key` is a PKCS#12 file, or a private key in PEM or DER with `certificates` (PEM, the signer's
    first). Raises MisuseError for a key that does not open or does not fit, PeelchainError where
    pyhanko is not installed.
    """
    try:
        from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
        from pyhanko.pdf_utils.misc import PdfError
        from pyhanko.sign import signers
        from pyhanko.sign.fields import SigSeedSubFilter
        from pyhanko.sign.general import SigningError
    except ImportError as e:
        raise PeelchainError(
            f"signatures of a PDF need {e.name}; run pip install 'peelchain[attest]'"
        ) from None
    signer, subject, fingerprint = _signer(key, certificates, passphrase)
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        reason=reason or None,
        embed_validation_info=False,
    )
    # The library logs the names in certificates.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    out = io.BytesIO()
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        signers.sign_pdf(writer, metadata, signer=signer, output=out)
    except (PdfError, SigningError) as e:
        raise MisuseError(
            f"the PDF could not be signed: {e}; give the report as peelchain wrote it"
        ) from None
    return Signed(out.getvalue(), subject, fingerprint)


def _signer(
    key: bytes, certificates: bytes | None, passphrase: bytes | None
) -> tuple[Any, str, str]:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.serialization import pkcs12
    from cryptography.x509 import Certificate, load_pem_x509_certificates
    from pyhanko.sign.signers import SimpleSigner

    private: Any
    held: list[Certificate]
    try:
        if certificates is None:
            private, first, more = pkcs12.load_key_and_certificates(key, passphrase)
            if private is None or first is None:
                raise MisuseError("the PKCS#12 file lacks a key or its certificate")
            held = [first, *more]
        else:
            held = load_pem_x509_certificates(certificates)
            load = (
                serialization.load_pem_private_key
                if b"-----BEGIN" in key
                else serialization.load_der_private_key
            )
            private = load(key, passphrase)
    except (ValueError, TypeError):
        raise MisuseError(
            "the key could not be read: give a PKCS#12 file, or a PEM key with --cert, and the "
            "passphrase that opens it"
        ) from None
    if private.public_key() != held[0].public_key():
        raise MisuseError("the certificate is not that of the key; give the signer's own first")
    # The library reads keys from files or PKCS#12: this one never leaves memory.
    whole = pkcs12.serialize_key_and_certificates(
        None, private, held[0], held[1:], serialization.NoEncryption()
    )
    signer = SimpleSigner.load_pkcs12_data(whole, [])
    return signer, held[0].subject.rfc4514_string(), held[0].fingerprint(hashes.SHA256()).hex()
