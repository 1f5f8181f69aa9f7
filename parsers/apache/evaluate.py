"""Apache httpd: a root file into endpoints.

The path of a configuration: read.py (files to one tree) → scopes.py (the tree executed, directive by directive) → vhosts.py (which server
answers where) → context.py (a server's TLS context) → handshake.py (what a client meets at an address and name).
"""

import codecs
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from copy import copy

from tlslint.files import FileProblem, Files
from tlslint.model import Endpoint, Instance, Problem, SourceFile, Span, TlsMode, Unknown, Value
from tlslint.model.struct import Struct
from tlslint.parsers.apache import defaults, directives, protocol, scopes, settings, vhosts
from tlslint.parsers.apache.defaults import Software
from tlslint.parsers.apache.environment import environment
from tlslint.parsers.apache.layout import PLATFORMS, mounted
from tlslint.parsers.apache.listen import Socket, collide
from tlslint.parsers.apache.read import Reader, Reading
from tlslint.parsers.apache.scopes import RefusedError, Scope, Walked
from tlslint.parsers.apache.sites import NOT_SEEN, Site, Verdict, base_endpoint
from tlslint.parsers.apache.tree import taken
from tlslint.parsers.apache.vhosts import Door, Server
from tlslint.targets import Target

_OTHER_HTTPD = rb"(?m)^[ \t]*(?:(?:server|types|location)\b[^<\n]*\{[ \t]*$|[a-z]+\.[a-z-]+[ \t]*\+?=)"
"""OpenBSD's httpd and nginx write blocks in braces, lighttpd assigns; their folders and files are called like httpd's."""

_FIRST_WORD = rb"(?m)^[ \t]*[\"']?(<?[A-Za-z]\w*)"


class Evaluated(Struct):
    """Everything found out about one configuration. The endpoints of `sites`, then `outgoing`, are the instance's endpoints."""

    reading: Reading
    walked: Walked
    sites: tuple[Site, ...]
    outgoing: tuple[Endpoint, ...]
    problems: tuple[Problem, ...]
    starts: Value[bool]
    software: Software


def instances(
    root: str, files: Files, target: Target, *, complete: bool, defines: dict[str, str | None] | None = None
) -> Sequence[Instance]:
    """Evaluate the httpd whose configuration begins at `root`; `defines`: further `-D` names it is started with.

    Never raises for any content of any file. Semantics: the sources named in the modules of this folder.
    """
    try:
        if "/templates" in root:
            from tlslint.parsers.apache import esmith  # noqa: PLC0415 (one distribution writes its configuration so)

            template = esmith.template_of(root, files)
            if template is not None:
                reading = esmith.read(template, files, target.software["httpd"])
                found = _judged(reading, files, target, complete=False, is_host=False)
                told = tuple(problem for problem in found.problems if esmith.is_certain(problem))
                return (_instance(found._replace(problems=told, starts=Unknown(NOT_SEEN)), target, complete=False),)
        if _is_of_another(root, files.read(root).data):
            return ()
        if posixpath.basename(root) == ".htaccess":
            from tlslint.parsers.apache import overrides  # noqa: PLC0415 (most servers are found by their root file)

            return (overrides.alone(root, files, target),)
        found = evaluate(root, files, target, complete=complete, defines=defines)
    except FileProblem as problem:
        return (_unreadable(root, files, target, problem, complete=complete),)
    return (_instance(found, target, complete=complete),)


def _is_of_another(root: str, data: bytes) -> bool:
    """Is it another program's file by one of httpd's names: a server's of that name, or what monit, supervisor, systemd say of apache2?

    Not where httpd itself looks for it: there any text is what it will be started with.
    """
    if re.search(_OTHER_HTTPD, data):
        return True
    if any(root == platform.root for platform in PLATFORMS) or b"\0" in data or data.startswith(codecs.BOM_UTF8):
        return False  # zero bytes and marks are told, whoever's text it is
    says_something = False
    for found in re.finditer(_FIRST_WORD, data):
        says_something = True
        name = found[1].decode("latin-1")
        if directives.known(name) or re.search("[a-z][A-Z]|^SSL", name):
            return False
    return says_something


def _instance(found: Evaluated, target: Target, *, complete: bool) -> Instance:
    return Instance(
        "httpd",
        found.reading.tree.file,
        target.software["httpd"],
        target.libraries["httpd"],
        complete,
        found.starts,
        (*(site.endpoint for site in found.sites), *found.outgoing),
        found.problems,
        found.reading.files,
        protocol.every(defaults.of(target)),
    )


def evaluate(root: str, files: Files, target: Target, *, complete: bool, defines: dict[str, str | None] | None = None) -> Evaluated:
    """The same with all that was found on the way, for whoever looks at requests. Raises `FileProblem` when the root cannot be had."""
    given = files
    path, files, platform = mounted(root, files)
    # A copy of a configuration in a repository may lack what the host has; under --root, or at its own place, it is the host's.
    is_host = files is given and (platform is not None or given.kind("/") == "directory")
    surroundings = environment(path, files, platform, defines or {}, complete=complete)
    server = target.software["httpd"]
    reader = Reader(files, surroundings, server, complete=complete, is_host=is_host)
    reading = reader.read(path)
    if not is_host and not any(module.startswith("mpm_") for module in reading.modules):
        # Without one of these httpd does not run: the lines that load modules were left out of the copy.
        if reader.counts_on_modules:
            reading = Reader(files, surroundings, server, complete=complete, is_host=False, knows_modules=False).read(path)
        else:
            reading = reading._replace(knows_all_modules=False)
    return _judged(reading, files, target, complete=complete, is_host=is_host)


