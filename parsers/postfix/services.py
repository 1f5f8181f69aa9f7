"""master.cf entries as services: which daemon runs, where it listens, with which `-o` settings, and which entries count.

Sources: src/master/master_ent.c, src/util/host_port.c, src/global/match_service.c, the option loop of src/master/single_server.c
(getopt with "+": the first word that is no option ends the options), master(5).
"""

import re
from collections.abc import Callable, Sequence

from tlslint.model import Label, Problem, Span
from tlslint.model.numbers import whole
from tlslint.model.struct import Struct
from tlslint.parsers.carried import readable
from tlslint.parsers.postfix.defaults import Release
from tlslint.parsers.postfix.syntax import WHITE, Entry, Setting, Word

ALWAYS_KNOWN = {"smtp": 25, "smtps": 465, "submissions": 465, "submission": 587, "lmtp": 24}
"""known_tcp_ports (3.6) as compiled in."""

SERVICES_FILE = {"smtp": 25, "mail": 25, "submission": 587, "submissions": 465, "ssmtp": 465, "smtps": 465, "urd": 465}
"""Debian's /etc/services, netbase 6.2 to 6.4, as far as mail servers are concerned."""

_COMMON = {25: "smtp", 465: "smtps", 587: "submission"}
_OPTIONS_WITH_VALUE = "imnorst"
_OPTIONS = "cdDlSuvVz"
_NAME_VALUE = r"(?a)[ \t\n\v\f\r]*([^\s=]+)[ \t\n\v\f\r]*=[ \t\n\v\f\r]*"


class Service(Struct):
    """One running service.

    `key`: what makes two entries the same. `host` "" means the addresses of inet_interfaces. `port` None: not an inet service, or a
    name that cannot be resolved. `overrides`: the `-o` settings in order, the last of a name counts. `fatal`: why the daemon stops at
    its first connection; empty where its command line is sound.
    """

    entry: Entry
    key: tuple[str, str]
    name: str
    type: str
    host: str
    port: int | None
    daemon: str
    overrides: tuple[Setting, ...]
    fatal: Problem | None
    title: str

    @property
    def chroot(self) -> str:
        """The fifth column: y, n, or - for the default."""
        return self.entry.fields[4].text

    @property
    def anchor(self) -> Span:
        """The columns of the entry."""
        first, last = self.entry.fields[0].span, self.entry.fields[7].span
        return Span(first.file, first.start, last.end)


class Services(Struct):
    """All that runs, and what was found out on the way. `fatal`: what keeps master(8) from starting."""

    running: tuple[Service, ...]
    problems: tuple[Problem, ...]
    fatal: Problem | None


def services(entries: Sequence[Entry], disabled: str, ports: Callable[[str], int | None], *, all_ports_known: bool = False) -> Services:
    """Turn entries into services; the last of several for one endpoint wins.

    `disabled` is the expanded master_service_disable; `ports` resolves the name of a TCP port, None where it is not known;
    `all_ports_known`: a name that it does not resolve keeps master(8) from starting (seen on 3.7.11 and 3.10.13).
    """
    problems: list[Problem] = []
    running: dict[tuple[str, str], Service] = {}
    fatal: Problem | None = None
    patterns = [pattern for pattern in re.split(r"[, \t\r\n]+", disabled) if pattern]
    for entry in entries:
        if len(entry.fields) > 1 and _is_disabled(patterns, entry.fields[0].text, entry.fields[1].text):
            continue
        fault = entry.fault or _endpoint_fault(entry)
        if not fault and all_ports_known and entry.fields[1].text == "inet":
            name = split_endpoint(entry.fields[0].text)[1]
            if not name[0].isdigit() and ports(name) is None:
                fault = f"the port name {readable(name)!r} stands neither in /etc/services nor in known_tcp_ports; write the number"
        if fault:
            problem = _refused(entry, fault)
            problems.append(problem)
            fatal = fatal or problem
            continue
        service = _service(entry, ports)
        earlier = running.pop(service.key, None)
        if earlier is not None:
            problems.append(
                Problem(
                    "duplicate-setting",
                    f"two entries of master.cf stand for the same service {_spoken(service)}: only the last one runs",
                    earlier.entry.line.whole if earlier.entry.line.whole.start < service.anchor.start else service.anchor,
                    "never runs",
                    (Label(service.anchor, "runs"),),
                )
            )
        running[service.key] = service
    return Services(tuple(_with_titles(list(running.values()))), tuple(problems), fatal)


