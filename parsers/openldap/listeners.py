"""Where slapd listens: `-h` as the start script, a systemd unit or the distribution's default gives it.

Source: servers/slapd/daemon.c slapd_daemon_init() and slap_open_listener(), libraries/libldap/url.c; /etc/init.d/slapd and slapd.service of
Debian; /etc/sysconfig/slapd and /etc/sysconfig/ldap of Red Hat. Seen on slapd 2.4.57, 2.5.13 and 2.6.10.
"""

import os
import re
import shlex

from tlslint.files import FileProblem, Files
from tlslint.model import SourceFile, Span
from tlslint.model.struct import Struct
from tlslint.parsers.openldap import modules

SOCKET = "/run/slapd/ldapi"
"""Debian's LDAPI_SOCK."""


class Listener(Struct):
    """One URL.

    `scheme`: ldap, ldaps, ldapi (with PROXY protocol: pldap, pldaps); `host` "" for every address; `span` None: nobody wrote it.
    """

    url: str
    scheme: str
    host: str
    port: int | None
    span: Span | None

    @property
    def is_named(self) -> bool:
        """Is the host a name and no address? (getaddrinfo() takes both, slap_get_listener_addresses() in servers/slapd/daemon.c)"""
        return not self.is_local and ":" not in self.host and re.search("[A-Za-z]", self.host) is not None

    @property
    def is_local(self) -> bool:
        """A socket on this host."""
        return self.scheme == "ldapi"

    @property
    def implicit(self) -> bool:
        """TLS from the first byte."""
        return self.scheme.endswith("ldaps")


class Start(Struct):
    """How slapd is started. `refused`: why it does not start, and where; `unknown`: why nothing can be said; `note`: whose default it is.

    `configuration`: what SLAPD_CONF names; "" for nothing. `files`: what was read.
    """

    listeners: tuple[Listener, ...]
    refused: tuple[str, Span] | None = None
    unknown: str = ""
    note: str = ""
    configuration: str = ""
    pidfile: str = ""
    files: tuple[SourceFile, ...] = ()
    script: SourceFile | None = None


class _Said(Struct):
    value: str
    span: Span
    unknown: str = ""


_ASSIGNMENT = re.compile(r"""^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=((?:"(?:[^"\\]|\\[^\0])*"|'[^']*'|\\[^\0]|[^\n"'\\])*)""", re.MULTILINE)
_UNITS = ("/etc/systemd/system/slapd.service", "/usr/lib/systemd/system/slapd.service", "/lib/systemd/system/slapd.service")


def start(files: Files, host: str, *, is_debian: bool, is_systemd: bool) -> Start:
    """Listeners of the slapd below `host` ("" for the root). What is not there is the distribution's default."""
    read: list[SourceFile] = []
    unit = _unit(files, host, read)
    if unit is not None:
        return unit._replace(files=tuple(read))
    for name, variable in (("default/slapd", "SLAPD_SERVICES"), ("sysconfig/slapd", "SLAPD_URLS"), ("sysconfig/ldap", "SLAPD_URLS")):
        path = f"{host}/etc/{name}"
        source = _source(files, path)
        if source is None:
            continue
        read.append(source)
        said = variables(source, expands=not is_systemd)
        return _from(said, variable, source, is_debian=is_debian)._replace(files=tuple(read), script=source)
    urls = modules.default_listeners() if is_debian else "ldap:///"
    note = "default of Debian's package" if is_debian else "slapd's own default without -h"
    return Start(tuple(_url(url, None) for url in urls.split() if isinstance(_url(url, None), Listener)), note=note)  # type: ignore[misc]


def variables(source: SourceFile, *, expands: bool) -> dict[str, _Said]:
    """Assignments of a shell fragment or an EnvironmentFile, the last of each name."""
    text = source.data.decode("latin-1")
    found: dict[str, _Said] = {}
    for match in _ASSIGNMENT.finditer(text):
        raw = match[2].rstrip("\r")
        start = match.start(2)
        value, unknown = _value(raw, found, expands=expands)
        body = raw.strip()
        quoted = len(body) > 1 and body[0] == body[-1] and body[0] in "\"'"
        lead = start + len(raw) - len(raw.lstrip()) + (1 if quoted else 0)
        end = start + len(raw.rstrip()) - (1 if quoted else 0)
        if body and body[0] in "\"'" and not quoted:
            close = body.find(body[0], 1)
            lead += 1
            end = lead - 1 + close if close > 0 else end
        found[match[1]] = _Said(value, Span(source, lead, max(lead, end)), unknown)
    return found


