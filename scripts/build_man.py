"""Write a manual page per command, as packages want them: build/man/tlslint.1, tlslint-check.1 …

python -m scripts.build_man build/man
"""

import sys
from pathlib import Path

import click
from click_man.core import generate_man_page
from tlslint import __version__
from tlslint.cli.commands import COMMANDS, cli

DATE = "2026"
"""No day in it: the same version gives the same bytes."""


def pages() -> dict[str, str]:
    """Every page by file name."""
    top = click.Context(cli, info_name="tlslint")
    found = {"tlslint.1": generate_man_page(top, version=__version__, date=DATE)}
    for name in COMMANDS:
        command = cli.get_command(top, name)
        assert command is not None
        found[f"tlslint-{name}.1"] = generate_man_page(click.Context(command, info_name=name, parent=top), version=__version__, date=DATE)
    also = ", ".join(f".BR tlslint-{name} (1)" for name in COMMANDS)
    found["tlslint.1"] += ".SH SEE ALSO\n" + also.replace(", .BR", " ,\n.BR") + "\n"
    return found


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for file_name, text in pages().items():
        (folder / file_name).write_text(text, encoding="utf-8")