def _judged(reading: Reading, files: Files, target: Target, *, complete: bool, is_host: bool) -> Evaluated:
    """Execute what was read, and find out what is served."""
    software = defaults.of(target)
    # Only with the host's whole tree in sight is a file that is not there really missing.
    context = settings.Context(files, reading, software, complete, is_host)
    walked = scopes.walk(reading, settings.handlers(context), absent=settings.absent(software), unseen="" if complete else NOT_SEEN)
    verdict = Verdict(reading, walked, complete=complete)
    main, servers = _servers(walked, verdict)
    sockets = _sockets(walked.main, verdict)
    # A server listens somewhere: a copy without any Listen is one whose Listen lines were left out.
    assumed = not complete or (not sockets and (bool(walked.main.holes) or not is_host))
    vhosts.settle_protocols(main, servers, sockets, assumed=assumed)
    opened = vhosts.doors(main, servers, sockets, assumed=assumed)
    if assumed and not opened and _bears_on_tls([main]):
        opened = [Door(None, 0, ((main, None),), None)]
    verdict.problems.extend(vhosts.facts(servers, opened, sockets, assumed=assumed))
    sites, outgoing = _sites(context, verdict, main, servers, opened, sockets)
    sites, read = _with_answers(sites, verdict, reading, files, target, complete=complete)
    reading = reading._replace(files=(*reading.files, *read))
    return Evaluated(reading, walked, tuple(sites), tuple(outgoing), verdict.all_problems(), verdict.starts(), software)


def _servers(walked: Walked, verdict: Verdict) -> tuple[Server, tuple[Server, ...]]:
    bad: list[tuple[Scope, RefusedError]] = []
    found = vhosts.servers(walked.main, walked.vhosts, refuse=bad)
    for scope, refused in bad:
        verdict.refuse(refused, scope)
    return found


def _sockets(main: Scope, verdict: Verdict) -> list[Socket]:
    """The Listen lines; the same address twice, or a part of a wildcard beside it, is refused (listen.c, alloc_listener, make_sock)."""
    found: list[Socket] = []
    for entry in main.of("listen"):
        if entry.value is None:
            continue
        socket: Socket = entry.value
        taken = next((other for other in found if collide(other, socket)), None)
        if taken is not None and not entry.unknown and "options=" not in entry.node.args.lower():
            what = "is listened on already" if taken.host == socket.host else f"and {taken.shown} cannot be opened both"
            verdict.refuse(RefusedError(f"{socket.shown} {what}, so httpd does not start", entry.span), main)
        if taken is not None and taken.host == socket.host:
            continue
        found.append(socket)
    return found


def _sites(
    context: settings.Context, verdict: Verdict, main: Server, servers: tuple[Server, ...], opened: list[Door], sockets: list[Socket]
) -> tuple[list[Site], list[Endpoint]]:
    reading = context.reading
    has_module = "ssl_module" in reading.modules or not reading.knows_all_modules
    if has_module and _bears_on_tls([main, *servers]):
        from tlslint.parsers.apache import tls  # noqa: PLC0415 (brings the cipher tables along)

        return tls.sites(context, verdict, main, servers, opened, sockets)
    return [Site(base_endpoint(door, server, address), server, door) for door in opened for server, address in door.servers], []


def _with_answers(
    sites: list[Site], verdict: Verdict, reading: Reading, files: Files, target: Target, *, complete: bool
) -> tuple[list[Site], list[SourceFile]]:
    """Add what each site's answers carry, and which of its lines never do what they were written for.

    Also gives the .htaccess files that are part of the configuration.
    """
    from tlslint.parsers.apache import overrides, request, web  # noqa: PLC0415 (not every configuration has a site)

    asked = sites if reading.knows_all_modules else [site._replace(server=server) for site, server in _guarded(sites)]
    others = tuple((site.server, site.door.host, site.door.port, site.endpoint.tls.holds(TlsMode.IMPLICIT)) for site in asked)
    found = []
    sources: list[SourceFile] = []
    around = request.Surroundings(reading, files, target, complete, others)
    for site, asking in zip(sites, asked, strict=True):
        host = request.Host(asking.server, around)
        verdict.problems.extend(overrides.facts(host, sources))
        found.append(site._replace(endpoint=site.endpoint._replace(http=web.http(asking, host, verdict.problems))))
    return found, sources


def _guarded(sites: list[Site]) -> Iterator[tuple[Site, Server]]:
    """Each site with its server as it is when the modules its sections ask for are loaded: what they guard says itself what it does."""
    mains: dict[frozenset[str], Scope] = {}
    for site in sites:
        server = copy(site.server)
        given = frozenset(server.scope.section.condition.split(", and ")) - {""}
        if given not in mains:
            mains[given] = _taken(server.main, given)
        server.main = mains[given]
        server.scope = mains[given] if server.is_main else _taken(server.scope, given)
        yield site, server


def _taken(scope: Scope, given: frozenset[str]) -> Scope:
    found = copy(scope)
    found.section = taken(scope.section, given)
    return found


def _bears_on_tls(servers: Iterable[Server]) -> bool:
    """If nothing here does, no table of ciphers is loaded."""
    slots = {slot for server in servers for slot in server.scope.entries}
    return any(slot.startswith(("ssl", "md", "proxypass")) for slot in slots)


def _unreadable(root: str, files: Files, target: Target, problem: FileProblem, *, complete: bool) -> Instance:
    try:
        shown = files.shown(files.real(root))
    except FileProblem:
        shown = root
    source = SourceFile(shown, b"")
    told = Problem("unreadable", f"{shown} cannot be read: it {problem.reason}", Span(source, 0, 0))
    software, library = target.software["httpd"], target.libraries["httpd"]
    return Instance("httpd", source, software, library, complete, Unknown("its root file cannot be read"), (), (told,), (source,))
