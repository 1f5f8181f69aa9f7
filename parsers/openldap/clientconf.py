"""ldap.conf and its kin, line by line, as libldap reads them; sssd.conf by section.

Source: libraries/libldap/init.c openldap_ldap_init_w_conf() of 2.4.57, 2.5.13, 2.6.10: `#` makes a comment in the first column only, the
value is the rest of the line without the blanks at its ends, quotes and `# …` included. nslcd and PADL's modules read the same shape.
sssd.conf(5): INI.
"""

import json
import re
from functools import cache
from typing import Any

from tlslint.data import beside
from tlslint.model import SourceFile, Span
from tlslint.model.struct import Struct

_LINE = re.compile(rb"(?m)^(?!#)[ \t\r\f\v]*([^\s]+)[ \t\r\f\v]+([^\n]*[^\s])?")
_INI = re.compile(rb"(?m)^[ \t]*(?:\[([^\]\n]+)\]|([^\s=#;\[][^=\n]*?)[ \t]*=[ \t]*([^\n]*))")


class Line(Struct):
    """One `NAME value`; `section` in sssd.conf only."""

    name: str
    value: str
    name_span: Span
    value_span: Span
    section: str = ""

    @property
    def folded(self) -> str:
        """The name as it is compared: case does not count."""
        return self.name.lower()


def lines(source: SourceFile) -> list[Line]:
    """Every line that has a name and a value; others are passed over by the readers too."""
    found = []
    for match in _LINE.finditer(source.data):
        if match[2] is not None:
            name, value = Span(source, *match.span(1)), Span(source, *match.span(2))
            found.append(Line(name.text, value.text, name, value))
    return found


def sections(source: SourceFile) -> list[Line]:
    """sssd.conf: `name = value` below `[section]`."""
    found = []
    section = ""
    for match in _INI.finditer(source.data):
        if match[1] is not None:
            section = match[1].decode("utf-8", "replace").strip()
            continue
        start, end = match.span(3)
        end = start + len(match[3].rstrip())
        name, value = Span(source, *match.span(2)), Span(source, start, end)
        found.append(Line(name.text, value.text, name, value, section))
    return found


@cache
def data() -> dict[str, Any]:
    """Names and values libldap knows, with their source."""
    read: dict[str, Any] = json.loads(beside(__file__, "client-options.json"))
    return read
