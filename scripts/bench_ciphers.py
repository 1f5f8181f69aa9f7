"""How long one cipher string takes: with nothing remembered, and when it was seen before.

    python scripts/bench_ciphers.py

`measure()` is the cipher row of `make bench`: microseconds a string, cold and warm, over strings people use.
"""

import json
import time
from pathlib import Path
from typing import NamedTuple

from tlslint.crypto import openssl

STRINGS = Path(__file__).parents[1] / "tests" / "data" / "ciphers" / "strings-openssl.txt"
BUILD = "openssl@3.0"
FROM_THE_WILD = 130
"""The first lines of the recorded strings were seen in real configurations."""


class Times(NamedTuple):
    """Microseconds a string, and milliseconds to load the first table."""

    cold: float
    warm: float
    table: float


def measure() -> Times:
    """Cold: the result was never asked for (the build's table is loaded); warm: it was."""
    strings = STRINGS.read_text().splitlines()[:FROM_THE_WILD]
    started = time.process_time()
    openssl.evaluate("HIGH", BUILD)
    table = time.process_time() - started
    openssl.evaluate.cache_clear()
    started = time.process_time()
    for string in strings:
        openssl.evaluate(string, BUILD)
    cold = time.process_time() - started
    started = time.process_time()
    for _ in range(100):
        for string in strings:
            openssl.evaluate(string, BUILD)
    warm = (time.process_time() - started) / 100
    return Times(cold / len(strings) * 1e6, warm / len(strings) * 1e6, table * 1e3)


if __name__ == "__main__":
    print(json.dumps(measure()._asdict()))
