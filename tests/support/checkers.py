"""Other people's checkers, beside this environment: sslyze in a virtual environment of its own, made once and kept.

It wants an older `cryptography` than tlslint's development does, so it cannot share an environment. Kept below `TLSLINT_ROOTS`
(default /var/tmp/tlslint-roots), about 60 MB from PyPI; where it cannot be made the tests that need it are skipped, saying why.
"""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SSLYZE = "sslyze==6.3.1"

_SCRIPT = """
import json, sys
from sslyze import Scanner, ScanCommand, ServerNetworkLocation, ServerScanRequest
from sslyze.mozilla_tls_profile import tls_config_checker as checker
found = {}
scanner = Scanner(per_server_concurrent_connections_limit=5, concurrent_server_scans_limit=4)
wanted = checker.SCAN_COMMANDS_NEEDED_BY_MOZILLA_CHECKER
places = [ServerNetworkLocation("localhost", port, "127.0.0.1") for port in json.loads(sys.argv[1])]
scanner.queue_scans([ServerScanRequest(place, scan_commands=wanted) for place in places])
for result in scanner.get_results():
    by_profile = found[result.server_location.port] = {}
    for profile in checker.TlsConfigurationEnum:
        if profile.value == "custom":
            continue
        try:
            checker.check_server_against_tls_configuration(result, checker.MozillaTlsConfiguration.get(profile))
            by_profile[profile.value] = {}
        except checker.ServerNotCompliantWithTlsConfiguration as error:
            by_profile[profile.value] = error.issues
        except checker.ServerScanResultIncomplete as error:
            by_profile[profile.value] = {"incomplete": str(error)}
print(json.dumps(found))
"""


def sslyze(ports: list[int]) -> dict[int, dict[str, dict[str, str]]]:
    """What sslyze's Mozilla checker (guideline 5.7) says of servers on loopback: by port and profile, parts and sentences."""
    python = _environment()
    command = [str(python), "-c", _SCRIPT, json.dumps(ports)]
    result = subprocess.run(command, capture_output=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr.decode()[-2000:]
    document: dict[str, Any] = json.loads(result.stdout)
    return {int(port): verdicts for port, verdicts in document.items()}


def _environment() -> Path:
    where = os.environ.get("TLSLINT_ROOTS", "/var/tmp/tlslint-roots")
    if where == "none":
        pytest.skip("TLSLINT_ROOTS=none: sslyze is not set up")
    directory = Path(where)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    home = directory / SSLYZE.replace("==", "-")
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / ".complete").exists():
            try:
                subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True, timeout=120, capture_output=True)
                subprocess.run(
                    [str(home / "bin" / "pip"), "install", "--quiet", SSLYZE],
                    check=True,
                    timeout=300,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                )
            except (subprocess.SubprocessError, OSError) as error:
                output = getattr(error, "stdout", b"") or b""
                pytest.skip(f"sslyze cannot be installed: {error} {output[-300:].decode(errors='replace')}")
            (home / ".complete").touch()
    return home / "bin" / "python"
