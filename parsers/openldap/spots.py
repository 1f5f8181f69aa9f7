"""Where settings stand in slapd.conf and LDIF, and where new ones go."""

from collections.abc import Iterator

from tlslint.model import Instance, SourceFile, Span
from tlslint.model.remedy import Edit
from tlslint.model.struct import Struct
from tlslint.parsers import placing
from tlslint.parsers.openldap import cnconfig, directives, ldif, syntax


class Spot(Struct):
    """One setting as it is written.

    `name`: the directive's, lower case; `value`: what stands for its arguments; `words`: the arguments with the bytes of each.
    `is_plain` False: base 64, or a URL. `is_overall`: for all of slapd, not in a database. `is_change`: a value of `changetype: modify`.
    """

    name: str
    written: str
    whole: Span
    value: Span
    words: tuple[tuple[str, Span], ...]
    is_ldif: bool
    is_plain: bool = True
    is_overall: bool = True
    is_change: bool = False

    def with_value(self, text: str) -> Edit:
        """All of the value replaced."""
        if self.is_plain:
            return Edit(self.value, text.encode())
        return Edit(self.whole, f"{self.written}: {text}".encode())

    def without(self) -> Edit:
        """The line taken out."""
        return Edit(placing.whole_lines(self.whole), b"")

    def below(self, name: str, attribute: str, text: str) -> Edit:
        """A line of its own below this one. Never indented: that would continue this one."""
        line = f"{attribute}: {text}" if self.is_ldif else f"{name} {text}"
        return placing.below(self.whole, [line.encode()], b"")


def all_of(instance: Instance) -> list[Spot]:
    """Every setting of slapd's files, in the order in which they were read."""
    version = instance.software.version or "2.6"
    found: list[Spot] = []
    for file in instance.files:
        if is_ldif(file):
            found += _in_ldif(file, version)
        elif not file.path.endswith(("/default/slapd", "/sysconfig/slapd", "/sysconfig/ldap", ".service")):
            found += _in_conf(file, version)
    return found


def is_ldif(file: SourceFile) -> bool:
    """slapd.conf and what it includes may have any name; LDIF has its own."""
    return file.path.endswith(".ldif")


def _in_conf(file: SourceFile, version: str) -> Iterator[Spot]:
    is_overall = True
    table = directives.of_slapd(version)
    for line in syntax.lines(file):
        if not line.words:
            continue
        first, rest = line.words[0], line.words[1:]
        row = directives.find(first.text, table)
        name = row.name.lower() if row is not None else first.text.lower()
        is_overall = is_overall and name != "database"
        value = Span(file, rest[0].span.start, rest[-1].span.end) if rest else Span(file, first.span.end, first.span.end)
        words = tuple((word.text, word.span) for word in rest)
        yield Spot(name, first.text, line.span, value, words, is_ldif=False, is_overall=is_overall)


def _in_ldif(file: SourceFile, version: str) -> Iterator[Spot]:
    for record in ldif.records(file):
        named = record.dn
        if named is None:
            continue
        is_overall = cnconfig.normal(named.text) == "cn=config"
        is_change = is_modification(record)
        for value in record.values:
            row = directives.with_attribute(value.key, version)
            if row is None or value.problem:
                continue
            words, spans = cnconfig.split(value, value.text)
            pairs = tuple(zip(words, spans, strict=True))
            yield Spot(
                *(row.name.lower(), value.name, value.span, value.value_span, pairs),
                is_ldif=True,
                is_plain=value.how == ":",
                is_overall=is_overall,
                is_change=is_change,
            )


def is_modification(record: ldif.Record) -> bool:
    """`changetype: modify`, or a record that reads like one to ldapmodify."""
    said = next((value.text.strip().lower() for value in record.values if value.key == "changetype"), "")
    return said == "modify" or (
        not said and (bool(record.separators) or any(value.key in ("replace", "delete") for value in record.values))
    )


def new(instance: Instance, spots: list[Spot], name: str, attribute: str, text: str) -> Edit | None:
    """A new line for all of slapd: below the TLS settings, before any database; None: there is no place for it."""
    overall = [spot for spot in spots if spot.is_overall]
    if any(is_ldif(file) for file in instance.files):
        return _new_in_ldif(instance, overall, attribute, text)
    near = [spot for spot in overall if spot.name.startswith("tls")] or [spot for spot in overall if spot.whole.file is instance.root]
    if near:
        return near[-1].below(name, attribute, text)
    first = next((spot for spot in spots if spot.whole.file is instance.root), None)
    return placing.above(first.whole, [f"{name} {text}".encode()], b"") if first is not None else None


def _new_in_ldif(instance: Instance, overall: list[Spot], attribute: str, text: str) -> Edit | None:
    entries = [spot for spot in overall if not spot.is_change]
    near = [spot for spot in entries if spot.name.startswith("tls")] or entries
    if near:
        return near[-1].below("", attribute, text)
    for file in instance.files:
        for record in ldif.records(file) if is_ldif(file) else ():
            named = record.dn
            if named is None or cnconfig.normal(named.text) != "cn=config":
                continue
            last = record.values[-1]
            if is_modification(record):
                return placing.below(last.span, [b"-", f"replace: {attribute}".encode(), f"{attribute}: {text}".encode()], b"")
            return placing.below(last.span, [f"{attribute}: {text}".encode()], b"")
    return None
