"""A Dovecot configuration as endpoints:

every IMAP, POP3, submission, ManageSieve and LMTP port, for each kind of client that is treated differently.
"""

from collections.abc import Iterable, Iterator, Sequence

from tlslint.files import FileProblem, Files
from tlslint.model import Endpoint, How, Instance, Known, KnownBy, Origin, Problem, Software, SourceFile, Span, Unknown, Value
from tlslint.parsers.dovecot import generation, layout, settings
from tlslint.parsers.dovecot.filters import Connection
from tlslint.parsers.dovecot.listeners import Listener, listeners
from tlslint.parsers.dovecot.outgoing import clients
from tlslint.parsers.dovecot.reading import read
from tlslint.parsers.dovecot.tls import Judge
from tlslint.parsers.dovecot.tree import Tree
from tlslint.targets import Target
from tlslint.targets.target import load


def instances(root: str, files: Files, target: Target, *, complete: bool) -> Sequence[Instance]:
    """The Dovecot that `root` (a dovecot.conf, or as a fragment a part of one) configures. Never raises for any content.

    The numbered files of one conf.d are one fragment, whichever of them is named.
    """
    together = [root] if complete else layout.beside(root, files)
    try:
        first = files.read(together[0])
    except FileProblem as problem:
        empty = SourceFile(root, b"")
        unread = Problem(problem.kind if problem.kind == "outside-root" else "unreadable", f"{root} {problem.reason}", Span(empty, 0, 0))
        software, library = target.software["dovecot"], target.libraries["dovecot"]
        return (Instance("dovecot", empty, software, library, complete, Unknown("it could not be read"), (), (unread,), ()),)
    software, used = choose([first, *_readable(together[1:], files)], target, is_root=complete)
    library = used.libraries["dovecot"] if used is not None else Software("openssl", None, KnownBy.ASSUMED)
    is_debian = (used or target).is_debian and software.how is not KnownBy.ASSUMED  # its default is to serve nothing
    release = settings.release(software.version or "2.3.19.1", is_debian=is_debian)
    is_sure = software.how is not KnownBy.ASSUMED
    tree = read(together[0], files, release, fragment=not complete, is_sure=is_sure, after=together[1:])
    if not complete and _is_another_grammar(tree):
        return ()
    judge = Judge(tree, files, used or target, library)
    from tlslint.parsers.dovecot import slips  # noqa: PLC0415 (it looks back at what stands here)

    slips.look(judge)
    starts: Value[bool] = Known(True)
    endpoints: tuple[Endpoint, ...] = ()
    if tree.fatal is not None:
        starts = Known(False, (Origin(How.WRITTEN, tree.fatal.span),))
    else:
        endpoints = (*_endpoints(judge), *clients(judge))
        tree.problems.extend((*slips.failed(judge), *slips.held_back(judge)))
        if tree.unseen:
            starts = Unknown(f"{tree.unseen[0][0]} was not seen", (Origin(How.WRITTEN, tree.unseen[0][1]),))
    problems = sorted(set(tree.problems), key=lambda problem: (problem.span.file.path, problem.span.start, problem.rule, problem.message))
    return (Instance("dovecot", first, software, library, complete, starts, endpoints, tuple(problems), tuple(tree.files)),)


_FEW = 2


def _is_another_grammar(tree: Tree) -> bool:
    """Text of which Dovecot knows not one name: what a passdb or a dictionary is told by `args`, with settings of its own, under any name
    (https://doc.dovecot.org/2.3/configuration_manual/authentication/dict/)."""
    unknown = [problem for problem in tree.problems if problem.rule == "unknown-setting"]
    is_bare = len(tree.filters) == 1 and not tree.root.settings
    return is_bare and len(unknown) >= _FEW and not any(problem.remedy for problem in unknown)


def _readable(paths: Iterable[str], files: Files) -> Iterator[SourceFile]:
    for path in paths:
        try:
            yield files.read(path)
        except FileProblem:
            continue


def choose(texts: Sequence[SourceFile], target: Target, *, is_root: bool) -> tuple[Software, Target | None]:
    """The software judged for, and the target it belongs to. A target that was only assumed gives way to what the text itself says."""
    software = target.software["dovecot"]
    if software.how is not KnownBy.ASSUMED:
        return software, target
    inferred = generation.of(texts, is_root=is_root)
    if inferred is None or (software.version or "").startswith(inferred[:3]):
        return software, target
    if inferred.startswith("2.3"):
        used = load("debian-12")
        return used.software["dovecot"]._replace(how=KnownBy.ASSUMED), used._replace(how=KnownBy.ASSUMED)
    return Software("dovecot", inferred, KnownBy.ASSUMED), None


