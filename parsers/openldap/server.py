"""slapd: from a root file to one configured server."""

import re
from collections.abc import Sequence

from tlslint.files import FileProblem, Files
from tlslint.model import Confidence, Endpoint, How, Instance, Known, KnownBy, Origin, Problem, SourceFile, Span, Unknown, Value
from tlslint.model.remedy import Advice
from tlslint.parsers.carried import readable
from tlslint.parsers.openldap import cnconfig, guess, ldif, listeners, modules, moznss, slapdconf
from tlslint.parsers.openldap.configuration import Configuration
from tlslint.parsers.openldap.directives import number
from tlslint.parsers.openldap.listeners import Start
from tlslint.parsers.openldap.slapdconf import Build
from tlslint.parsers.openldap.tls import Judge
from tlslint.targets import Target

NO_PIDFILE = "Debian's start script wants a pidfile"
"""/etc/init.d/slapd up to Debian 12: it looks for the word in the file itself."""


def instances(root: str, files: Files, target: Target, *, complete: bool) -> Sequence[Instance]:
    """The slapd that `root` (slapd.conf, cn=config.ldif, any LDIF of cn=config, /etc/default/slapd) configures.

    None for LDIF that says nothing of cn=config, for a change that is told with what it changes, and for /etc/default/slapd where the file
    it names is a root of its own. Never raises for any content.
    """
    slapd = _Slapd(files, target)
    try:
        if target.how is KnownBy.ASSUMED:
            slapd = _Slapd(files, guess.fitting(target, _text(root, files)))
        if root.endswith("/default/slapd"):
            return slapd.from_script(root)
        if root.endswith(".ldif"):
            return slapd.from_ldif(root, complete=complete)
        return slapd.from_conf(root, complete=complete)
    except FileProblem as problem:
        empty = SourceFile(root, b"")
        rule = problem.kind if problem.kind == "outside-root" else "unreadable"
        unread = Problem(rule, f"{root} {problem.reason}", Span(empty, 0, 0))
        why: Value[bool] = Unknown("it could not be read")
        return (Instance("slapd", empty, slapd.software, slapd.library, complete, why, (), (unread,), ()),)


