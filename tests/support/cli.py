"""The command line in this process: exit code, standard output and error."""

from typing import NamedTuple

from click.testing import CliRunner
from tlslint.cli.commands import cli


class Ran(NamedTuple):
    """What came of a call."""

    code: int
    out: str
    err: str


def tlslint(*arguments: object, standard_input: bytes | None = None, env: dict[str, str] | None = None) -> Ran:
    """Call `tlslint` with these arguments. An exception inside it is one in the test."""
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], input=standard_input, env=env)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)
