"""One line on the terminal that says what is being read, once it takes more than a second."""

import sys
import time
from collections.abc import Callable

from tlslint.reports.visible import visible

PATIENCE = 1.0
"""Seconds before the first word: most runs are over by then."""
PAUSE = 0.1
"""Seconds between two words."""


def watcher() -> tuple[Callable[[str], None], Callable[[], None]]:
    """What is called for every file looked at, and at the end. Both do nothing where standard error is no terminal."""
    if not sys.stderr.isatty():
        return lambda _: None, lambda: None
    start = time.monotonic()
    state = {"next": start + PATIENCE, "seen": 0, "wide": 0}

    def saw(path: str) -> None:
        state["seen"] += 1
        now = time.monotonic()
        if now < state["next"]:
            return
        state["next"] = now + PAUSE
        text = f"tlslint: {int(state['seen'])} files looked at, {visible(path)[-60:]}"
        sys.stderr.write(f"\r{text.ljust(int(state['wide']))}")
        sys.stderr.flush()
        state["wide"] = len(text)

    def done() -> None:
        if state["wide"]:
            sys.stderr.write(f"\r{' ' * int(state['wide'])}\r")
            sys.stderr.flush()
            state["wide"] = 0

    return saw, done
