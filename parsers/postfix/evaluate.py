"""A directory of Postfix as endpoints: every listener of smtpd and postscreen, every outgoing transport of smtp and lmtp.

main.cf is the root; master.cf beside it says what runs. Where one of the two was not seen, what the other says counts and what it
leaves open is unknown.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from tlslint.crypto import libraries
from tlslint.files import Files
from tlslint.files.door import FileProblem
from tlslint.model import Endpoint, Instance, Known, KnownBy, Origin, Problem, Role, Software, SourceFile, Span, TlsMode, Unknown, Value
from tlslint.model.numbers import whole
from tlslint.model.struct import Struct
from tlslint.model.values import NOT_SET, How
from tlslint.model.versions import TlsVersion
from tlslint.parsers.carried import readable
from tlslint.parsers.postfix import client as clients
from tlslint.parsers.postfix import server as servers
from tlslint.parsers.postfix.client import Client, Table
from tlslint.parsers.postfix.defaults import Release, every_program
from tlslint.parsers.postfix.effective import Parameters, fault
from tlslint.parsers.postfix.server import Server
from tlslint.parsers.postfix.services import ALWAYS_KNOWN, SERVICES_FILE, Service, Services, known_ports, services
from tlslint.parsers.postfix.syntax import Entry, MainCf, Setting, main_cf, master_cf
from tlslint.targets import Target

NO_MAIN = "main.cf was not read"
NO_MASTER = "master.cf was not read"


class Listener(Struct):
    """A service that takes connections, and what it does."""

    service: Service
    parameters: Parameters
    server: Server
    endpoint: Endpoint


class Transport(Struct):
    """An outgoing transport, in general (`policy` None) or for one destination."""

    service: Service
    parameters: Parameters
    client: Client
    endpoint: Endpoint
    policy: clients.Policy | None = None


class Evaluated(Struct):
    """Everything found out about one directory; `slips` reads it."""

    directory: str
    release: Release
    main: MainCf | None
    settings: Mapping[str, Setting]
    entries: tuple[Entry, ...]
    services: Services
    listeners: tuple[Listener, ...]
    transports: tuple[Transport, ...]
    tables: Mapping[str, Table]
    globals: Parameters
    complete: bool
    files: tuple[SourceFile, ...]
    build: str | None = None
    """The build of OpenSSL; None: not known."""

    @property
    def items(self) -> "list[Listener | Transport]":
        """Listeners and transports alike."""
        return [*self.listeners, *self.transports]


def instances(root: str, files: Files, target: Target, *, complete: bool) -> Sequence[Instance]:
    """The Postfix below the directory of `root`, a main.cf or, as a fragment, a master.cf. Never raises for any content."""
    from tlslint.parsers.postfix import slips  # noqa: PLC0415 (it looks back at what stands here)

    evaluated, problems = evaluate(root, files, target, complete=complete)
    software = _software(target, evaluated.release)
    library = target.libraries["postfix"]
    starts = _starts(evaluated)
    found = (*problems, *slips.problems(evaluated))
    return (
        Instance(
            "postfix",
            evaluated.files[0] if evaluated.files else SourceFile(root, b""),
            software,
            library,
            evaluated.complete,
            starts,
            tuple(item.endpoint for item in evaluated.items),
            tuple(sorted(found, key=lambda problem: (problem.span.file.path, problem.span.start, problem.rule, problem.message))),
            evaluated.files,
        ),
    )


def _software(target: Target, release: Release) -> Software:
    return target.software["postfix"]._replace(version=release.version)


def evaluate(root: str, files: Files, target: Target, *, complete: bool) -> tuple[Evaluated, tuple[Problem, ...]]:
    """Read and evaluate; the problems are those of reading alone."""
    directory, _, name = root.rpartition("/")
    problems: list[Problem] = []
    sources: list[SourceFile] = []
    main = entries = None
    if name in ("main.cf", "master.cf"):
        main_file = _read(f"{directory}/main.cf", files, sources, problems)
        if main_file is not None:
            main = main_cf(main_file)
            problems += main.problems
        master_file = _read(f"{directory}/master.cf", files, sources, problems)
        if master_file is not None:
            entries, found = master_cf(master_file)
            problems += found
    else:
        # Postfix reads no such file: it is judged for what it would say, not for what stands beside it
        main, entries = _by_content(root, files, sources, problems)
    settings = {setting.name: setting for setting in main.settings} if main else {}
    release = _release(target, settings)
    build = libraries.build_of(target.libraries["postfix"])
    pseudo = {"config_directory": directory or "/etc/postfix", "mail_version": release.version, "stress": ""}
    unseen = NO_MAIN if main is None else ""
    common = Parameters(release, settings, {}, "", pseudo=pseudo, main_unseen=unseen)
    services_file = _optional("/etc/services", files)
    ports = known_ports(release, common.text("known_tcp_ports") or None, services_file)
    disabled = common.text("master_service_disable") if release >= (2, 6) else ""
    known = services_file is not None
    running = services(entries or (), disabled, ports, all_ports_known=known) if entries is not None else Services((), (), None)
    problems += running.problems
    listeners: list[Listener] = []
    transports: list[Transport] = []
    tables: dict[str, Table] = {}
    if main is not None and main.fatal is None and entries is None:
        listeners, transports = _main_alone(main, release, settings, pseudo, build, files)
    elif main is None or main.fatal is None:
        context = _Context(release, settings, pseudo, unseen, build, files, running, common)
        listeners = list(context.listeners())
        transports = list(context.transports())
        tables = context.tables
    sources += [table.file for table in tables.values() if table.file is not None and table.file not in sources]
    whole = complete and main is not None and entries is not None
    evaluated = Evaluated(
        directory,
        release,
        main,
        settings,
        entries or (),
        running,
        tuple(listeners),
        tuple(transports),
        tables,
        common,
        whole,
        tuple(sources),
        build,
    )
    return evaluated, tuple(problems)


def _read(path: str, files: Files, sources: list[SourceFile], problems: list[Problem]) -> SourceFile | None:
    try:
        source = files.read(path)
    except FileProblem as problem:
        if problem.kind == "unreadable":
            source = SourceFile(path.lstrip("/"), b"")
            problems.append(Problem("unreadable", f"{path.rpartition('/')[2]} cannot be read: it {problem.reason}", Span(source, 0, 0)))
        return None
    sources.append(source)
    return source


def _by_content(
    root: str, files: Files, sources: list[SourceFile], problems: list[Problem]
) -> tuple[MainCf | None, tuple[Entry, ...] | None]:
    """A file of another name, given on the command line: service entries make it a master.cf, anything else a main.cf."""
    source = _read(root, files, sources, problems)
    if source is None:
        return None, None
    if re.search(rb"^\S+[ \t]+(?:inet|unix|pass|fifo)[ \t]", source.data, re.MULTILINE):
        entries, found = master_cf(source)
        problems += found
        return None, entries
    main = main_cf(source)
    problems += main.problems
    return main, None


def _optional(path: str, files: Files) -> bytes | None:
    try:
        return files.read(path).data
    except FileProblem:
        return None


def _release(target: Target, settings: Mapping[str, Setting]) -> Release:
    """The release given or detected; an assumed one is raised to what compatibility_level shows the file was written for."""
    software = target.software["postfix"]
    release = Release(software.version or "")
    if software.how is KnownBy.ASSUMED and "compatibility_level" in settings:
        match = re.fullmatch(r"(\d{1,9})\.(\d{1,9})", settings["compatibility_level"].value)
        if match and int(match.group(1)) == 3 and (3, int(match.group(2))) > release.branch and int(match.group(2)) <= 12:
            return Release(match.group())
    return release


def _starts(evaluated: Evaluated) -> Value[bool]:
    """Would `postfix start` succeed? It runs postconf over both files, and master reads master.cf."""
    main = evaluated.main
    if main is not None and main.fatal is not None:
        return Known(False, (Origin(How.WRITTEN, main.fatal.span),))
    if main is not None and main.is_template:
        return Unknown("main.cf holds text of a template language")
    if evaluated.services.fatal is not None:
        return Known(False, (Origin(How.WRITTEN, evaluated.services.fatal.span),))
    for value in unexpandable(evaluated):
        return Known(False, (Origin(How.WRITTEN, value.span),))
    for name in sorted(evaluated.settings.keys() & every_program()):
        resolved = evaluated.globals.get(name)
        if evaluated.release.knows(name) and fault(resolved, evaluated.release):
            return Known(False, resolved.origins)
    if main is None:
        return Unknown(NO_MAIN)
    if not evaluated.complete and not evaluated.entries:
        return Unknown(NO_MASTER)
    return Known(True)


def unexpandable(evaluated: Evaluated) -> Iterator[Setting]:
    """Real parameters whose text no Postfix program can expand: `postfix start` refuses (seen on 3.7.11)."""
    for name, setting in evaluated.settings.items():
        if "$" in setting.value and evaluated.release.knows(name) and evaluated.globals.get(name).error:
            yield setting
    for service in evaluated.services.running:
        for setting in service.overrides:
            if "$" in setting.value and evaluated.release.knows(setting.name):
                own = Parameters(evaluated.release, evaluated.settings, {setting.name: setting}, "", pseudo=evaluated.globals.pseudo)
                if own.get(setting.name).error:
                    yield setting


class _Context:
    """What all services of one directory share."""

    def __init__(
        self,
        release: Release,
        settings: Mapping[str, Setting],
        pseudo: Mapping[str, str],
        unseen: str,
        build: str | None,
        files: Files,
        running: Services,
        common: Parameters,
    ) -> None:
        self.release = release
        self.settings = settings
        self.pseudo = pseudo
        self.unseen = unseen
        self.build = build
        self.files = files
        self.running = running
        self.common = common
        self.tables: dict[str, Table] = {}

    def parameters(self, service: Service) -> Parameters:
        overrides = {setting.name: setting for setting in service.overrides}
        pseudo = {**self.pseudo, "service_name": service.name, "process_name": service.daemon}
        return Parameters(self.release, self.settings, overrides, service.daemon, pseudo=pseudo, main_unseen=self.unseen)

    def reached(self, service: Service, parameters: Parameters, policies: tuple[clients.Policy, ...]) -> tuple[clients.Policy, ...]:
        """Policies that a transport can meet: one that a filter's setting sends to a single next hop meets no other."""
        general = {parameters.text(name).partition(":")[0] for name in ("default_transport", "relay_transport")} | {"smtp", "relay"}
        hop = "" if service.name in general else _fixed_hop(service, parameters)
        if not hop:
            return policies
        met = clients.policy_for(hop, policies)
        return (met,) if met is not None else ()

    def jail(self, service: Service, parameters: Parameters) -> str:
        """Where the daemon locks itself in: the queue directory, or nowhere. `-` means y before 3.0 and at compatibility level 0."""
        is_old = not self.release >= (3, 0) or parameters.text("compatibility_level") in ("", "0")
        if service.chroot == "y" or (service.chroot == "-" and is_old):
            return parameters.get("queue_directory").text or "/var/spool/postfix"
        return ""

    def listeners(self) -> Iterator[Listener]:
        proxy = next((service for service in self.running.running if service.daemon == "tlsproxy"), None)
        guarded = next((service for service in self.running.running if service.daemon == "postscreen" and service.type == "inet"), None)
        for service in self.running.running:
            takes_connections = service.daemon == "smtpd" and service.type in ("inet", "pass") and (service.type == "inet" or guarded)
            if not takes_connections and not (service.daemon == "postscreen" and service.type == "inet"):
                continue
            parameters = self.parameters(service)
            if service.fatal is not None:
                text = service.fatal.message
                origins = (Origin(How.WRITTEN, service.fatal.span),)
                server = Server(Unknown(text, origins), servers.Failure("no banner", text, origins), cleartext_login=Known(False, origins))
            elif service.daemon == "postscreen":
                behind = self.parameters(proxy) if proxy is not None and proxy.fatal is None else None
                server = servers.postscreen(parameters, behind, self.build, self.files)
            else:
                server = servers.smtpd(parameters, self.build, self.files)
            shown = service
            if service.type == "pass" and guarded is not None:
                shown = service._replace(title=f"{guarded.title}, passed on by postscreen", port=guarded.port, host=guarded.host)
            yield Listener(service, parameters, server, _listener(shown, parameters, server))

    def transports(self) -> Iterator[Transport]:
        for service in self.running.running:
            if service.daemon not in ("smtp", "lmtp") or service.type != "unix":
                continue
            parameters = self.parameters(service)
            if service.daemon == "lmtp" and not _is_used(service, parameters, self.settings):
                continue
            if service.fatal is not None:
                text = f"{service.fatal.message}; {clients.DEFERRED}"
                origins = (Origin(How.WRITTEN, service.fatal.span),)
                client = Client(Unknown(text, origins), failure=text, failure_origins=origins)
                yield Transport(service, parameters, client, _outgoing(service, parameters, client, service.title))
                continue
            yield from self._transport(service, parameters)

    def _transport(self, service: Service, parameters: Parameters) -> Iterator[Transport]:
        daemon = service.daemon
        jail = self.jail(service, parameters)
        proxy = any(other.daemon == "tlsproxy" for other in self.running.running)
        general = clients.transport(parameters, daemon, self.build, self.files, jail=jail, has_proxy=proxy)
        table = clients.policy_table(parameters, daemon, self.files)
        key = parameters.text(f"{daemon}_tls_policy_maps")
        self.tables.setdefault(key, table)
        if table.missing:
            origins = parameters.get(f"{daemon}_tls_policy_maps").origins
            text = f"{daemon}_tls_policy_maps: {table.missing}; {clients.DEFERRED}"
            general = general._replace(mode=Unknown(text, origins), failure=text, failure_origins=origins, rule="refused")
        title = f"{service.title} (outgoing)"
        yield Transport(service, parameters, general, _outgoing(service, parameters, general, title))
        base = clients.base_level(parameters, daemon)
        if isinstance(base, clients.Destination) and base.level == "dane" and clients.dane_trouble(parameters, daemon) is None:
            found = clients.transport(parameters, daemon, self.build, self.files, dane_found=True, has_proxy=proxy)
            yield Transport(service, parameters, found, _outgoing(service, parameters, found, f"{title}, destinations with DANE"))
        for policy in self.reached(service, parameters, table.policies):
            is_dane = policy.level in ("dane", "dane-only")
            own = clients.transport(parameters, daemon, self.build, self.files, policy, dane_found=is_dane, jail=jail, has_proxy=proxy)
            name = f"{title} to {readable(policy.key)}"
            yield Transport(service, parameters, own, _outgoing(service, parameters, own, name, policy), policy)


