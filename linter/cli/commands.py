"""The group of commands; `check` is what a bare `tlslint PATH` means."""

from importlib import import_module
from typing import TYPE_CHECKING

import click
from tlslint import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = {
    "check": "report what is wrong (the default command)",
    "effective": "show what TLS every endpoint really offers",
    "explain": "print a rule's manual page",
    "rules": "list all rules",
    "ciphers": "say what a cipher string means",
    "grade": "grade sites and mail servers as SSL Labs and internet.nl do",
    "certificates": "print the certificates that configuration names",
    "profiles": "list the policies to judge by, or compare two",
    "init": "write settings, or change them",
    "config": "show the settings that count here",
}


class Commands(click.Group):
    """Loads a command's module when it is called; words that are no command go to `check`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names in the order people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"tlslint.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list in --help, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """A first word that is no command is a path for `check`."""
        if args and args[0] in COMMANDS:
            return super().resolve_command(ctx, args)
        return "check", self.get_command(ctx, "check"), args

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """The first word: a command, or an option or path of `check`."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 (only when Tab was pressed)

        check = self.get_command(ctx, "check")
        assert check is not None  # noqa: S101 (it is in the list)
        if incomplete.startswith("-"):
            return [*super().shell_complete(ctx, incomplete), *check.shell_complete(ctx, incomplete)]
        names = [CompletionItem(name, help=said) for name, said in COMMANDS.items() if name.startswith(incomplete)]
        return [*names, CompletionItem(incomplete, type="file")]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Options of `check` may stand first: `tlslint --select TLS1 /etc`."""
        if ctx.resilient_parsing and not args:
            return super().parse_args(ctx, args)
        if not any(arg in COMMANDS for arg in args[:1]) and "--help" not in args and "-h" not in args and "--version" not in args:
            args = ["check", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=Commands,
    invoke_without_command=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`tlslint PATH…` is short for `tlslint check PATH…`; without a path it looks at the current directory.",
)
@click.version_option(__version__, prog_name="tlslint", message="%(prog)s %(version)s")
def cli() -> None:
    """Read server configuration and say what TLS it will really give, why, and how to mend it.

    Reads Apache httpd, Postfix, Dovecot, Courier and OpenLDAP; never runs anything, never uses the network.
    """
