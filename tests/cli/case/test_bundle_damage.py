"""Damage to any file of a real bundle: its verifier, run as a stranger would, names the file."""

import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.case.stranger import DAMAGES, assert_named, flipped, laid_out, stranger
from tests.cli.conftest import Session

from peelchain.case.bundle import verifier
from peelchain.case.verify import read_files


@pytest.mark.slow
def test_damage_of_any_file_of_a_real_bundle_fails_and_names_it(
    investigated: Session, tmp_path: Path
) -> None:
    files = read_files(investigated.case / "bundle.zip")
    judge = laid_out(verifier(), tmp_path / "verifier")
    clean = laid_out(files, tmp_path / "clean")
    assert stranger(judge, clean).returncode == 0

    def check(numbered: tuple[int, str]) -> None:
        number, name = numbered
        folder = tmp_path / str(number)
        shutil.copytree(clean, folder, copy_function=lambda s, d: Path(d).hardlink_to(s))
        dice = random.Random(name)
        places = [flipped(dice.randrange(len(files[name])), 1 << n) for n in range(3)]
        for damage in (*DAMAGES.values(), *places):
            (folder / name).unlink(missing_ok=True)
            damaged = damage(files[name])
            if damaged is not None:
                (folder / name).write_bytes(damaged)
            assert_named(stranger(judge, folder), name, "damaged")
        shutil.rmtree(folder)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(check, enumerate(sorted(files))))
