"""The command line. Commands are imported when called; `--version` imports nothing."""

import gc
import os
import sys


def run() -> None:
    """Entry point of `tlslint` and `python -m tlslint`."""
    if sys.argv[1:] == ["--version"]:
        from tlslint import __version__  # noqa: PLC0415

        sys.stdout.write(f"tlslint {__version__}\n")
        return
    # Start-up is felt at every commit, and most of what a short run makes lives until its end: look for garbage seldom.
    gc.set_threshold(300_000, 20, 20)
    from tlslint.cli.commands import cli  # noqa: PLC0415

    try:
        cli()
    except SystemExit as ended:
        # Taking everything apart, object by object, would cost a tenth of the run.
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except BrokenPipeError:
            pass
        os._exit(code)
