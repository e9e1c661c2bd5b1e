from pathlib import Path

import pytest

from tests.evaluation.discovery import DEFAULT, directories, roots


def test_roots_are_those_of_eval_data_or_the_one_beside_the_checkout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EVAL_DATA", "/one:/two:")
    assert roots() == [Path("/one"), Path("/two")]
    monkeypatch.setenv("EVAL_DATA", "")
    assert roots() == [DEFAULT]


def test_a_root_and_all_below_it_are_looked_at_once(tmp_path: Path) -> None:
    (tmp_path / "b" / "inner").mkdir(parents=True)
    (tmp_path / "a").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    found = directories([tmp_path, tmp_path / "b"])
    assert [each.path for each in found] == [
        tmp_path,
        tmp_path / "a",
        tmp_path / "b",
        tmp_path / "b" / "inner",
    ]


def test_names_suit_figures_and_are_unlike(tmp_path: Path) -> None:
    for name in ("x/my set.v2", "x/same", "y/same", "ü"):
        (tmp_path / name).mkdir(parents=True)
    names = {
        each.path.relative_to(tmp_path).as_posix(): each.name for each in directories([tmp_path])
    }
    assert names["x/my set.v2"] == "my_set_v2"
    assert names["x/same"] == "x-same"
    assert names["y/same"] == "y-same"
    assert names["ü"] == "set"
