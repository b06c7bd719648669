"""The rules folder."""

from pathlib import Path

import pytest

from alerter.core.errors import ConfigurationError, RuleBookError
from alerter.rulebook import files, load, read_folder


def test_rule_files_come_in_name_order_without_tests_and_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yaml", "a.test.yaml", ".c.yaml", "notes.txt"):
        (tmp_path / name).write_text(name)
    (tmp_path / "d.yaml").mkdir()
    assert list(read_folder(tmp_path).items()) == [("a.yaml", "a.yaml"), ("b.yml", "b.yml")]


def test_a_path_may_be_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfrules:\n")
    assert read_folder(tmp_path / "a.yaml") == {"a.yaml": "rules:\n"}


def test_a_missing_and_an_empty_folder_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="ALERTER_RULES"):
        read_folder(tmp_path / "none")
    with pytest.raises(ConfigurationError, match=r"put at least one \*\.yaml"):
        read_folder(tmp_path)


def test_a_symlink_out_of_the_folder_is_refused_and_one_inside_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (tmp_path / "secret").write_text("x")
    (folder / "real.yaml").write_text("y")
    (folder / "b.yaml").symlink_to("real.yaml")
    assert read_folder(folder)["b.yaml"] == "y"
    (folder / "a.yaml").symlink_to(tmp_path / "secret")
    (folder / "c.yaml").symlink_to("nowhere")
    with pytest.raises(RuleBookError) as caught:
        read_folder(folder)
    assert [m.file for m in caught.value.mistakes] == ["a.yaml", "c.yaml"]


def test_bytes_that_are_not_utf_8_are_told_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"rules:\n  caf\xe9:\n")
    with pytest.raises(RuleBookError, match=r"a\.yaml:2:6: error: byte 0xe9 is not UTF-8"):
        read_folder(tmp_path)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "a.yaml").open("wb") as stream:
        stream.truncate(50_000_000)
    with pytest.raises(RuleBookError, match="larger than 20 MB"):
        read_folder(tmp_path)


def test_a_huge_text_is_refused_unparsed() -> None:
    with pytest.raises(RuleBookError, match="larger than 20 MB"):
        load({"a.yaml": "#" * (files.MAX_BYTES + 1)}, {})