def _is_used(service: Service, parameters: Parameters, settings: Mapping[str, Setting]) -> bool:
    """Does anything send mail over TCP through this lmtp transport? Unix sockets need no TLS, and an unused transport is nobody's fault."""
    if any(setting.name.startswith("lmtp_") and "tls" in setting.name for setting in service.overrides):
        return True
    if any(name.startswith("lmtp_") and ("tls" in name or "sasl" in name) for name in settings):
        return True
    word = re.compile(rf"(?:^|[\s,:={{]){re.escape(service.name)}:(?!unix:|/)")
    return any(
        word.search(parameters.common_text(setting))
        for name, setting in settings.items()
        if name.endswith(("_transport", "_maps", "_filter"))
    )


def _listener(service: Service, parameters: Parameters, server: Server) -> Endpoint:
    anchor = service.anchor
    port: Value[int | None] = Known(service.port, (Origin(How.WRITTEN, service.entry.fields[0].span),))
    if service.port is None:
        port = Unknown(f"the port name in {readable(service.name)!r} is looked up in /etc/services", port.origins)
    mode, failure = server.mode, server.failure
    address = _address(service, parameters)
    is_tls = not (mode.is_known and mode.value is TlsMode.NONE)  # type: ignore[union-attr]
    works: Value[bool | None] = NOT_SET
    if failure is not None:
        works = Known(False, failure.origins)
    elif is_tls:
        works = _works(mode, server.versions, (servers.KEY_FITS,) if server.certificates else ())
    return Endpoint(
        service.title,
        Role.SERVER,
        "smtp",
        anchor,
        address,
        port,
        _names(parameters),
        tls=mode,
        tls_works=works,
        tls_failure=failure.text if failure else "",
        versions=server.versions,
        cipher_suites=server.suites,
        cipher_string=server.string,
        groups=server.groups,
        server_order=server.server_order,
        security_level=server.security_level,
        compression=Known(False) if is_tls else NOT_SET,
        insecure_renegotiation=Known(False) if is_tls else NOT_SET,
        session_tickets=server.session_tickets,
        certificates=server.certificates,
        client_certificate=server.client_certificate,
        dh_bits=server.dh_bits,
        cleartext_login=server.cleartext_login,
        is_opportunistic_mx=mode.holds(TlsMode.STARTTLS) and (service.port == 25 or _is_loopback(address)),
    )