class _Slapd:
    def __init__(self, files: Files, target: Target) -> None:
        self.files = files
        self.target = target
        self.software = target.software["slapd"]
        self.library = target.libraries["slapd"]
        self.version = self.software.version or ("2.4" if self.library.name == moznss.NAME else "2.6")
        self.is_debian = target.is_debian
        self.is_systemd = self.is_debian and number(self.version) >= (2, 6)

    def build(self, text: bytes) -> Build:
        """What this slapd is; where the target is only assumed and the text loads modules from elsewhere, which are there is not known."""
        known: frozenset[str] | None = None
        if self.is_debian:
            paths = re.findall(rb"(?im)^(?:modulepath[ \t]+|olcModulePath:[ \t]*)\"?([^\s\"]+)", text)
            ours = all(b"/usr/lib/ldap" in path.split(b":") for path in paths)
            if self.target.how is not KnownBy.ASSUMED or (paths and ours):
                known = modules.of_debian(self.version) if ours else frozenset()
        return Build(self.version, self.library.name, known)

    # ---- the three ways in

    def from_script(self, root: str) -> Sequence[Instance]:
        """/etc/default/slapd: only where it names a configuration that no other root is."""
        host = root.removesuffix("/etc/default/slapd")
        start = self.start(host)
        path = start.configuration
        if not path or not path.startswith("/"):
            return ()
        kind = self.files.kind(host + path)
        if kind == "directory":
            path, kind = f"{path}/cn=config.ldif", self.files.kind(f"{host}{path}/cn=config.ldif")
            if kind == "file":
                return ()
        if kind == "file":
            return () if path.endswith(("/slapd.conf", ".ldif")) else self.from_conf(host + path, complete=True)
        if kind != "missing" or cnconfig.has_whole(host + start.configuration.rstrip("/").rpartition("/")[0], self.files):
            return ()
        source = self.files.read(root)
        said = listeners.variables(source, expands=not self.is_systemd).get("SLAPD_CONF")
        span = said.span if said is not None else Span(source, 0, 0)
        message = f"{start.configuration} does not exist, so slapd does not start"
        problem = Problem("include-missing", message, span, "no such file")
        starts: Value[bool] = Known(False, (Origin(How.WRITTEN, span, message),))
        return (Instance("slapd", source, self.software, self.library, True, starts, (), (problem,), (source,)),)

    def from_conf(self, root: str, *, complete: bool) -> Sequence[Instance]:
        """slapd.conf."""
        source = self.files.read(root)
        host = _host(root)
        start = self.start(host)
        unread = self.unread(root, host, start)
        if unread:
            problem = Problem("file-not-read", unread, Span(source, 0, 0))
            return (Instance("slapd", source, self.software, self.library, complete, Known(True), (), (problem,), (source,)),)
        folder = root.rpartition("/")[0] + "/slapd.d"
        is_empty = self.files.kind(folder) == "directory" and self.files.kind(f"{folder}/cn=config.ldif") == "missing"
        if is_empty and self.is_debian and not self.is_systemd and start.script is not None and not start.configuration:
            message = "Debian's start script takes the folder slapd.d beside it, which holds no configuration"
            start = start._replace(refused=(message, Span(source, 0, 0)))
        configuration = slapdconf.read(root, self.files, self.build(source.data), fragment=not complete)
        return (self.instance(configuration, start, complete=complete),)

    def from_ldif(self, root: str, *, complete: bool) -> Sequence[Instance]:
        """A slapd.d tree, a whole cn=config, or a change to one."""
        source = self.files.read(root)
        if root.rpartition("/")[2] == "cn=config.ldif" and complete and b"changetype" not in source.data[:4096].lower():
            host = _host(root)
            start = self.start(host)
            unread = self.unread(root.removesuffix("/cn=config.ldif"), host, start)
            if unread:
                problem = Problem("file-not-read", unread, Span(source, 0, 0))
                return (Instance("slapd", source, self.software, self.library, complete, Known(True), (), (problem,), (source,)),)
            store = cnconfig.tree(root, self.files)
            build = self.build(source.data + b"".join(file.data for file in store.files if "module" in file.path))
            return (self.instance(cnconfig.configuration(store, build, fragment=False), start, complete=complete),)
        if not cnconfig.is_about_config(source.data):
            return ()
        changes = cnconfig.changes(source)
        build = self.build(source.data)
        if cnconfig.has_base(root, self.files):
            return self.from_whole(root, source, build)
        return self.from_change(root, source, changes, build)

    def from_whole(self, root: str, source: SourceFile, build: Build) -> Sequence[Instance]:
        """One file with all of cn=config; changes that lie beside it are applied in the order of their names."""
        folder = root.rpartition("/")[0]
        if any(self.files.kind(f"{folder}/{name}") == "file" for name in ("slapd.conf", "slapd.d/cn=config.ldif")):
            return ()
        store = cnconfig.whole(source, self.version)
        start = self.start(_host(root))
        before = cnconfig.configuration(store.copy(), build, fragment=False)
        if before.fatal is not None or cnconfig.base_beside(root, self.files) is None:
            return (self.instance(before, start, complete=True),)
        return (self.instance(self.changed(root, store, before, build), start, complete=True),)

    def changed(self, root: str, store: cnconfig.Store, before: Configuration, build: Build) -> Configuration:
        """The running slapd after every change beside the file. ldapmodify stops at the first one that is refused."""
        folder = root.rpartition("/")[0]
        current = before
        for name in self.files.names(folder):
            path = f"{folder}/{name}"
            if path == root or not name.endswith(".ldif"):
                continue
            source = self.files.read(path)
            changes = cnconfig.changes(source)
            if changes and source not in store.files:
                store.files.append(source)
            for change in changes:
                trial = store.copy()
                if cnconfig.apply(trial, change):
                    break
                after = cnconfig.configuration(trial, build, fragment=False)
                if after.fatal is not None:
                    current = self.lost(store, build, after, change)
                    break
                refused = self.refused(after, change)
                if refused is not None:
                    current = cnconfig.configuration(store, build, fragment=False)
                    said = "slapd refuses the change"
                    if number(self.version) < (2, 6):  # 2.6 makes the old context again (config_modify_internal())
                        current.tls_lost = refused
                        said += " and has no TLS until it is started again"
                    current.problems.append(Problem("refused", f"{said}: {refused[0]}", refused[1]))
                    break
                store.entries, store.problems = trial.entries, trial.problems
                current = after
        current.files = list(store.files)
        return current

    def lost(self, store: cnconfig.Store, build: Build, after: Configuration, change: cnconfig.Change) -> Configuration:
        """A value slapd cannot parse: the change is refused and what was stays."""
        del change
        current = cnconfig.configuration(store, build, fragment=False)
        current.problems += [problem for problem in after.problems if problem not in current.problems]
        return current

    def refused(self, after: Configuration, change: cnconfig.Change) -> tuple[str, Span] | None:
        """Why slapd cannot make its TLS context anew after a change of it (config_tls_cleanup(): error 80 or 53)."""
        touched = [value for value in change.record.values if value.key.startswith("olctls") or value.text.lower().startswith("olctls")]
        if not touched:
            return None
        context = self.judge(after).context
        if context.refused is not None:
            return context.refused
        return ("no certificate is set", touched[0].span) if context.made.holds(False) else None

    def from_change(self, root: str, source: SourceFile, changes: list[cnconfig.Change], build: Build) -> Sequence[Instance]:
        """A change whose other half is not there: what it says counts, the rest is unknown."""
        if cnconfig.base_of(root, self.files) != root:
            return ()
        if not any(_matters(change) for change in changes):
            return ()
        store = cnconfig.Store(source)
        for change in changes:
            cnconfig.apply(store, change)
        configuration = cnconfig.configuration(store, build, fragment=True)
        configuration.problems += self.separated(changes)
        return (self.instance(configuration, self.start(_host(root)), complete=False),)

    def separated(self, changes: list[cnconfig.Change]) -> list[Problem]:
        """Certificate and key in records of their own: after the first one they do not belong together, which GnuTLS refuses (error 80)."""
        if self.library.name != "gnutls":
            return []
        pair = ("olctlscertificatefile", "olctlscertificatekeyfile")
        first: ldif.Value | None = None
        for change in changes:
            set_here = [value for value in change.record.values if value.key in pair]
            if change.kind == "modify" and len({value.key for value in set_here}) == 1:
                if first is not None and first.key != set_here[0].key:
                    message = "certificate and key in separate records: slapd refuses the first one (error 80), the two do not fit"
                    words = Advice("put both into one record, with a line of '-' between them")
                    return [Problem("refused", message, first.span, confidence=Confidence.MEDIUM, remedy=words)]
                first = set_here[0]
        return []

    # ---- put together

    def start(self, host: str) -> Start:
        """How slapd is started on this host."""
        return listeners.start(self.files, host, is_debian=self.is_debian, is_systemd=self.is_systemd)

    def unread(self, path: str, host: str, start: Start) -> str:
        """Why slapd does not read this configuration at all; "" when it does."""
        named = start.configuration.rstrip("/")
        if named:
            if path == host + named or not named.startswith("/") or start.script is None:
                return ""
            used = self.files.kind(host + named)
            return f"slapd does not read this: it is started with {named}" if used in ("file", "directory") else ""
        folder = path.rpartition("/")[0]
        if (
            path.endswith("/slapd.conf")
            and folder.endswith(("/ldap", "/openldap"))
            and self.files.kind(f"{folder}/slapd.d/cn=config.ldif") == "file"
        ):
            return "slapd does not read this: the slapd.d folder beside it wins"
        return ""

    def judge(self, configuration: Configuration) -> Judge:
        return Judge(configuration, self.files, self.target, self.software, self.library)

    def instance(self, configuration: Configuration, start: Start, *, complete: bool) -> Instance:
        """Everything about one slapd."""
        problems = list(configuration.problems)
        judge = self.judge(configuration)
        starts: Value[bool] = Known(True)
        endpoints: list[Endpoint] = []
        stopped = self.stopped(configuration, start, judge)
        if stopped is not None:
            if stopped[0] == NO_PIDFILE:
                problems.append(Problem("refused", f"{stopped[0]} and starts nothing without one", stopped[1]))
            starts = Known(False, (Origin(How.WRITTEN, stopped[1], stopped[0]),))
        elif configuration.unseen is not None or configuration.doubt is not None:
            what, where = configuration.unseen or configuration.doubt or ("", Span(configuration.root, 0, 0))
            starts = Unknown(f"{what} was not seen", (Origin(How.WRITTEN, where),))
        elif configuration.fragment:
            starts = Unknown("the rest of the configuration was not seen")
        if configuration.fatal is None and start.refused is None:
            endpoints += [judge.endpoint(listener, listener.span or self.anchor(configuration)) for listener in start.listeners]
            from tlslint.parsers.openldap import outgoing  # noqa: PLC0415 (only for what was read to its end)

            endpoints += outgoing.endpoints(judge)
        from tlslint.parsers.openldap import slips  # noqa: PLC0415 (it looks back at what stands here)

        problems += slips.look(judge, start)
        problems = [each._replace(message=readable(each.message), label=readable(each.label)) for each in problems]
        endpoints = [_readable(each) for each in endpoints]
        files = tuple(dict.fromkeys([*configuration.files, *start.files]))
        ordered = sorted(set(problems), key=lambda problem: (problem.span.file.path, problem.span.start, problem.rule, problem.message))
        whole = complete and not configuration.fragment
        return Instance("slapd", configuration.root, self.software, self.library, whole, starts, tuple(endpoints), tuple(ordered), files)

    def anchor(self, configuration: Configuration) -> Span:
        """The place that stands for slapd as a whole where no URL is written: what begins TLS, else the first line."""
        for name in ("tlscertificatefile", "tlscertificatekeyfile", "tlscacertificatefile", "tlsciphersuite"):
            setting = configuration.last(name)
            if setting is not None:
                return setting.span
        for database in configuration.databases:
            if database.holds_data:
                return database.anchor
        return Span(configuration.root, 0, 0)

    def stopped(self, configuration: Configuration, start: Start, judge: Judge) -> tuple[str, Span] | None:
        """Why slapd does not start."""
        if start.refused is not None:
            return start.refused
        if configuration.fatal is not None:
            return configuration.fatal
        if judge.context.refused is not None and not configuration.fragment:
            return judge.context.refused
        if self.is_debian and not self.is_systemd and start.script is not None and not start.pidfile and not configuration.fragment:
            folded = rb"(?m)^olcPidFile:[ \t]+." if configuration.is_ldif else rb"(?m)^pidfile[ \t]+."
            if not re.search(folded, configuration.root.data):
                return NO_PIDFILE, Span(configuration.root, 0, 0)
        return None


def _readable(endpoint: Endpoint) -> Endpoint:
    return endpoint._replace(
        name=readable(endpoint.name),
        tls_failure=readable(endpoint.tls_failure),
        certificates=tuple(each._replace(path=readable(each.path)) for each in endpoint.certificates),
    )


def _matters(change: cnconfig.Change) -> bool:
    keys = {value.key for value in change.record.values} | {
        value.text.strip().lower() for value in change.record.values if value.how == ":"
    }
    wanted = (
        "olctls",
        "olcsecurity",
        "olcdisallows",
        "olclocalssf",
        "olcsyncrepl",
        "olcdbidassert",
        "olcdbacl",
        "olcdbstarttls",
        "olcdburi",
    )
    return any(key.startswith(wanted) for key in keys)


def _text(root: str, files: Files) -> bytes:
    """All that one root says itself; of slapd.d every entry but the schema."""
    if root.rpartition("/")[2] == "cn=config.ldif":
        return b"\n".join(file.data for file in cnconfig.tree(root, files).files)
    return files.read(root).data


def _host(root: str) -> str:
    """What stands for `/` on the host a configuration belongs to."""
    at = root.rfind("/etc/")
    return root[:at] if at != -1 else ""
