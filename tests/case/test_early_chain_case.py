"""A case on the first blocks of mainnet, where money went to bare public keys."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from peelchain.actions import chain
from peelchain.actions.bundles import verify_bundle
from peelchain.actions.casework.investigate import Request, investigate
from peelchain.actions.view import StoreView

FIRST_PAYMENT = "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16"


def test_a_key_paid_before_addresses_is_found_by_its_address(shared_data: Path, tmp_path: Path):
    node = tmp_path / "node"
    node.mkdir()
    shutil.copy(shared_data / "early_chain" / "blk00000.dat", node)
    chain.ingest(f"core:{node}", tmp_path / "store")
    answer = investigate(
        Request(
            seeds=["1Q2TWHE3GMdB6BZKafqwxXtWAWgFt5Jvm3", FIRST_PAYMENT],
            store=tmp_path / "store",
            case=tmp_path / "case",
            date_utc=datetime(2024, 1, 31, tzinfo=UTC),
        )
    )
    received = {row["outpoint"]: row["value_sat"] for row in answer["receipts"]}
    assert received[f"{FIRST_PAYMENT}:0"] == 10 * 10**8
    assert received[f"{FIRST_PAYMENT}:1"] == 40 * 10**8
    result = verify_bundle(Path(answer["files"]["bundle"]), answer["digest"])
    assert result["failures"] == []
    assert result["checked"]["headers"] == 4313


def test_every_payment_to_a_key_paid_before_addresses_is_a_receipt(
    shared_data: Path, tmp_path: Path
):
    node = tmp_path / "node"
    node.mkdir()
    shutil.copy(shared_data / "early_chain" / "blk00000.dat", node)
    chain.ingest(f"core:{node}", tmp_path / "store")
    key = "153h6eE6xRhXuN3pE53gWVfXacAtfyBF8g"
    answer = investigate(
        Request(
            seeds=[key],
            store=tmp_path / "store",
            case=tmp_path / "case",
            date_utc=datetime(2024, 1, 31, tzinfo=UTC),
        )
    )
    with StoreView(tmp_path / "store") as view:
        paid = view.chain.outputs(view.subject_of([key]).receipts).value_sat.tolist()
    assert len(paid) > 2
    assert sorted(row["value_sat"] for row in answer["receipts"]) == sorted(paid)
    assert verify_bundle(Path(answer["files"]["bundle"]), answer["digest"])["failures"] == []