def _works(mode: Value[TlsMode], versions: Value[frozenset[TlsVersion]], assumed: tuple[Origin, ...] = ()) -> Value[bool | None]:
    """Where nothing keeps TLS from working, as far as all of it is known or `assumed`."""
    unknown = next((value for value in (mode, versions) if isinstance(value, Unknown)), None)
    return Known(True, (*mode.origins, *assumed)) if unknown is None else Unknown(unknown.reason, unknown.origins)


def _names(parameters: Parameters) -> Value[tuple[str, ...] | None]:
    """myhostname where it is written; else the host's own name counts, which no file says."""
    name = parameters.get("myhostname")
    return Known((readable(name.text),), name.origins) if name.setting is not None and name.text and not name.unknown else NOT_SET


def _address(service: Service, parameters: Parameters) -> Value[str | None]:
    """The host of the entry, else inet_interfaces; None: every address."""
    if service.host:
        return Known(readable(service.host), (Origin(How.WRITTEN, service.entry.fields[0].span),))
    value = parameters.get("inet_interfaces")
    if value.unknown or value.error:
        return Unknown(value.unknown or value.error, value.origins)
    words = [word for word in re.split(r"[, \t\r\n]+", value.text.lower()) if word]
    if not words or "all" in words:
        return Known(None, value.origins)
    loopback = ("loopback-only", "localhost", "127.0.0.1", "::1", "[::1]")
    # where there are several, the one that strangers reach
    return Known(next((word.strip("[]") for word in words if word not in loopback), "127.0.0.1"), value.origins)


