"""The map in docs/architecture.md is the tree, and every file says in a sentence what it is for."""

from tests.tools import code_map


def test_the_code_map_is_current() -> None:
    """`python -m tests.tools.code_map` writes it."""
    text = code_map.PAPER.read_text()
    assert "<!-- code map -->" in text
    assert code_map.filled(text) == text


def test_every_file_has_its_sentence() -> None:
    """Nothing stands on the map without saying why."""
    for path in code_map.files():
        if path.stem != "__main__":
            assert code_map.sentence(path).endswith("."), f"{path}: {code_map.sentence(path)!r}"