def _endpoints(judge: Judge) -> Iterator[Endpoint]:
    for listener in listeners(judge.tree):
        for address in listener.addresses:
            base = _connection(listener, address)
            general = _judged(judge, listener, base, address)
            yield general
            seen = {_essence(general)}
            for connection, shown, names, suffix in _special(judge.tree, base, address):
                endpoint = _judged(judge, listener, connection, shown)
                if _essence(endpoint) in seen and not names and not _decides(judge.tree, connection, base):
                    continue
                yield endpoint._replace(name=endpoint.name + suffix, server_names=Known(names) if names else endpoint.server_names)


def _connection(listener: Listener, address: str) -> Connection:
    local = None
    if address != "*":
        from ipaddress import ip_network  # noqa: PLC0415

        try:
            local = ip_network(address)
        except ValueError:
            local = None
    return Connection(listener.protocol, listener.service, local)


def _special(tree: Tree, base: Connection, address: str) -> Iterator[tuple[Connection, str, tuple[str, ...], str]]:
    """Connections that filters single out: with the address to show, the names, and what to say after the endpoint's name.

    A filter by protocol is the innermost one, so that those around it single out as much.
    """
    done: set[Connection] = set()
    for each in tree.filters:
        if not each.is_conditional:
            continue
        local, remote, name = base.local, base.remote, None
        for part in each.chain():
            local = part.local if part.local is not None and (local is base.local) else local
            remote = part.remote if part.remote is not None and remote is base.remote else remote
            name = part.local_name if part.local_name is not None and name is None else name
        first = None if name is None else name.split(" ")[0]
        connection = base._replace(local=local, remote=remote, name=first)
        if connection in done or (base.local is not None and local is not base.local and not _overlap(local, base.local)):
            continue
        done.add(connection)
        shown = address
        if local is not base.local:
            bits = getattr(local, "max_prefixlen", None)
            shown = (
                str(getattr(local, "network_address", local)) if bits is not None and bits == getattr(local, "prefixlen", 0) else str(local)
            )
        names = tuple(name.split(" ")) if name else ()
        suffix = (f" {names[0]}" if names else "") + (f" from {remote}" if remote is not base.remote else "")
        yield connection, shown, names, suffix


def _decides(tree: Tree, connection: Connection, base: Connection) -> bool:
    """Does a filter for this kind of client set anything of TLS or logins, be it the value that counts elsewhere too?"""
    mine = (each for each in tree.filters if each.is_conditional and each.matches(connection) and not each.matches(base))
    return any(
        key.startswith(("ssl", "disable_plaintext", "auth_allow_cleartext", "login_trusted")) for each in mine for key in each.settings
    )


def _overlap(inner: object, outer: object) -> bool:
    try:
        return bool(inner.overlaps(outer))  # type: ignore[attr-defined]
    except (AttributeError, TypeError):
        return False


def _judged(judge: Judge, listener: Listener, connection: Connection, address: str) -> Endpoint:
    endpoint = judge.endpoint(listener, connection, address)
    clash = _clash(judge.tree, connection)
    if clash is None:
        return endpoint
    key, span = clash
    judge.tree.problems.append(
        Problem(
            "refused",
            f"two filters that are not nested both set {key}: the login process dies of the conflict, and every connection with it",
            span,
            "one of the two",
            endpoints=(endpoint.name,),
        )
    )
    return endpoint._replace(
        tls_works=Known(False),
        tls_failure=f"the login process dies: conflict in {key}",
        versions=Known(frozenset()),
        cipher_suites=Known(()),
        cleartext_login=Known(False),
    )


_LOGIN = ("ssl", "login_", "disable_plaintext_auth", "auth_ssl", "auth_verbose", "auth_debug", "verbose_ssl", "imap_id", "imap_capability")


def _clash(tree: Tree, connection: Connection) -> tuple[str, Span] | None:
    """2.3: what the login process would find in conflict when it asks for its settings (a name from SNI comes later)."""
    if tree.release.is_24:
        return None
    keys: Iterable[str] = dict.fromkeys(
        key for each in tree.filters for key in each.settings if key.startswith(_LOGIN) and key != "ssl_protocols"
    )
    for key in keys:
        found = tree.find(key, connection)
        if found.conflict is not None:
            return key, found.conflict.statement.span
    return None


def _essence(endpoint: Endpoint) -> tuple[object, ...]:
    """What makes two endpoints differ for their clients."""
    return (
        endpoint.tls,
        endpoint.tls_works,
        endpoint.versions,
        endpoint.cipher_suites,
        endpoint.groups,
        endpoint.server_order,
        endpoint.certificates,
        endpoint.client_certificate,
        endpoint.cleartext_login,
    )
