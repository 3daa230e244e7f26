"""Documentation that is generated is never stale."""

from docs.generate import generated, stale


def test_no_generated_file_is_stale() -> None:
    assert stale() == [], "run `make docs`"


def test_every_code_of_the_error_tree_that_a_sender_sees_is_on_a_page() -> None:
    text = "".join(generated().values())
    for code in ("FIL-001", "PUP-001", "HOU-001", "DEC-001", "ENV-001", "AGR-001", "AGR-006", "DRP-001", "ROU-001"):
        assert f"| {code} |" in text
