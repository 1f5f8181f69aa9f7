"""`tlslint init`: write settings, or change the ones there are."""

import io
import os
import re

import click
from tlslint.cli import deciding
from tlslint.cli.options import Policy
from tlslint.cli.shared import fail, say, settings_of, target_for, write
from tlslint.settings import KEYS
from tlslint.settings.read import FILE

HEAD = "# Settings of tlslint: `tlslint config show` says what counts here.\n"


@click.command("init")
@click.option("--profile", metavar="NAME[@EDITION]", help="Whose policy.")
@click.option("--target", metavar="NAME", help="Software to judge for.")
@click.option("--fail-on", type=click.Choice(KEYS["fail-on"].words), help="Exit 1 from here on.")
@click.option("--baseline", metavar="FILE", help="What was there before.")
def command(profile: str | None, target: str | None, fail_on: str | None, baseline: str | None) -> None:
    """Write a commented .tlslint.yaml in this directory; where there is one, set what is given and keep the rest, comments too."""
    given = {"profile": profile, "target": target, "fail-on": fail_on, "baseline": baseline}
    wanted = {key: value for key, value in given.items() if value is not None}
    if not os.path.lexists(FILE):
        _written(_template(wanted))
    elif not wanted:
        raise fail(f"{FILE} is there already; name what to set in it (tlslint init --target debian-12)")
    else:
        settings_of(FILE, isolated=False)  # a faulty file is told, not made worse
        _written(_edited(wanted))
    settings = settings_of(FILE, isolated=False)
    deciding.decide(settings, Policy())
    target_for((), settings, None)
    say(f"{FILE} written")


def _written(text: str) -> None:
    write([text.removesuffix("\n")], FILE)


def _template(wanted: dict[str, str]) -> str:
    lines = [HEAD]
    for name, key in KEYS.items():
        lines.append(f"# {key.summary}")
        lines.append(f"{name}: {wanted[name]}\n" if name in wanted else f"# {name}: {key.example}\n")
    return "\n".join(lines)


def _edited(wanted: dict[str, str]) -> str:
    from ruamel.yaml import YAML  # noqa: PLC0415
    from ruamel.yaml.comments import CommentedMap  # noqa: PLC0415

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 16
    with open(FILE, encoding="utf-8", newline="") as stream:
        text = stream.read()
    if re.search(r"(?m)^[\w-]+:.*\n {2,}- ", text):  # lists stand deeper than their names here
        yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    if document is None:  # comments only: ruamel would lose them
        return text + "".join(f"{name}: {value}\n" for name, value in wanted.items())
    assert isinstance(document, CommentedMap)  # noqa: S101 (settings were read from it)
    document.update(wanted)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()
