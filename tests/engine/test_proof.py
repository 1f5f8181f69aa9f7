"""The proof of a fix: where bytes went, and what a run over the mended text is held against."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tlslint.engine.proof import Moves, Plan, overall, prove

from tests.parsers.postfix.trees import judged

MAY = "smtpd_tls_security_level = may\n"
LOGINS = "smtpd_sasl_auth_enable = yes\n"


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4), st.binary(max_size=6)), max_size=6))
def test_every_byte_that_stays_is_found_again(pieces: list[tuple[int, int, bytes]]) -> None:
    """What an edit wrote belongs to the place of the edit; everything else to where it stood."""
    changes, origin, at = [], [], 0
    for kept, gone, text in pieces:
        origin += [*range(at, at + kept), *[at + kept] * len(text)]
        changes.append((at + kept, at + kept + gone, text))
        at += kept + gone
    origin += range(at, at + 20)
    moves = Moves(changes)
    assert [moves.back(offset) for offset in range(len(origin))] == origin


def test_a_finding_that_stays_is_told_with_its_plan(tmp_path: Path) -> None:
    found = judged(tmp_path, MAY + LOGINS)
    (finding,) = found.findings("TLS402")
    said = prove(found.result, found.result, [Plan(finding, ())], {}, unsafe=True, clean=False)
    assert (said.failure, said.blamed) == ("the finding would stay", ((0, "the finding would stay"),))


def test_what_all_rounds_bring_together_is_held_against_the_beginning(tmp_path: Path) -> None:
    sound, weak = judged(tmp_path / "a", MAY).result, judged(tmp_path / "b", MAY + LOGINS).result
    assert overall(sound, weak, ()).startswith("together they would bring TLS402 ")
    assert overall(sound, sound, ()) == ""
    dead = judged(tmp_path / "c", "smtpd_banner = $\n").result
    assert overall(dead, weak, ()) == "", "where nothing was served nothing can be lost"
