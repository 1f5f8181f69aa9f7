"""SARIF logs before Microsoft's own validator, with its rules for GitHub: the samples, hostile text, no result, the whole corpus."""

import json
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest

from tests.support import hostile
from tests.support.cli import tlslint

REPOSITORY = Path(__file__).parents[2]
SAMPLES = REPOSITORY / "sample_configs"
CORPUS = REPOSITORY.parent / "shared" / "corpus"
SARIF = json.loads((REPOSITORY / "tests" / "data" / "sarif" / "sarif-schema-2.1.0.json").read_text())


@pytest.fixture(scope="module")
def multitool() -> str:
    """Microsoft's validator, from npm; it needs no .NET. Kept between runs."""
    folder = Path("/var/tmp/tlslint-npm")
    tool = folder / "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
    if not tool.exists():
        if shutil.which("npm") is None:
            pytest.skip("npm is missing: the SARIF validator comes from there")
        folder.mkdir(mode=0o700, exist_ok=True)
        run = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "@microsoft/sarif-multitool@5.7.0"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        if not tool.exists():
            pytest.skip(f"the SARIF validator could not be had from npm: {run.stderr[-200:]}")
    tool.chmod(0o755)  # npm may not have run the package's own script
    return str(tool)


@pytest.mark.parametrize("where", ["samples", "hostile", "nothing", "corpus"])
def test_microsofts_validator_finds_no_error(where: str, multitool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its exit code is 0 even for truncated JSON, so its own log is read."""
    if where == "corpus" and not CORPUS.is_dir():
        pytest.skip("the corpus of real configurations is not here")
    source = {"samples": SAMPLES, "hostile": tmp_path, "nothing": SAMPLES / "apache" / "repaired", "corpus": CORPUS}[where]
    if where == "hostile":
        hostile.lay(tmp_path)
    monkeypatch.chdir(source)
    text = tlslint("--exit-zero", "--output-format", "sarif", *(["--select", "TLS101"] if where == "nothing" else []), ".").out
    jsonschema.Draft202012Validator(SARIF).validate(json.loads(text))
    (tmp_path / "in.sarif").write_text(text)
    subprocess.run(
        [multitool, "validate", "in.sarif", "--rule-kind", "Sarif;Ghas", "--log", "ForceOverwrite", "--output", "out.sarif"],
        cwd=tmp_path, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert _errors(tmp_path / "out.sarif") == []
    # and it does find something where something is wrong
    (tmp_path / "bad.sarif").write_text(text.replace('"startLine": ', '"startLine": -'))
    subprocess.run(
        [multitool, "validate", "bad.sarif", "--rule-kind", "Sarif;Ghas", "--log", "ForceOverwrite", "--output", "bad.out"],
        cwd=tmp_path, check=False, capture_output=True, timeout=120,
    )  # fmt: skip
    if where in ("samples", "hostile"):
        assert _errors(tmp_path / "bad.out")


def _errors(log: Path) -> list[object]:
    (run,) = json.loads(log.read_text(encoding="utf-8-sig"))["runs"]
    assert run["tool"]["driver"]["name"] == "Sarif.Multitool"
    assert run["tool"]["driver"]["rules"], "it looked at something"
    return [result for result in run.get("results", []) if result.get("level", "warning") == "error"]