def _value(raw: str, known: dict[str, _Said], *, expands: bool) -> tuple[str, str]:
    """One shell word."""
    out: list[str] = []
    unknown = ""
    at, quote = 0, ""
    while at < len(raw):
        char = raw[at]
        if quote == "'":
            if char == "'":
                quote = ""
            else:
                out.append(char)
        elif char == "\\" and at + 1 < len(raw):
            at += 1
            if raw[at] != "\n":
                out.append(raw[at] if not quote or raw[at] in '$`"\\' else "\\" + raw[at])
        elif char in "\"'" and not (quote and char != quote):
            quote = "" if quote else char
        elif char == "$" and expands:
            match = re.compile(r"\$(?:\{(\w+)\}|(\w+))").match(raw, at)
            if match is None:
                unknown = "the shell works it out"
            else:
                name = match[1] or match[2]
                out.append(known[name].value if name in known else "")
                at = match.end() - 1
        elif char == "`" and expands:
            unknown = "the shell works it out"
        elif not quote and (char in " \t\n" or (char in ";&|<>()" and expands) or (char == "#" and at == 0)):
            break
        else:
            out.append(char)
        at += 1
    return "".join(out), unknown


def _from(said: dict[str, _Said], variable: str, source: SourceFile, *, is_debian: bool) -> Start:
    configuration = said["SLAPD_CONF"].value if "SLAPD_CONF" in said else ""
    pidfile = said["SLAPD_PIDFILE"].value if "SLAPD_PIDFILE" in said else ""
    services = said.get(variable) or said.get("SLAPD_URLS") or said.get("SLAPD_SERVICES")
    options = said.get("SLAPD_OPTIONS")
    urls, span, unknown = "", None, ""
    if services is not None and services.value:
        urls, span, unknown = services.value, services.span, services.unknown
    elif services is not None:
        unknown = services.unknown
    if options is not None:
        words = options.value.split()
        for number, word in enumerate(words):
            if word == "-h" and number + 1 < len(words):
                urls, span = words[number + 1], options.span
            elif word in ("-f", "-F") and number + 1 < len(words):
                configuration = words[number + 1]
    if unknown:
        return Start((), unknown=unknown, configuration=configuration)
    if variable == "SLAPD_URLS" and not urls:
        old = [name for name in ("SLAPD_LDAP", "SLAPD_LDAPS", "SLAPD_LDAPI") if said.get(name) and said[name].value.lower() == "yes"]
        urls = " ".join(f"{name[6:].lower()}:///" for name in old)
    if not urls:
        return Start(
            (Listener("ldap:///", "ldap", "", 389, None),),
            note="slapd's own default without -h",
            configuration=configuration,
            pidfile=pidfile,
        )
    del is_debian
    return _listed(urls, span, source)._replace(configuration=configuration, pidfile=pidfile)


def _listed(urls: str, span: Span | None, source: SourceFile) -> Start:
    found: list[Listener] = []
    text = span.text if span is not None else ""
    at = 0
    for url in urls.split(" "):
        if not url:
            continue
        place = span
        position = text.find(url, at)
        if span is not None and position != -1:
            place = Span(source, span.start + position, span.start + position + len(url))
            at = position + len(url)
        parsed = _url(url, place)
        if isinstance(parsed, str):
            return Start((), (parsed, place or Span(source, 0, 0)))
        twin = next(
            (each for each in found if each.port == parsed.port and (each.host == parsed.host or not (each.host and parsed.host))), None
        )
        if twin is not None and not parsed.is_local:
            return Start((), (f"{url} wants the same port as {twin.url}", place or Span(source, 0, 0)))
        found.append(parsed)
    if not found:
        return Start((), ("there is no URL to listen on", span or Span(source, 0, 0)))
    return Start(tuple(found))


