""".htaccess files: those of folders a server is known to serve, and those found alone, of which nothing around is known.

Sources: server/config.c (ap_parse_htaccess), server/core.c (AllowOverride, AllowOverrideList) of httpd 2.4; seen on httpd 2.4.71: what may
not stand in an .htaccess makes every request below its folder a 500, and nothing at all is opened under `AllowOverride None`.
"""

import posixpath
from collections.abc import Iterator

from tlslint.files import Files
from tlslint.model import Endpoint, Instance, Label, Problem, Role, SourceFile, Span, Unknown
from tlslint.parsers.apache import defaults, directives, folders, scopes, settings, web
from tlslint.parsers.apache.environment import Environment
from tlslint.parsers.apache.folders import NAME
from tlslint.parsers.apache.pasted import explained
from tlslint.parsers.apache.read import Reader
from tlslint.parsers.apache.request import Admitted, Host, Override, Surroundings, admitted, override_at
from tlslint.parsers.apache.scopes import Scope
from tlslint.parsers.apache.sites import NOT_SEEN, Site
from tlslint.parsers.apache.tree import Directive, Node, Section, taken
from tlslint.parsers.apache.vhosts import Door, Server
from tlslint.parsers.carried import readable
from tlslint.targets import Target

NOT_KNOWN = "whether this folder is served over TLS is not known"
_BEARING = frozenset({"header", "redirect", "redirectpermanent", "redirecttemp", "redirectmatch", "rewriterule"})


def alone(root: str, files: Files, target: Target) -> Instance:
    """An .htaccess by itself: what it says is judged, what it leaves out is not. Raises `FileProblem` when it cannot be had."""
    folder = posixpath.dirname(root)
    software = defaults.of(target)
    environment = Environment(folder, {}, {}, False, False, directives.BUILTIN_LEAST)
    reading = Reader(files, environment, target.software["httpd"], complete=False, is_host=False).read(root)
    context = settings.Context(files, reading, software, False, False)
    walked = scopes.walk(reading, settings.handlers(context), absent=settings.absent(software), unseen=NOT_SEEN)
    problems = [told_of_folder(problem) for problem in dict.fromkeys((*reading.problems, *walked.problems))]
    endpoints: tuple[Endpoint, ...] = ()
    section = _folder(taken(reading.tree, frozenset()), folder)
    if not _BEARING.isdisjoint(section.mentions):
        nothing = Section(section.line, "", 0, root, "")
        scope = Scope(nothing, 0, is_main=True, unseen=NOT_SEEN)
        server = Server(scope, scope, [])
        site = Site(_endpoint(reading.tree.file), server, Door(None, 0, ((server, None),), None))
        answers = web.http(site, Host(server, Surroundings(reading, files, target, False), alone=section), problems)
        endpoints = (site.endpoint._replace(http=answers),)
    return Instance(
        "httpd",
        reading.tree.file,
        target.software["httpd"],
        target.libraries["httpd"],
        False,
        Unknown(NOT_SEEN),
        endpoints,
        tuple(problems),
        reading.files,
    )


def _endpoint(file: SourceFile) -> Endpoint:
    return Endpoint(
        file.path,
        Role.SERVER,
        "http",
        Span(file, 0, 0),
        address=Unknown(NOT_SEEN),
        port=Unknown(NOT_SEEN),
        server_names=Unknown(NOT_SEEN, least=()),
        tls=Unknown(NOT_KNOWN),
        tls_works=Unknown(NOT_KNOWN),
        versions=Unknown(NOT_KNOWN, least=frozenset()),
        cipher_suites=Unknown(NOT_KNOWN, least=()),
    )


def _folder(tree: Section, folder: str) -> Section:
    """A file's tree as the section of its folder."""
    section = Section(tree.line, NAME, 0, folder, "")
    section.children = tree.children
    for child in section.children:
        child.parent = section
    return section


def told_of_folder(problem: Problem) -> Problem:
    """What keeps a server from starting in its own files fails requests in a folder's."""
    return problem._replace(message=problem.message.replace("httpd does not start", "every request here fails (500)"))


def facts(host: Host, sources: list[SourceFile]) -> Iterator[Problem]:
    """Files below the document root that nobody reads, or that fail every request. Those met are added to `sources`."""
    for path, section in folders.below(host):
        source = host.files.read(path)
        if source in sources:
            continue
        sources.append(source)
        override = override_at(host, posixpath.dirname(path))
        if override.is_none:
            node = next(_bearing(section), None) if isinstance(section, Section) else None
            if node is not None:
                related = (Label(override.by.args_span, "says so"),) if override.by is not None else ()
                message = f"nothing in this {NAME} is read: AllowOverride None holds in its folder"
                yield Problem("dead-section", message, node.span, "never read", related)
        elif isinstance(section, Problem):
            yield told_of_folder(section)
        else:
            taken = admitted(host.reading, section, override)
            if taken.section is None:
                yield _fault(source, taken, override)


def _fault(source: SourceFile, taken: Admitted, override: Override) -> Problem:
    """What fails every request below a folder."""
    node = taken.fault
    span = node.name_span if node is not None else Span(source, 0, 0)
    name = node.name if node is not None else "an <If…> section"
    if taken.why == "forbidden":
        why = "no AllowOverride is set at all" if override.classes is None else f"AllowOverride is {override.spoken}"
        related = (Label(override.by.args_span, "decides what may stand there"),) if override.by is not None else ()
        return Problem("refused", f"{name} may not stand here ({why}), so every request below this folder fails (500)", span, "", related)
    if taken.why == "unknown":
        return Problem("refused", f"no loaded module knows {name}, so every request below this folder fails (500)", span)
    at = node.args_span if node is not None else span
    return explained(Problem("refused", f"{readable(taken.why)}, so every request below this folder fails (500)", at))


def _bearing(section: Section) -> Iterator[Node]:
    for node in section.children:
        if isinstance(node, Section):
            yield from _bearing(node)
        elif isinstance(node, Directive) and (node.lower in _BEARING or node.lower.startswith("ssl")):
            yield node
