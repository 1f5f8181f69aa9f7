"""Fresh random strings against real libraries, where there are any.

    TLSLINT_CIPHER_ORACLE=/path/to/folder ORACLE_HOME=... pytest tests/crypto/test_live_oracles.py

The folder holds cipher_oracle.py (`VERSIONS`, `ask(VERSION, STRINGS)`: what the real library of that version answers) and
gen_strings.py (`generate(N, SEED, GNUTLS)`). TLSLINT_CIPHER_SEED and TLSLINT_CIPHER_STRINGS choose other strings and how many.
"""

import importlib.util
import os
import random
from pathlib import Path
from types import ModuleType

import pytest
from tlslint.crypto import libraries, suites

from tests.crypto import test_gnutls, test_openssl

FOLDER = os.environ.get("TLSLINT_CIPHER_ORACLE", "")
SEED = os.environ.get("TLSLINT_CIPHER_SEED") or str(random.SystemRandom().randrange(10**9))
STRINGS = int(os.environ.get("TLSLINT_CIPHER_STRINGS", "2000"))

pytestmark = pytest.mark.skipif(not FOLDER, reason="TLSLINT_CIPHER_ORACLE does not name a folder with real libraries")


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(FOLDER) / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.mark.parametrize("build", [name for name in libraries.names() if name != "gnutls@3.6" and libraries.build(name).like == name])
def test_fresh_strings(build: str) -> None:
    is_gnutls = build.startswith("gnutls")
    version = build.replace("@", "-") if is_gnutls else build.partition("@")[2]
    strings = module("gen_strings").generate(STRINGS, SEED, is_gnutls)
    answers = module("cipher_oracle").ask(version, strings)
    names = {suite.code: suites.library_name(suite, build) for suite in suites.numbers().values()}
    wrong = {}
    for answer in answers:
        difference = test_gnutls.differs(answer, build) if is_gnutls else test_openssl.differs(answer, build, names)
        if difference:
            wrong[answer["string"]] = difference
    assert not wrong, f"seed {SEED}"