def _refused(entry: Entry, fault: str) -> Problem:
    first = entry.fields[0].text
    whole = entry.line.whole
    if first.startswith("-"):
        message = f"{readable(first)!r} begins in the first column, so this line is read as a service of its own and Postfix does not start"
        return Problem("swallowed-line", message, whole, "indent options below the service they belong to")
    if len(entry.fields) >= 3 and entry.fields[1].text == "=":
        return Problem(
            "refused", f"{readable(first)!r} is a setting of main.cf; as a service entry it keeps Postfix from starting", whole, fault
        )
    return Problem("refused", f"Postfix does not start with this entry: {fault}", whole, "")


def _endpoint_fault(entry: Entry) -> str:
    """What host_port() and the address look-up of master(8) stop at."""
    if entry.fields[1].text != "inet":
        return ""
    name = entry.fields[0].text
    host, port = split_endpoint(name)
    if host is None:
        return f"{readable(name)!r} is no [host]:port, host:port or port"
    if not port:
        return f"{readable(name)!r} names no port"
    if port[0].isdigit() and not (port.isascii() and port.isdigit() and int(port[:9]) <= 65535):
        return f"{readable(port)!r} is no port number"
    return ""


def split_endpoint(name: str) -> tuple[str | None, str]:
    """Host ("" for none) and port of an inet service; host None where the brackets are wrong (src/util/host_port.c)."""
    if name.startswith("["):
        host, bracket, rest = name[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            return None, ""
        return host.removeprefix("IPv6:").removeprefix("ipv6:"), rest[1:]
    host, colon, port = name.rpartition(":")
    return (host, port) if colon else ("", name)


def _is_disabled(patterns: list[str], name: str, kind: str) -> bool:
    """master_service_disable: the first pattern that fits decides, each leading ! turns it round."""
    for pattern in patterns:
        bare = pattern.lstrip("!")
        if bare.lower() == (f"{name}/{kind}" if "/" in bare else kind).lower():
            return (len(pattern) - len(bare)) % 2 == 0
    return False


def _service(entry: Entry, ports: Callable[[str], int | None]) -> Service:
    name, kind = entry.fields[0].text, entry.fields[1].text
    command = entry.fields[7].text
    daemon = command.rsplit("/", 1)[-1]
    host, port_name, port = "", "", None
    if kind == "inet":
        host, port_name = split_endpoint(name)[0] or "", split_endpoint(name)[1]
        port = whole(port_name) if port_name.isdigit() else ports(port_name)
        key = (f"[{host.lower()}]:{port or port_name}", kind)
    else:
        key = (f"{'public' if entry.fields[2].text == 'n' else 'private'}/{name}", kind)
    overrides, fatal = _options(entry, daemon)
    if "/" in command:
        message = f"the command {readable(command)!r} is looked up below daemon_directory and never runs: name the program only"
        fatal = Problem("refused", message, entry.fields[7].span, "")
    return Service(entry, key, name, kind, host, port, daemon, overrides, fatal, "")


def overrides(entry: Entry) -> tuple[Setting, ...]:
    """The `-o` settings of an entry, as far as they can be read."""
    return _options(entry, entry.fields[7].text.rsplit("/", 1)[-1])[0] if len(entry.fields) == 8 else ()


def _options(entry: Entry, daemon: str) -> tuple[tuple[Setting, ...], Problem | None]:
    """The `-o` settings of an entry, and what its daemon stops at."""
    overrides: list[Setting] = []
    words = entry.arguments
    index = 0
    while index < len(words):
        word = words[index]
        if word.text == "--" or not word.text.startswith("-") or word.text == "-":
            index += word.text == "--"
            break
        letters = word.text[1:]
        place = 0
        while place < len(letters):
            letter, rest = letters[place], letters[place + 1 :]
            if letter not in _OPTIONS and letter not in _OPTIONS_WITH_VALUE:
                return tuple(overrides), Problem("refused", f"{daemon} stops here: it has no option -{readable(letter)}", word.span, "")
            if letter not in _OPTIONS_WITH_VALUE:
                place += 1
                continue
            value = Word(rest, word.span) if rest else None
            if value is None:
                index += 1
                if index >= len(words):
                    return tuple(overrides), Problem("refused", f"{daemon} stops here: -{letter} needs a value", word.span, "")
                value = words[index]
            if letter == "o":
                setting = _override(entry, value)
                if isinstance(setting, Problem):
                    return tuple(overrides), setting
                overrides.append(setting)
            break
        index += 1
    left = words[index:]
    if daemon in ("smtp", "lmtp"):
        left = tuple(word for word in left if not word.text.lower().startswith("flags="))
    return tuple(overrides), _left_over(daemon, left[0], overrides) if left and daemon in DAEMONS else None


DAEMONS = ("smtpd", "postscreen", "tlsproxy", "smtp", "lmtp")
"""Daemons that speak TLS."""


def _override(entry: Entry, word: Word) -> Setting | Problem:
    match = re.match(_NAME_VALUE, word.text)
    daemon = entry.fields[7].text
    if match is None:
        following = [other for other in entry.arguments if other.span.start > word.span.start]
        hint = "blanks around '=' part the option; write -o name=value or -o { name = value }"
        if not (following and following[0].text.startswith("=")):
            hint = "write -o name=value"
        return Problem("refused", f"{daemon} stops here: '-o {readable(word.text)}' has no '='", word.span, hint)
    value = word.text[match.end() :].rstrip(WHITE)
    inside = word.span.data.decode("latin-1")
    start = inside.find(word.text)
    if start == -1:  # parts of the word stand on several lines
        return Setting(match.group(1), value, word.span, word.span, word.span)
    base = word.span.start + start
    name = Span(word.span.file, base + match.start(1), base + match.end(1))
    return Setting(match.group(1), value, name, Span(word.span.file, base + match.end(), base + match.end() + len(value)), word.span)


def _left_over(daemon: str, word: Word, overrides: list[Setting]) -> Problem:
    text = readable(word.text)
    stops = f"{daemon} stops at its first connection"
    if word.text.startswith("#"):
        message = f"text after # on a line of master.cf is no comment but arguments: {stops} (unexpected command-line argument)"
        return Problem("trailing-comment", message, word.span, "put the comment on a line of its own")
    before = next((one for one in reversed(overrides) if one.span.end <= word.span.start), None)
    if before is not None and (before.value.endswith(",") or word.text.startswith(",") or not before.value):
        where = "after the comma" if before.value.endswith(",") else "after '='" if not before.value else "before the comma"
        message = f"the blank {where} ends the value of {before.name}, so {text!r} is a word of its own: {stops}"
        related = (Label(before.span, "ends here"),)
        return Problem("refused", message, word.span, "leave the blank out, or write -o { name = value }", related)
    return Problem("refused", f"{text!r} is no option: {stops} (unexpected command-line argument)", word.span, "write -o name=value")


def _with_titles(running: list[Service]) -> list[Service]:
    """Give each service the name its administrator would use; equal names get their whole endpoint."""
    titled = [service._replace(title=_title(service)) for service in running]
    counts: dict[str, int] = {}
    for service in titled:
        counts[service.title] = counts.get(service.title, 0) + 1
    return [
        service if counts[service.title] == 1 else service._replace(title=f"{service.title} {readable(service.name)}") for service in titled
    ]


def _title(service: Service) -> str:
    if service.type != "inet":
        return readable(service.name)
    port_name = split_endpoint(service.name)[1]
    word = port_name if not port_name.isdigit() else _COMMON.get(service.port or 0, "smtpd")
    number = str(service.port) if service.port is not None else port_name
    return f"{readable(word)} ({readable(service.host)}:{number})" if service.host else f"{readable(word)} ({number})"


def _spoken(service: Service) -> str:
    return f"{readable(service.name)}/{service.type}"


def known_ports(release: Release, setting: str | None, services_file: bytes | None) -> Callable[[str], int | None]:
    """How names of ports are resolved: known_tcp_ports since 3.6 ("smtps=submissions=465"), then /etc/services."""
    known: dict[str, int] = {}
    if services_file is not None:
        for line in services_file.decode("latin-1").splitlines():
            words = line.partition("#")[0].split()
            number = whole(words[1][:-4]) if len(words) >= 2 and words[1].endswith("/tcp") else None
            if number is not None:
                for word in (words[0], *words[2:]):
                    known.setdefault(word, number)
    else:
        known.update(SERVICES_FILE)
    if release >= (3, 6):
        if setting is None:
            known.update(ALWAYS_KNOWN)
        for item in re.split(r"[,\s]+", setting or ""):
            *names, last = [part.strip() for part in item.split("=")]
            number = whole(last)
            if number is not None:
                known.update(dict.fromkeys(names, number))
    return known.get
