"""What reading findings on real files brought up: silence where there was something to say, and words too many."""

from pathlib import Path

import pytest
from tlslint.engine.discover import discover
from tlslint.engine.run import run, selection
from tlslint.targets import load

from tests.support import world

CHANGE = "dn: cn=config\nchangetype: modify\nreplace: olcTLSCipherSuite\nolcTLSCipherSuite: "


@pytest.mark.parametrize(
    ("suites", "target", "expected"),
    [
        ("HIGH:!aNULL:!MD5", "debian-12", ["TLS216"]),
        ("HIGH:!aNULL:!MD5", "debian-13", []),
        ("SECURE256:-VERS-TLS1.0", "debian-13", ["TLS216"]),
        ("HIGH:!aNULL:!NOSUCH", "debian-13", ["TLS213"]),
    ],
)
def test_a_change_of_the_suites_alone(suites: str, target: str, expected: list[str], tmp_path: Path) -> None:
    """ldapmodify of the list, as how-tos have it: the certificate stands in the server, and nothing was said of the words."""
    world.lay({"files": {"/repository/tls.ldif": f"{CHANGE}{suites}\n"}, "certificates": {}}, tmp_path)
    result = run(discover([str(tmp_path / "repository")]), load(target), selection(["TLS213", "TLS216"], []), [])
    assert [finding.code for finding in result.findings] == expected
