"""Files appear whole or not at all, and the same rows give the same bytes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.kernel.files import replacing, replacing_folder, sha256_of, write_json, write_parquet, write_text


def test_an_interrupted_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "figures.csv"
    write_text(target, "the last good one")
    with pytest.raises(RuntimeError), replacing(target) as part:
        part.write_text("half of a n", encoding="utf-8")
        raise RuntimeError("the disk is full")
    assert target.read_text(encoding="utf-8") == "the last good one"
    assert [item.name for item in tmp_path.iterdir()] == ["figures.csv"]


def test_an_interrupted_folder_leaves_the_old_one_and_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "site"
    with replacing_folder(target) as part:
        write_text(part / "index.html", "the last good one")
    with pytest.raises(RuntimeError), replacing_folder(target) as part:
        write_text(part / "index.html", "half")
        raise RuntimeError("a page is wrong")
    assert (target / "index.html").read_text(encoding="utf-8") == "the last good one"
    assert [item.name for item in tmp_path.iterdir()] == ["site"]


def test_a_folder_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    target = tmp_path / "site"
    for page in ("old.html", "new.html"):
        with replacing_folder(target) as part:
            write_text(part / page, page)
    assert [item.name for item in target.iterdir()] == ["new.html"]


@given(order=st.permutations(range(6)))
def test_rows_in_any_order_give_the_same_parquet_bytes(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("parquet")
    frame = pl.DataFrame({"site_code": [f"s{n}" for n in order], "students_count": order})
    write_parquet(folder / "a.parquet", frame, ["site_code"])
    write_parquet(folder / "b.parquet", frame.reverse(), ["site_code"])
    assert sha256_of(folder / "a.parquet") == sha256_of(folder / "b.parquet")
    assert pl.read_parquet(folder / "a.parquet")["students_count"].to_list() == sorted(order)


def test_a_grain_that_is_not_one_is_refused(tmp_path: Path) -> None:
    frame = pl.DataFrame({"site_code": ["auch", "auch"], "students_count": [1, 2]})
    with pytest.raises(ValueError, match="site_code is not unique"):
        write_parquet(tmp_path / "mart.parquet", frame, ["site_code"])
    assert not (tmp_path / "mart.parquet").exists()


def test_json_does_not_depend_on_the_order_of_keys(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    write_json(tmp_path / "b.json", {"a": "é", "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert "é" in (tmp_path / "a.json").read_text(encoding="utf-8")