def _is_loopback(address: Value[str | None]) -> bool:
    return isinstance(address, Known) and (address.value or "").startswith(("127.", "localhost", "::1"))


def _outgoing(service: Service, parameters: Parameters, client: Client, title: str, policy: clients.Policy | None = None) -> Endpoint:
    address, port = _next_hop(service, parameters) if policy is None else (NOT_SET, NOT_SET)
    if policy is not None:
        address = Known(readable(policy.key), (Origin(How.WRITTEN, policy.span),))
    is_tls = not (isinstance(client.mode, Known) and client.mode.value is TlsMode.NONE)
    works: Value[bool | None] = NOT_SET
    if client.failure:
        works = Known(False, client.failure_origins)
    elif is_tls:
        works = _works(client.mode, client.versions)
    empty = bool(client.failure)
    return Endpoint(
        title,
        Role.CLIENT,
        "lmtp" if service.daemon == "lmtp" else "smtp",
        policy.span if policy is not None else service.anchor,
        address,
        port,
        tls=client.mode,
        tls_works=works,
        tls_failure=client.failure,
        versions=Known(frozenset(), client.failure_origins if client.rule == "no-version-left" else ()) if empty else client.versions,
        cipher_suites=Known(()) if empty else client.suites,
        security_level=client.security_level,
        cleartext_login=client.password_in_clear,
        peer_verification=client.verification if is_tls else NOT_SET,
        # DANE insists where a domain publishes records; who that is nobody chose (RFC 7672 section 1.3)
        is_opportunistic_mx=isinstance(client.mode, Known) and (client.mode.value is TlsMode.STARTTLS or client.level == "dane"),
    )