def _url(url: str, span: Span | None) -> Listener | str:
    """A listener, or why slapd refuses the URL."""
    text = url.removeprefix("<")
    if url.startswith("<"):
        if not text.endswith(">"):
            return f"{url} begins with '<' and has no '>'"
        text = text[:-1]
    text = text[4:] if text[:4].lower() == "url:" else text
    match = re.match(r"(p?ldaps?|ldapi)://", text, re.IGNORECASE)
    if match is None:
        return f"{url} is no URL slapd can listen on: it knows ldap://, ldaps:// and ldapi://"
    scheme, rest = match[1].lower(), text[match.end() :]
    hostport, slash, after = rest.partition("/")
    if not slash:
        hostport = hostport.partition("?")[0]
    if slash and after.partition("?")[0]:
        return f"{url} has something after the slash: a listener takes no DN"
    extensions = after.split("?")[4:5] if slash else []
    for extension in extensions[0].split(",") if extensions else ():
        if extension and not re.fullmatch(r"(?i)!?x-mod=(?:0?[0-7]{3}|.{10})", extension):
            return f"{url}: slapd knows no extension {extension} of a listener"
    if scheme == "ldapi":
        return Listener(url, scheme, _unquoted(hostport) or SOCKET, None, span)
    port: int | None = 636 if scheme.endswith("ldaps") else 389
    host = hostport
    if hostport.startswith("["):
        host, bracket, tail = hostport[1:].partition("]")
        if not bracket or (tail and not tail.startswith(":")):
            return f"{url} has no proper address in brackets"
        number = tail[1:]
    else:
        host, _, number = hostport.partition(":")
    if ":" in hostport.rpartition("]")[2] and not number:
        return f"{url} has a colon and no port after it"
    if number:
        if not re.fullmatch(r"[ \t]*[-+]?\d{1,18}", number):
            return f"{url}: {number} is not a port"
        port = int(number) & 0xFFFF or port
    host = _unquoted(host)
    return Listener(url, scheme, "" if host in ("", "*") else host, port, span)


def _unquoted(text: str) -> str:
    return re.sub("%([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), text)


def _source(files: Files, path: str) -> SourceFile | None:
    try:
        return files.read(path) if files.kind(path) == "file" else None
    except FileProblem:
        return None


def _unit(files: Files, host: str, read: list[SourceFile]) -> Start | None:
    """ExecStart of a unit in the scanned tree that names its URLs itself; Debian's own unit does not, and says nothing here."""
    paths = [*_drop_ins(files, host), *(host + each for each in _UNITS)]
    for path in paths:
        source = _source(files, path)
        if source is None:
            continue
        text = source.data.decode("latin-1")
        commands = list(re.finditer(r"^ExecStart[ \t]*=[ \t]*((?:[^\n\\]|\\\n?)+)", text, re.MULTILINE))
        if not commands:
            continue
        command = commands[-1]
        if "sh -c" in command[1]:
            return None
        read.append(source)
        span = Span(source, command.start(1), command.end(1))
        known = _environment(files, host, text, read)
        return _command(command[1].replace("\\\n", " "), known, span, source)
    return None


def _drop_ins(files: Files, host: str) -> list[str]:
    folder = f"{host}/etc/systemd/system/slapd.service.d"
    try:
        names = [name for name in files.names(folder) if name.endswith(".conf")] if files.kind(folder) == "directory" else []
    except FileProblem:
        names = []
    return [f"{folder}/{name}" for name in reversed(names)]


def _environment(files: Files, host: str, text: str, read: list[SourceFile]) -> dict[str, str]:
    known: dict[str, str] = {}
    for match in re.finditer(r"^Environment[ \t]*=[ \t]*(.*)$", text, re.MULTILINE):
        for word in _split(match[1]):
            name, _, value = word.partition("=")
            known[name] = value
    for match in re.finditer(r"^EnvironmentFile[ \t]*=[ \t]*-?(\S+)", text, re.MULTILINE):
        source = _source(files, host + os.path.normpath("/" + match[1].strip("\"'").lstrip("/")))
        if source is not None:
            read.append(source)
            known.update({name: said.value for name, said in variables(source, expands=False).items()})
    return known


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _command(command: str, known: dict[str, str], span: Span, source: SourceFile) -> Start:
    words: list[str] = []
    for word in _split(command):
        bare = re.fullmatch(r"\$(\w+)", word)
        if bare is not None:
            words += known.get(bare[1], "").split()
        else:
            words.append(re.sub(r"\$\{(\w+)\}", lambda match: known.get(match[1], ""), word))
    urls, configuration = "", ""
    for number, word in enumerate(words[:-1]):
        if word == "-h":
            urls = words[number + 1]
        elif word in ("-f", "-F"):
            configuration = words[number + 1]
    if not urls:
        return Start((Listener("ldap:///", "ldap", "", 389, span),), note="slapd's own default without -h", configuration=configuration)
    return _listed(urls, span, source)._replace(configuration=configuration)
