"""`peelchain extract` on files as they are seized."""

import csv
import gzip
import io
import json
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
from docx import Document
from openpyxl import Workbook
from tests.case.expansion.test_vectors import BIP_84, A
from tests.cli.documented import NOTES, check
from tests.cli.running import peelchain

from peelchain import _core

GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
SEGWIT = "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"
TAPROOT = "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"
WIF = "L4rK1yDtCWekvXuE6oXD9jCYfFNV2cWRpVuPLBcCU2z8TrisoyY1"
WORDS = " ".join(["abandon"] * 11 + ["about"])
AUTHORITY = ("--authority", "Warrant 12/2024 of the simulated court")


def extract(*arguments):
    return peelchain("extract", *arguments, *AUTHORITY, "--json").answer


def found(*arguments):
    return [(row["part"], row["kind"], row["value"]) for row in extract(*arguments)["rows"]]


def message(text, date="Wed, 31 Jan 2024 12:00:00 +0000", **headers):
    made = EmailMessage()
    made["From"], made["To"], made["Date"] = "one@example.com", "two@example.com", date
    for name, value in headers.items():
        made[name] = value
    made.set_content(text)
    return made


def zipped(**members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


def test_a_search_needs_its_authority(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text(GENESIS)
    peelchain("extract", file).refused(2, "--authority")
    peelchain("extract", file, "--authority", "  ").refused(2, "--authority")
    peelchain("extract", tmp_path / "none", *AUTHORITY).refused(1, "does not exist")


def test_plain_text_is_searched_with_offsets_in_the_file(tmp_path):
    file = tmp_path / "notes.txt"
    uri = f"bitcoin:{SEGWIT}?amount=0.0123&label=Some%20Person"
    text = f"pay {GENESIS}\nor {uri}\nkey {WIF}\n{WORDS}\n{BIP_84}\n"
    file.write_text(text)
    answer = extract(file)
    check("extract", {**answer, "files": [{**answer["files"][0], **LEFT}]})
    for row in answer["rows"]:
        if row["kind"] in ("address", "extended_public_key"):
            assert text[row["offset"] :].startswith(row["value"])
    kinds = [(row["kind"], row["type"]) for row in answer["rows"]]
    assert kinds == [
        ("address", "p2pkh"),
        ("payment_uri", "p2wpkh"),
        ("address", "p2wpkh"),
        ("secret", "private key (WIF)"),
        ("secret", "seed words (BIP 39)"),
        ("extended_public_key", None),
    ]
    # of a URI its address and amount; its label may name a person
    assert (answer["rows"][1]["value"], answer["rows"][1]["amount_sat"]) == (SEGWIT, 1_230_000)
    assert answer["rows"][3]["offset"] == text.index(WIF)
    assert "Some" not in json.dumps(answer)


LEFT = {"left_out": {"parts privileged": 0}, "unread": [{"part": "", "reason": ""}]}


def test_no_form_of_the_answer_has_a_secret(tmp_path):
    file = tmp_path / "keys.txt"
    file.write_bytes(f"{WIF}\n{WORDS}\n".encode() + f"{WIF} {WORDS}".encode("utf-16"))
    said = []
    for form in (["--json"], ["--csv"], ["--table"]):
        ran = peelchain("extract", file, *AUTHORITY, *form)
        assert ran.code == 0
        said += [ran.out, ran.err]
    assert sum(text.count("private key (WIF)") for text in said) == 2 * 3
    for text in said:
        assert not any(secret in text for secret in (WIF, WIF[:12], "abandon", "about"))


def test_mail_with_encoded_parts_and_attachments(tmp_path):
    made = message(f"send to {GENESIS} please")
    made.add_alternative(f"<p>bc1q<b></b>{SEGWIT[4:]}</p>", subtype="html")
    made.add_attachment(
        zipped(inner__txt=TAPROOT), maintype="application", subtype="zip", filename="a.zip"
    )
    file = tmp_path / "one.eml"
    file.write_bytes(made.as_bytes())
    assert [row[1:] for row in found(file)] == [
        ("address", GENESIS),
        ("address", SEGWIT),
        ("address", TAPROOT),
    ]
    box = tmp_path / "many.mbox"
    base64 = message(f"{SEGWIT}\n")
    base64.set_content(SEGWIT, cte="base64")
    box.write_bytes(
        b"".join(
            b"From x@example.com Wed Jan 31 12:00:00 2024\n" + m.as_bytes() + b"\n\n"
            for m in (message(GENESIS), base64)
        )
    )
    assert [(part.split("/")[0], value) for part, _, value in found(box)] == [
        ("message 1", GENESIS),
        ("message 2", SEGWIT),
    ]


def test_documents_archives_and_chats(tmp_path):
    document = Document()
    paragraph = document.add_paragraph("to ")
    for piece in (SEGWIT[:10], SEGWIT[10:20], SEGWIT[20:]):
        paragraph.add_run(piece).bold = True
    document.save(tmp_path / "a.docx")
    book = Workbook()
    book.active.append(["address", GENESIS])
    book.save(tmp_path / "a.xlsx")
    (tmp_path / "a.odt").write_bytes(
        zipped(
            mimetype="application/vnd.oasis.opendocument.text",
            content__xml=f"<text:p>x {TAPROOT[:9]}<text:span>{TAPROOT[9:]}</text:span></text:p>",
        )
    )
    (tmp_path / "a.json").write_text(
        json.dumps(
            {
                "messages": [
                    {"date": "2024-01-31T12:00:00", "text": ["to ", {"type": "link", "text": A}]},
                    {"date": "2024-02-01T12:00:00", "text": WORDS.replace(" ", "\n")},
                ]
            }
        )
    )
    (tmp_path / "a.html").write_text(f"<html><body>&#98;c1{SEGWIT[3:]}</body></html>")
    (tmp_path / "a.csv").write_text(f"date,text\n2024-01-31,{GENESIS}\n")
    (tmp_path / "a.gz").write_bytes(gzip.compress(GENESIS.encode()))
    expected = {
        "a.docx": SEGWIT, "a.xlsx": GENESIS, "a.odt": TAPROOT, "a.html": SEGWIT, "a.csv": GENESIS,
        "a.gz": GENESIS,
    }  # fmt: skip
    for name, value in expected.items():
        assert {row[2] for row in found(tmp_path / name)} == {value}, name
    chat = found(tmp_path / "a.json")
    assert [(part, kind) for part, kind, _ in chat] == [
        ("message 1", "extended_public_key"),
        ("message 2", "secret"),
    ]


def test_pdf_pages(tmp_path):
    typst = pytest.importorskip("typst")
    source = (
        f'#set page(width: 30cm)\n#raw("{SEGWIT}")\n#pagebreak()\n#link("bitcoin:{GENESIS}")[pay]'
    )
    file = tmp_path / "a.pdf"
    file.write_bytes(typst.compile(source.encode()))
    assert ("page 1", "address", SEGWIT) in found(file)
    assert ("page 2", "payment_uri", GENESIS) in found(file)


def test_an_image_is_searched_byte_by_byte(tmp_path):
    file = tmp_path / "disk.img"
    gap = bytes(5_000_000)
    wide = f"x{TAPROOT}".encode("utf-16-le")[2:]
    file.write_bytes(gap + GENESIS.encode() + gap + wide + gap + WIF.encode() + gap)
    rows = extract(file)["rows"]
    assert [(row["offset"], row["encoding"], row["kind"]) for row in rows] == [
        (5_000_000, "bytes", "address"),
        (10_000_034, "utf-16", "address"),
        (15_000_034 + len(wide), "bytes", "secret"),
    ]


def test_dates_bound_the_search_and_what_is_left_out_is_counted(tmp_path):
    box = tmp_path / "many.mbox"
    letters = [
        message(GENESIS, "Wed, 31 Jan 2024 12:00:00 +0000"),
        message(SEGWIT, "Thu, 29 Feb 2024 12:00:00 +0000"),
        message(TAPROOT, "no date"),
    ]
    box.write_bytes(b"".join(b"From x 1\n" + m.as_bytes() + b"\n" for m in letters))
    bounds = ("--since", "2024-02-01", "--until", "2024-03-01")
    answer = extract(box, *bounds)
    assert [row["value"] for row in answer["rows"]] == [SEGWIT]
    assert answer["files"][0]["left_out"] == {"parts out of dates": 2, "parts undated": 2}
    answer = extract(box, *bounds, "--undated")
    assert [row["value"] for row in answer["rows"]] == [SEGWIT, TAPROOT]
    image = tmp_path / "disk.img"
    image.write_bytes(bytes(100) + GENESIS.encode())
    answer = extract(image, *bounds)
    assert (answer["rows"], answer["files"][0]["left_out"]) == ([], {"parts undated": 1})
    peelchain("extract", box, *AUTHORITY, "--since", "2024-03-01", "--until", "2024-02-01").refused(
        2, "before"
    )


def test_what_is_privileged_is_not_searched(tmp_path):
    box = tmp_path / "many.mbox"
    letter = message(GENESIS, to_counsel="x")
    letter.replace_header("To", "counsel@law.example")
    letter.add_attachment(TAPROOT.encode(), maintype="application", subtype="octet-stream")
    letters = [letter, message(SEGWIT)]
    box.write_bytes(b"".join(b"From x 1\n" + m.as_bytes() + b"\n" for m in letters))
    answer = extract(box, "--privileged", "law.example,Attorney")
    assert [row["value"] for row in answer["rows"]] == [SEGWIT]
    assert answer["files"][0]["left_out"] == {"parts privileged": 3}
    image = tmp_path / "disk.img"
    image.write_bytes(
        f"LAW.EXAMPLE {GENESIS}".encode() + bytes(10_000) + SEGWIT.encode() + bytes(10)
    )
    words = tmp_path / "words.txt"
    words.write_text("law.example\n")
    answer = extract(image, "--privileged", words)
    assert [row["value"] for row in answer["rows"]] == [SEGWIT]
    assert answer["files"][0]["left_out"] == {"hits near privileged words": 1}
    peelchain("extract", box, *AUTHORITY, "--privileged", "ab").refused(2, "3 letters")


def test_hostile_files_are_told_and_the_rest_goes_on(tmp_path):
    nested = GENESIS.encode()
    for _ in range(9):
        nested = zipped(a__zip=nested)
    (tmp_path / "1.zip").write_bytes(nested)
    (tmp_path / "2.zip").write_bytes(zipped(a__txt=GENESIS)[:-30])
    (tmp_path / "3.pdf").write_bytes(b"%PDF-1.7\n" + GENESIS.encode() + b"\n%%EOF")
    (tmp_path / "4.eml").write_bytes(
        b"From: a\r\nTo: b\r\nContent-Type: text/plain; charset=none\r\n\r\n" + SEGWIT.encode()
    )
    (tmp_path / "5.json").write_text('{"a": ' * 100_000)
    big = io.BytesIO()
    with zipfile.ZipFile(big, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", bytes(300 * 1024 * 1024))
        archive.writestr("b.txt", TAPROOT)
    (tmp_path / "6.zip").write_bytes(big.getvalue())
    answer = extract(tmp_path)
    assert len(answer["files"]) == 6
    unread = {file["file"]: file["unread"] for file in answer["files"] if file["unread"]}
    assert "nested" in unread["F1"][0]["reason"]
    assert "damaged" in unread["F2"][0]["reason"]
    assert "larger" in unread["F6"][0]["reason"]
    values = [row["value"] for row in answer["rows"]]
    assert SEGWIT in values
    assert TAPROOT in values


def test_with_a_store_only_its_txids_are_txids(tmp_path, investigated):
    txid = investigated.outpoint.split(":")[0]
    file = tmp_path / "a.txt"
    file.write_text(f"{txid} {'ab' * 32} {investigated.addresses[0]}")
    assert extract(file)["counts"] == {"address": 1, "txid": 2}
    answer = extract(file, "--store", investigated.store)
    assert [(row["kind"], row["in_chain"]) for row in answer["rows"]] == [
        ("txid", "yes"),
        ("address", "yes"),
    ]
    assert sum(answer["files"][0]["left_out"].values()) == 1


def test_the_journal_seals_authority_and_names(tmp_path, investigated):
    case = tmp_path / "case"
    ran = peelchain(
        *("investigate", investigated.addresses[0], "--store", investigated.store),
        *("--case", case, "--date", "2024-01-31"),
    )
    assert ran.code == 0, ran.err
    file = tmp_path / "letters of one person.txt"
    file.write_text(f"{GENESIS} {WIF}")
    answer = extract(file, "--case", case, "--date", "2024-02-01")
    entry = peelchain("case", "journal", "--case", case, "--json").answer["entries"][-1]
    assert (entry["kind"], entry["seq"]) == ("extraction", answer["entry"])
    assert "person" not in json.dumps(entry["body"])
    assert "Warrant" not in json.dumps(entry["body"])
    assert "Warrant" in entry["opened"]["authority"]["value"]
    assert entry["body"]["counts"] == {"address": 1, "secret": 1}
    rows = list(csv.DictReader(Path(answer["found"]).read_text().splitlines()))
    assert [(row["file"], row["value"]) for row in rows] == [("F1", GENESIS), ("F1", "")]
    assert (case / "extractions" / str(entry["seq"]) / "found.csv").stat().st_mode & 0o077 == 0


def test_rows_are_csv_in_full(tmp_path):
    file = tmp_path / "many.txt"
    file.write_text(f"{GENESIS}\n" * 10_050)
    answer = extract(file)
    assert (len(answer["rows"]), answer["rows_not_shown"]) == (10_000, 50)
    out = tmp_path / "rows.csv"
    assert peelchain("extract", file, *AUTHORITY, "-o", out).code == 0
    lines = out.read_text().splitlines()
    assert lines[0] == NOTES["extract"]["csv"]
    assert len(lines) == 10_051


def test_random_bytes_give_no_hit():
    import random

    noise = random.Random(5).randbytes(20_000_000)
    assert _core.scan_bytes(noise, []) == []
