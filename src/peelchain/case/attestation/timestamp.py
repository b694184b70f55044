"""RFC 3161 timestamps of a bundle: the request to carry out, and the answer checked.

What is stamped is tagmanifest-sha256.txt, whose SHA-256 is the bundle's digest. Nothing is sent
anywhere: the request is a file to carry to an authority, whose answer comes back as a file. Needs
the extra `attest`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from peelchain.errors import PeelchainError, SourceError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

STAMP = "bundle.tsr"
"""The name of a timestamp in the folder of its entry."""
MISSING = "timestamps need {}; run pip install 'peelchain[attest]'"
_CERTIFICATES = 0xA0
_SHA256 = "2.16.840.1.101.3.4.2.1"


@dataclass(frozen=True)
class Timestamp:
    """What an authority attests: that the imprint (hex) existed at `time_utc`.

    `authority` is the name in the certificate that signed, as RFC 4514 writes it; `trusted` says
    whether the signature was checked against certificates that were given.
    """

    imprint: str
    time_utc: str
    authority: str
    serial: str
    policy: str
    trusted: bool


def stamps_beside(bundle: Path) -> list[Path]:
    """The timestamps that lie where a case keeps them, beside a bundle."""
    return sorted(bundle.resolve().parent.glob(f"timestamps/*/{STAMP}"))


def request(tag_manifest: bytes) -> bytes:
    """The DER of a request to stamp a bundle: SHA-256, with a nonce, certificates asked for."""
    try:
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder
    except ImportError as e:
        raise PeelchainError(MISSING.format(e.name)) from None
    builder = TimestampRequestBuilder().data(tag_manifest).hash_algorithm(HashAlgorithm.SHA256)
    return builder.build().as_bytes()


def check(answer: bytes, digest: str, authorities: Sequence[bytes] = ()) -> Timestamp:
    """What an authority's answer (DER) attests of a bundle with this digest.

    `authorities` are certificates, PEM or DER: roots and whatever leads to them. Without any the
    signature is not checked. Raises SourceError for an answer that is malformed, a refusal, of
    something else, or not signed by one whom the authorities vouch for.
    """
    try:
        from cryptography.x509 import load_der_x509_certificate
        from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response
    except ImportError as e:
        raise PeelchainError(MISSING.format(e.name)) from None
    try:
        response = decode_timestamp_response(_sorted(answer))
        status = response.status
    except ValueError:
        raise SourceError(
            "this is no answer of a timestamp authority; give the file (.tsr) that it sent"
        ) from None
    if status not in (0, 1):
        raise SourceError(f"the timestamp authority refused (status {status}); ask it again")
    try:
        info = response.tst_info
        imprint = info.message_imprint
        algorithm, stamped = imprint.hash_algorithm.dotted_string, imprint.message.hex()
        held = [load_der_x509_certificate(c) for c in sorted(response.signed_data.certificates)]
    except ValueError:
        raise SourceError("the timestamp is malformed; ask the authority again") from None
    if algorithm != _SHA256 or stamped != digest.lower():
        raise SourceError(
            f"the timestamp is of {stamped}, not of the bundle with the digest {digest}; give the "
            "answer to the request of this bundle"
        )
    if authorities:
        builder = VerifierBuilder()
        for number, certificate in enumerate(_certificates(authorities)):
            root = certificate.issuer == certificate.subject or number == 0
            add = builder.add_root_certificate if root else builder.add_intermediate_certificate
            builder = add(certificate)
        try:
            builder.build().verify(response, bytes.fromhex(digest))
        except VerificationError as e:
            raise SourceError(
                f"the timestamp is not one of these authorities' ({e}); give the certificates that "
                "lead to the one that signed it"
            ) from None
    signers = {(s.issuer, s.serial_number) for s in response.signed_data.signer_infos}
    names = [c.subject.rfc4514_string() for c in held if (c.issuer, c.serial_number) in signers]
    return Timestamp(
        imprint=stamped,
        time_utc=f"{info.gen_time:%Y-%m-%dT%H:%M:%SZ}",
        authority=names[0] if names else "",
        serial=str(info.serial_number),
        policy=info.policy.dotted_string,
        trusted=bool(authorities),
    )


def _sorted(answer: bytes) -> bytes:
    """The answer with its certificates in the order that DER asks for.

    openssl and the authorities that run it send them in another, which the library refuses; they
    are no part of what is signed. What is not of that form is given back as it is.
    """
    try:
        _, token = _inside(answer, 0)[:2]
        content = _inside(answer, token)[1]
        signed_data = _inside(answer, content)[0]
        for at in _inside(answer, signed_data):
            if answer[at] == _CERTIFICATES:
                first, end = _content(answer, at)
                starts = [*_inside(answer, at), end]
                held = [answer[a:b] for a, b in pairwise(starts)]
                return answer[:first] + b"".join(sorted(held)) + answer[end:]
    except (IndexError, ValueError):
        return answer
    return answer


def _inside(data: bytes, at: int) -> list[int]:
    """Where the elements within a DER element begin."""
    start, end = _content(data, at)
    found = []
    while start < end:
        found.append(start)
        start = _content(data, start)[1]
    return found


def _content(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of a DER element begins and ends. Raises ValueError beyond the data."""
    size, start = data[at + 1], at + 2
    if size > 127:
        start += size - 128
        size = int.from_bytes(data[at + 2 : start], "big")
    if start + size > len(data):
        raise ValueError("cut short")
    return start, start + size


def _certificates(authorities: Sequence[bytes]) -> list["Certificate"]:
    from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificates

    found: list[Certificate] = []
    for content in authorities:
        try:
            pem = b"-----BEGIN" in content
            found += (
                load_pem_x509_certificates(content) if pem else [load_der_x509_certificate(content)]
            )
        except ValueError:
            raise SourceError(
                "the authority's certificate is neither PEM nor DER; give the file it publishes"
            ) from None
    return found