_RELAY = r"(?:\[([^\]]+)\]|([^:\[\]]+))(?::([\w-]+))?\Z"


def _next_hop(service: Service, parameters: Parameters) -> tuple[Value[str | None], Value[int | None]]:
    """Where everything goes: relayhost, or the one next hop that content_filter and its like name for this transport."""
    if service.name != "smtp":
        for name in _FIXED:
            value = parameters.get(name)
            transport, _, nexthop = value.text.partition(":")
            match = re.match(_RELAY, nexthop) if transport == service.name else None
            if value.unknown:
                return Unknown(value.unknown, value.origins), Unknown(value.unknown, value.origins)
            if match:
                return _hop(match, value.origins)
        return NOT_SET, NOT_SET
    relay = parameters.get("relayhost")
    if relay.unknown or relay.error:
        return Unknown(relay.unknown or relay.error, relay.origins), Unknown(relay.unknown or relay.error, relay.origins)
    match = re.match(_RELAY, relay.text)
    return _hop(match, relay.origins) if match else (NOT_SET, NOT_SET)


_FIXED = ("content_filter", "default_transport", "relay_transport", "virtual_transport", "mailbox_transport")


def _fixed_hop(service: Service, parameters: Parameters) -> str:
    """The next hop that content_filter or its like names for a transport; "" where none does."""
    for name in _FIXED:
        transport, _, nexthop = parameters.text(name).partition(":")
        if transport == service.name and nexthop:
            return nexthop
    return ""


