"""Timestamps and signatures by files alone, and what openssl and pyhanko say of them."""

import io
import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from tests.case.authority import TimestampAuthority, cert_pem, certificate, key_pem
from tests.cli.conftest import Session
from tests.cli.documented import check
from tests.cli.running import peelchain

from peelchain.case.verify import read_files

pytest.importorskip("rfc3161_client", reason="the extra `attest` is not installed")
pytest.importorskip("pyhanko", reason="the extra `attest` is not installed")


@pytest.fixture
def case(investigated: Session, tmp_path: Path) -> Path:
    """A copy of the investigated case, to write in."""
    return Path(shutil.copytree(investigated.case, tmp_path / "site"))


@pytest.fixture
def tsa(tmp_path: Path) -> TimestampAuthority:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    return TimestampAuthority(tmp_path / "tsa")


def test_a_timestamp_is_asked_for_added_and_checked(
    case: Path, tsa: TimestampAuthority, tmp_path: Path
) -> None:
    asked = peelchain(
        *("case", "timestamp", "request", "--case", case, "--out", tmp_path / "q.tsq", "--json")
    ).answer
    check("case timestamp request", asked)
    assert asked["digest"] == (case / "digest.txt").read_text().strip()
    said = tsa.openssl("-query", "-in", tmp_path / "q.tsq", "-text")
    assert "Hash Algorithm: sha256" in said
    stamp = tsa.answer(tmp_path / "q.tsq", tmp_path / "a.tsr")
    added = peelchain(
        *("case", "timestamp", "add", stamp, "--case", case, "--authority", tsa.root, "--json")
    ).answer
    check("case timestamp add", added)
    assert added["trusted"] is True
    assert added["authority"] == "CN=Stamps of the tests"
    assert added["imprint"] == asked["digest"]
    beside = case / "timestamps" / str(added["entry"]) / "bundle.tsr"
    assert beside.read_bytes() == stamp.read_bytes()
    # What stands beside the bundle is found and checked, by openssl too.
    answer = peelchain("verify", case / "bundle.zip", "--authority", tsa.root, "--json").answer
    assert [s["trusted"] for s in answer["timestamps"]] == [True]
    assert answer["ok"] is True
    manifest = tmp_path / "manifest"
    manifest.write_bytes(read_files(case / "bundle.zip")["tagmanifest-sha256.txt"])
    tsa.openssl("-verify", "-in", beside, "-data", manifest, "-CAfile", tsa.root)
    journal = peelchain("case", "journal", "--case", case, "--json").answer
    assert journal["entries"][-1]["kind"] == "timestamp"


def test_a_timestamp_nobody_vouches_for_says_so(
    case: Path, tsa: TimestampAuthority, tmp_path: Path
) -> None:
    peelchain("case", "timestamp", "request", "--case", case, "--out", tmp_path / "q.tsq")
    stamp = tsa.answer(tmp_path / "q.tsq", tmp_path / "a.tsr")
    told = peelchain("case", "timestamp", "add", stamp, "--case", case)
    assert "was not checked" in told.out
    answer = peelchain("verify", case / "bundle.zip", "--json").answer
    assert any("who signed it" in line for line in answer["unchecked"])
    other = tmp_path / "other.pem"
    other.write_bytes(cert_pem(certificate("Somebody", None)))
    peelchain("case", "timestamp", "add", stamp, "--case", case, "--authority", other).refused(
        1, "not one of these authorities"
    )


def test_a_timestamp_of_something_else_is_refused(
    case: Path, tsa: TimestampAuthority, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"something else")
    tsa.openssl("-query", "-data", other, "-sha256", "-out", tmp_path / "o.tsq")
    stamp = tsa.answer(tmp_path / "o.tsq", tmp_path / "o.tsr")
    peelchain("case", "timestamp", "add", stamp, "--case", case).refused(1, "not of the bundle")
    run = peelchain("verify", case / "bundle.zip", "--timestamp", stamp, "--json")
    assert run.code == 1
    assert "o.tsr" in json.loads(run.out)["failures"][0]
    junk = tmp_path / "junk.tsr"
    for content in (b"", b"junk", stamp.read_bytes()[:100], stamp.read_bytes()[:-1]):
        junk.write_bytes(content)
        refused = peelchain("case", "timestamp", "add", junk, "--case", case)
        assert refused.code == 1, content
        assert "Traceback" not in refused.err
    assert len(peelchain("case", "journal", "--case", case, "--json").answer["entries"]) == 3


@pytest.mark.parametrize("form", ["pem", "p12"])
def test_the_report_is_signed_beside_itself(
    form: str, case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.serialization import pkcs12
    from pyhanko.keys import load_certs_from_pemder_data
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import pdf_embedded, validate_pdf_signature

    root = certificate("Root of the tests", None)
    examiner = certificate("An examiner", root)
    before = (case / "report.pdf").read_bytes()
    key, cert = tmp_path / f"key.{form}", tmp_path / "cert.pem"
    cert.write_bytes(cert_pem(examiner, root))
    if form == "pem":
        key.write_bytes(key_pem(examiner, b"a passphrase"))
    else:
        how = serialization.BestAvailableEncryption(b"a passphrase")
        key.write_bytes(
            pkcs12.serialize_key_and_certificates(b"n", examiner[0], examiner[1], [root[1]], how)
        )
    given = ["--cert", cert] if form == "pem" else []
    monkeypatch.setenv("PEELCHAIN_SIGNING_PASSPHRASE", "a passphrase")
    command = ["case", "sign", "--case", case, "--key", key, *given]
    answer = peelchain(*command, "--out", tmp_path / "signed.pdf", "--json").answer
    check("case sign", answer)
    assert (case / "report.pdf").read_bytes() == before
    signed = (tmp_path / "signed.pdf").read_bytes()
    assert signed.startswith(before)
    assert answer["signed"] == sha256(signed).hexdigest()
    assert answer["signer"] == "CN=An examiner"
    signature = PdfFileReader(io.BytesIO(signed)).embedded_signatures[0]
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    trusted = list(load_certs_from_pemder_data(cert_pem(root)))
    context = vars(pdf_embedded)["ValidationContext"](trust_roots=trusted, allow_fetching=False)
    status = validate_pdf_signature(signature, context)
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    journal = peelchain("case", "journal", "--case", case, "--json").answer["entries"][-1]
    assert "examiner" not in json.dumps(journal["body"])
    # A wrong passphrase, and a key that is not the certificate's.
    monkeypatch.setenv("PEELCHAIN_SIGNING_PASSPHRASE", "wrong words")
    said = peelchain(*command).refused(2, "could not be read")
    assert "wrong words" not in said
    other = tmp_path / "other.pem"
    other.write_bytes(key_pem(certificate("Somebody", None)))
    monkeypatch.delenv("PEELCHAIN_SIGNING_PASSPHRASE")
    peelchain("case", "sign", "--case", case, "--key", other, "--cert", cert).refused(
        2, "not that of the key"
    )


def test_a_report_that_was_changed_is_not_signed(case: Path, tmp_path: Path) -> None:
    made = certificate("An examiner", None)
    (tmp_path / "key").write_bytes(key_pem(made))
    (tmp_path / "cert").write_bytes(cert_pem(made))
    pdf = case / "report.pdf"
    pdf.write_bytes(pdf.read_bytes() + b"%")
    peelchain(
        "case", "sign", "--case", case, "--key", tmp_path / "key", "--cert", tmp_path / "cert"
    ).refused(1, "report.pdf", "write the report again")
