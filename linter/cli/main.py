"""The command line. Commands are imported when called; `--version` imports nothing."""

import sys


def run() -> None:
    """Entry point of `tlslint` and `python -m tlslint`."""
    if sys.argv[1:] == ["--version"]:
        from tlslint import __version__  # noqa: PLC0415

        sys.stdout.write(f"tlslint {__version__}\n")
        return
    from tlslint.cli.commands import cli  # noqa: PLC0415

    cli()