def _hop(match: re.Match[str], origins: tuple[Origin, ...]) -> tuple[Value[str | None], Value[int | None]]:
    host, port = match.group(1) or match.group(2), match.group(3) or "smtp"
    number = whole(port) if port.isdigit() else {**SERVICES_FILE, **ALWAYS_KNOWN}.get(port)
    if number is None:
        return Known(readable(host), origins), Unknown(f"the port name {readable(port)!r} is looked up in /etc/services", origins)
    return Known(readable(host), origins), Known(number, origins)


def _main_alone(
    main: MainCf, release: Release, settings: Mapping[str, Setting], pseudo: Mapping[str, str], build: str | None, files: Files
) -> tuple[list[Listener], list[Transport]]:
    """A main.cf whose master.cf was not seen: what it says of listeners and of outgoing mail, and nothing else."""
    start = main.settings[0].span if main.settings else Span(main.file, 0, 0)
    listeners, transports = [], []
    if any(name.startswith(("smtpd_tls_", "smtpd_sasl_auth", "smtpd_use_tls", "smtpd_enforce_tls")) for name in settings):
        parameters = Parameters(release, settings, {}, "smtpd", pseudo={**pseudo, "service_name": "smtp"}, omitted_unknown=NO_MASTER)
        service = _imagined(main, "smtpd", start)
        server = servers.smtpd(parameters, build, files)
        endpoint = _listener(service._replace(port=None), parameters, server)
        listeners.append(
            Listener(
                service,
                parameters,
                server,
                endpoint._replace(
                    name="smtpd",
                    anchor=start,
                    port=Unknown(NO_MASTER),
                    address=Unknown(NO_MASTER),
                    is_opportunistic_mx=endpoint.tls.holds(TlsMode.STARTTLS),  # port 25 is among what main.cf alone decides
                ),
            )
        )
    if any(name.startswith(("smtp_tls_", "smtp_use_tls", "smtp_enforce_tls", "smtp_sasl_")) for name in settings):
        parameters = Parameters(release, settings, {}, "smtp", pseudo={**pseudo, "service_name": "smtp"}, omitted_unknown=NO_MASTER)
        service = _imagined(main, "smtp", start)
        client = clients.transport(parameters, "smtp", build, files)
        transports.append(
            Transport(service, parameters, client, _outgoing(service, parameters, client, "smtp (outgoing)")._replace(anchor=start))
        )
    return listeners, transports


def _imagined(main: MainCf, daemon: str, span: Span) -> Service:
    from tlslint.parsers.postfix.syntax import Line, Word  # noqa: PLC0415

    fields = tuple(Word(text, span) for text in ("smtp", "inet", "n", "-", "-", "-", "-", daemon))
    entry = Entry(Line(main.file, "", ((0, span.start),), ()), fields, ())
    return Service(entry, ("", ""), "smtp", "inet", "", None, daemon, (), None, daemon)
