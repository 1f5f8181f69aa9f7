"""What the fourth document asks of Courier, as files that look like a server's (D7 itself stands in test_mistakes.py)."""

from pathlib import Path

from tlslint.engine.discover import discover
from tlslint.engine.run import run, selection
from tlslint.profiles import load as load_profile
from tlslint.targets import load

SAMPLES = Path(__file__).parents[3] / "sample_configs" / "courier"


def told(tree: str) -> set[str]:
    found = discover([str(SAMPLES / tree)])
    return {finding.code for finding in run(found, load("debian-12"), selection([], []), [load_profile("mozilla-intermediate")]).findings}


def test_sample_with_the_documents_lines() -> None:
    """The document's lines in imapd-ssl, and what stands beside them on many servers; repaired, only what a public MX must take is left."""
    assert {"TLS102", "TLS216", "TLS301", "TLS402", "TLS403", "TLS601", "TLS803", "TLS814"} <= told("weak")
    assert told("repaired") <= {"TLS102", "TLS301"}
