"""slapd.conf with all it includes, up to the line slapd would refuse.

Follows read_config_file() and the handlers of `database`, `backend`, `overlay`, `moduleload` and `include` in servers/slapd.
"""

import os
import re

from tlslint.files import FileProblem, Files
from tlslint.model import Label, Problem, SourceFile, Span
from tlslint.model.remedy import Edit, Rewrite
from tlslint.model.struct import Struct
from tlslint.parsers.carried import file_name
from tlslint.parsers.openldap import arguments, directives, modules
from tlslint.parsers.openldap.configuration import Configuration, Database, Setting, has_hole
from tlslint.parsers.openldap.directives import Table
from tlslint.parsers.openldap.syntax import Line, Word, lines

MAX_DEPTH = 32
"""Includes inside includes; slapd itself runs until it has no more files to open."""

_LEGACY = ("replica", "replogfile", "replica-argsfile", "replica-pidfile", "replicationinterval")


class Build(Struct):
    """What slapd's tables depend on.

    `library`: openssl, gnutls or moznss. `modules`: of the distribution's package; None: not known, everything may be built in.
    """

    version: str
    library: str
    modules: frozenset[str] | None


class Unreadable(Struct):
    """A directive that stops slapd, for the rules about text: unknown names, options of other places."""

    message: str
    span: Span


def read(root: str, files: Files, build: Build, *, fragment: bool) -> Configuration:
    """Read a file and its includes. Raises `FileProblem` when `root` itself cannot be had, and nothing else."""
    first = files.read(root)
    configuration = Configuration(first)
    configuration.fragment = fragment
    _Reader(configuration, files, build).file(first, root, 0)
    return configuration


class _Stopped(Exception):  # noqa: N818 (slapd stops reading, which is no fault of ours)
    """slapd ends here."""


class _Reader:
    def __init__(self, configuration: Configuration, files: Files, build: Build) -> None:
        self.configuration = configuration
        self.files = files
        self.build = build
        self.general = directives.of_slapd(build.version)
        self.database: Database | None = None
        self.backend: str | None = None
        self.loaded = modules.Loaded(build.version, build.modules)
        self.global_overlays: list[str] = []
        self.reading: list[str] = []
        self.count = 0
        self.in_frontend = False
        """After the first directive with a handler slapd is in its frontend database (config_set_vals())."""
        self.has_schema = False
        """Were attribute types defined beyond slapd's own? Without core.schema a name like dc=example is not a DN."""

    def file(self, source: SourceFile, path: str, depth: int) -> None:
        """The lines of one file. What follows a fatal line is not read, as slapd does not read it."""
        self.reading.append(path)
        try:
            for line in lines(source):
                if line.is_comment:
                    self.comment(line)
                elif not line.is_blank:
                    self.line(line, depth)
        except _Stopped:
            if depth:
                raise
        finally:
            self.reading.pop()

    def comment(self, line: Line) -> None:
        """A comment takes the indented lines after it: a directive among them is lost."""
        for span in line.continued:
            words = span.text.split()
            if not words or words[0].startswith("#") or words[0].lower() not in _LOST:
                continue
            if directives.find(words[0], self.general) is not None:
                self.configuration.problems.append(
                    Problem(
                        "swallowed-line",
                        f"{words[0]} is indented after a comment: it continues the comment and has no effect",
                        span,
                        "part of the comment",
                        (
                            Label(
                                Span(line.whole.file, line.span.start, min(line.span.end, line.span.start + 1)), "the comment begins here"
                            ),
                        ),
                        Rewrite((_freed(span),), "make it a line of its own", unsafe="the setting begins to act"),
                    )
                )

    def refuse(
        self, message: str, span: Span, rule: str = "refused", label: str = "", remedy: Rewrite | None = None, about: str = ""
    ) -> None:
        """slapd ends with an error."""
        if self.configuration.fatal is None:
            self.configuration.fatal = (message, span)
            said = message if "does not start" in message else f"{message}, so slapd does not start"
            self.configuration.problems.append(Problem(rule, said, span, label, (), remedy, about=about))
        raise _Stopped

    def line(self, line: Line, depth: int) -> None:
        if not line.words:
            self.refuse("a line of blanks after an empty line is an error to slapd", line.span)
        name = line.words[0]
        if line.is_open and name.text.lower() not in ("attributetype", "objectclass", "ditcontentrule", "ldapsyntax"):
            self.refuse("a quote is never closed", line.span, label="no second quote")
        setting = _setting(line)
        row = directives.find(name.text, self.general)
        if row is None:
            self.special(line, setting)
            return
        setting = setting._replace(name=row.name.lower())
        after = self.database is not None and self.database.kind != "frontend"
        words = [word.text for word in line.words[1:]]
        if row.name.lower() in _LEGACY:
            words = words or [""]
        inside = self.database is not None or self.in_frontend
        why = arguments.refused(row, words, in_database=inside, after_database=after, library=self.build.library)
        if why:
            self.explain(line, why)
        self.in_frontend = self.in_frontend or "MAGIC" in row.places
        if row.name.lower() not in _OWN_DOLLARS and any(has_hole(word) for word in words):
            self.doubt("what a template fills in", line.span)
        self.check_names(line, row)
        handler = getattr(self, "do_" + row.name.lower().replace("-", "_"), None)
        if handler is not None:
            handler(line, setting, depth)
        elif row.name.lower() in _DATABASE and self.database is not None:
            self.database.settings.append(setting)
        else:
            self.configuration.overall.append(setting)

    def check_names(self, line: Line, row: directives.Directive) -> None:
        """A DN whose attributes no schema has defined yet."""
        if row.name.startswith("attribute"):
            self.has_schema = True
        if self.has_schema or self.configuration.unseen is not None:
            return
        for word in line.words[1:]:
            text = word.text.partition("=")[2] if row.name == "access" and word.text.lower().startswith("dn") else word.text
            if (row.kind == "DN" or text is not word.text) and re.match(r"(?i)\s*(?:dc|o|ou|c|l|st)\s*=", text):
                self.refuse(f"{text} is no name to slapd before core.schema is included", word.span)

    def explain(self, line: Line, why: str) -> None:
        """The refused line, under the rule that fits it best."""
        extra = next((word for word in line.words[1:] if word.text.startswith("#")), None)
        if extra is not None:
            tail = Span(extra.span.file, extra.span.start, line.words[-1].span.end)
            message = f"slapd has no comments after a directive: {why}"
            self.refuse(message, tail, "trailing-comment", "not a comment", self.uncommented(line, tail))
        broken = _continued_by(line)
        if broken is not None:
            message = f"the indented line continues {line.words[0].text} and becomes its argument: {why}"
            remedy = Rewrite((Edit(_indent(broken), b""),), "take its indentation away") if _indent(broken).data else None
            self.refuse(message, broken, "swallowed-line", "not a line of its own", remedy)
        span = line.words[1].span if len(line.words) > 1 else line.span
        meant = arguments.meant(line.words[0].text.lower(), line.words[1].text) if len(line.words) == 2 else ""
        self.refuse(why, span, label=f"meant is {meant}" if meant else "", remedy=rewritten(span, meant) if meant else None)

    def uncommented(self, line: Line, tail: Span) -> Rewrite | None:
        """The comment moved, and where the value before it is wrong as well what was meant by that."""
        remedy = moved_comment(line.span, tail)
        name, value = line.words[0].text, line.words[1]
        row = directives.find(name, self.general)
        alone = line.words[2:3] and line.words[2].span.start == tail.start
        if remedy is None or row is None or not alone:
            return remedy
        why = arguments.refused(row, [value.text], in_database=True, after_database=False, library=self.build.library)
        meant = arguments.meant(row.name.lower(), value.text) if why else ""
        return Rewrite((*remedy.edits, Edit(value.span, meant.encode())), f"{remedy.words}, and write {meant}") if meant else remedy

    def special(self, line: Line, setting: Setting) -> None:
        """A name that is not in slapd's own table: of the backend or an overlay, or unknown."""
        word = line.words[0].text
        database = self.database
        if self.backend is not None and database is None:
            if self.backend in ("", "?") or self.knows(directives.of_backend(self.build.version, self.backend), word):
                return
            self.unknown(line, f"there is no {word} for the backend {self.backend}")
        overlays = [*(database.overlays if database is not None else ()), *self.global_overlays]
        tables = [directives.of_overlay(self.build.version, name) for name in overlays]
        if any(name.startswith("?") for name in overlays) or (database is not None and database.kind.startswith("?")):
            return
        if database is not None and database.kind != "frontend":
            tables.append(directives.of_backend(self.build.version, database.kind))
        if "chain" in overlays and word.lower().startswith("chain-"):
            self.keep(setting)
            return
        if any(name in ("translucent", "pcache", "chain", "rwm") for name in overlays):
            tables += [directives.of_backend(self.build.version, "ldap"), directives.of_overlay(self.build.version, "rwm")]
            if word.lower().startswith(("rewrite", "map", "suffixmassage", "subtree", "rwm-", "proxy", "pcache", "cache", "translucent")):
                self.keep(setting)
                return
        if database is not None and database.kind in ("meta", "asyncmeta", "sql", "perl") and word.lower() not in _TLS_NAMES:
            if database.kind == "perl":
                self.doubt("the Perl module", line.span)
            self.keep(setting)  # their own readers take more than their tables say
            return
        for table in tables:
            row = directives.find(word, table) if table else None
            if row is not None:
                words = [each.text for each in line.words[1:]]
                why = arguments.refused(row, words, in_database=True, after_database=False, library=self.build.library)
                if why:
                    self.explain(line, why)
                if row.name == "directory" and database is not None and database.kind == "mdb" and self.build.modules is not None:
                    self.do_directory(line, setting)
                if row.name.lower() in ("perlmodule", "perlmodulepath"):
                    self.doubt("the Perl module", line.span)
                self.keep(setting._replace(name=row.name.lower()))
                return
        self.unknown(line, f"slapd {self.build.version} knows no directive {word}")

    def knows(self, table: Table | None, word: str) -> bool:
        return bool(table) and directives.find(word, table or ()) is not None

    def keep(self, setting: Setting) -> None:
        (self.configuration.overall if self.database is None else self.database.settings).append(setting)

    def unknown(self, line: Line, message: str) -> None:
        """An unknown name ends slapd; the rule about unknown names says what was probably meant."""
        from tlslint.parsers.openldap import names  # noqa: PLC0415 (only for a file slapd refuses)

        problem = names.about(line.words[0], self.build.version, self.database.kind if self.database else "", message)
        if self.configuration.fatal is None:
            self.configuration.fatal = (problem.message, problem.span)
            self.configuration.problems.append(problem)
        raise _Stopped

    # ---- directives that change what follows

    def do_include(self, line: Line, setting: Setting, depth: int) -> None:
        path = setting.text
        where = line.words[1].span
        if not path.startswith("/"):
            self.unseen(f"{path} (relative to where slapd is started)", where)
            return
        path = os.path.normpath(file_name(path))
        if path in self.reading or depth >= MAX_DEPTH or self.count > 1000:
            self.refuse(f"{path} includes itself", where)
        self.count += 1
        self.has_schema = self.has_schema or path.endswith("/core.schema")
        try:
            source = self.files.read(path)
        except FileProblem as problem:
            if problem.kind == "outside-root":
                if not modules.is_package_schema(path, self.build.version):
                    self.unseen(path, where)
                return
            folder = path.rpartition("/")[0]
            left_out = self.files.kind(folder) != "directory" and self.files.kind(folder.rpartition("/")[0]) == "directory"
            if problem.kind == "missing" and modules.is_package_schema(path, self.build.version) and left_out:
                return
            if problem.kind == "missing" and path.count("/") > 1 and not self.files.has_host_at(path):
                self.unseen(path, where)
                return
            self.refuse(f"{path} {problem.reason}", where, "include-missing", "no such file", about=self.files.on_disk(path))
            return
        if source not in self.configuration.files:
            self.configuration.files.append(source)
        self.file(source, path, depth + 1)

    def unseen(self, what: str, where: Span) -> None:
        """A schema sets nothing of slapd's own: only whether slapd starts hangs on it."""
        if what.partition(" (")[0].endswith(".schema"):
            self.doubt(what, where)
        elif self.configuration.unseen is None:
            self.configuration.unseen = (what, where)

    def doubt(self, what: str, where: Span) -> None:
        self.has_schema = True
        if self.configuration.doubt is None:
            self.configuration.doubt = (what, where)

    def do_moduleload(self, line: Line, setting: Setting, depth: int) -> None:
        del depth
        self.unless(self.loaded.load(setting.text), line)
        self.configuration.overall.append(setting)

    def unless(self, missing: modules.Missing | None, line: Line) -> None:
        """Go on unless something is missing."""
        if missing is not None:
            self.refuse(missing.message, line.words[1].span, missing.rule)

    def do_backend(self, line: Line, setting: Setting, depth: int) -> None:
        del depth
        self.backend = self.type_of(line, setting.text.lower())

    def do_database(self, line: Line, setting: Setting, depth: int) -> None:
        del depth
        kind = self.type_of(line, setting.text.lower())
        self.database = next((each for each in self.configuration.databases if each.kind == kind and kind in ("frontend", "config")), None)
        self.backend = None
        if self.database is None:
            self.database = Database(kind, line.span)
            self.configuration.databases.append(self.database)
        self.database.settings.append(setting)

    def do_suffix(self, line: Line, setting: Setting, depth: int) -> None:
        """The frontend and config databases hold no suffix."""
        del depth
        if self.database is None or self.database.kind in ("frontend", "monitor", "config"):
            self.refuse(f"a suffix is not allowed {'before any database' if self.database is None else 'in this database'}", line.span)
        self.keep(setting)

    def do_password_hash(self, line: Line, setting: Setting, depth: int) -> None:
        """config_passwd_hash(): one scheme at least must be known; modules bring more."""
        del depth
        known = ("{ssha}", "{sha}", "{smd5}", "{md5}", "{crypt}", "{unix}", "{cleartext}", "{sasl}")
        if not any(word.text.lower() in known for word in line.words[1:]) and self.loaded.names <= modules.without_schemes(
            self.build.version
        ):
            self.refuse(f"slapd knows no password scheme {setting.text}", line.words[1].span)
        self.configuration.overall.append(setting)

    def do_rootpw(self, line: Line, setting: Setting, depth: int) -> None:
        """config_rootpw(): rootdn must lie below the suffix of its own database."""
        del depth
        database = self.database
        if database is None or database.kind == "frontend":
            self.refuse("rootpw can only be set when rootdn is below the suffix", line.span)
        elif database.holds_data and not database.kind.startswith("?") and not database.all("hidden"):
            rootdn = next((_normal(each.text) for each in reversed(database.settings) if each.name == "rootdn"), None)
            suffixes = [_normal(suffix) for suffix in database.suffixes]
            if rootdn is None or not any(rootdn == suffix or rootdn.endswith("," + suffix) or not suffix for suffix in suffixes):
                self.refuse("rootpw can only be set when rootdn is below the suffix", line.span)
        self.keep(setting)

    def do_syncrepl(self, line: Line, setting: Setting, depth: int) -> None:
        """syncrepl_config(): a rootdn must come first."""
        del depth
        if self.database is None or not (self.database.all("rootdn") or self.database.kind == "config"):
            self.refuse("a rootdn must stand before syncrepl", line.span)
        self.keep(setting)

    def do_mirrormode(self, line: Line, setting: Setting, depth: int) -> None:
        """A database that copies from nobody cannot mirror."""
        del depth
        database = self.database
        if database is None or not (database.all("syncrepl") or database.all("updatedn")):
            self.refuse(f"{line.words[0].text} before syncrepl: the database is no copy", line.span)
        self.keep(setting)

    do_multiprovider = do_mirrormode

    def type_of(self, line: Line, kind: str) -> str:
        """A database type; one that needs a module that was not loaded, or that this release no longer has, ends slapd."""
        kind, missing = self.loaded.database(kind)
        self.unless(missing, line)
        return kind

    def do_directory(self, line: Line, setting: Setting) -> None:
        """The mdb database wants its folder; only a tree that shows the folder around it can tell."""
        path = os.path.normpath(setting.text)
        if has_hole(path):
            self.doubt("what a template fills in", line.span)
        elif not path.startswith("/"):
            self.doubt(f"the folder {path} (relative to where slapd is started)", line.words[1].span)
        elif self.files.kind(path) == "missing" and self.files.kind(path.rpartition("/")[0] or "/") == "directory":
            self.refuse(f"the folder {path} does not exist", line.words[1].span)

    def do_overlay(self, line: Line, setting: Setting, depth: int) -> None:
        del depth
        name, missing = self.loaded.overlay(setting.text.lstrip("-").lower())
        self.unless(missing, line)
        (self.global_overlays if self.database is None or self.database.kind == "frontend" else self.database.overlays).append(name)
        self.keep(setting)


_LOST = frozenset(
    {
        *("tlscertificatefile", "tlscertificatekeyfile", "tlscacertificatefile", "tlscacertificatepath", "tlsciphersuite"),
        *(
            "tlsverifyclient",
            "tlsprotocolmin",
            "tlsdhparamfile",
            "tlsecname",
            "tlscrlcheck",
            "tlscrlfile",
            "security",
            "disallow",
            "localssf",
        ),
    }
)
_OWN_DOLLARS = ("access", "authz-regexp", "limits", "rootpw", "syncrepl")
"""Where a dollar sign is no template's: `${1}` is what matched, and passwords and their hashes hold any letter."""
_TLS_NAMES = frozenset(name for name in _LOST if name.startswith("tls"))
_DATABASE = frozenset(
    {
        *("access", "add_content_acl", "disabled", "extra_attrs", "hidden", "lastmod", "lastbind", "limits", "maxderefdepth", "mirrormode"),
        *("monitoring", "multiprovider", "readonly", "replica", "require", "restrict", "rootdn", "rootpw", "schemadn", "security"),
        *("sizelimit", "subordinate", "suffix", "sync_use_subentry", "syncrepl", "timelimit", "updatedn", "updateref"),
    }
)
"""Directives that count for the database they stand in; `security` and its like before any database for all of them."""


def _setting(line: Line) -> Setting:
    words: tuple[Word, ...] = line.words
    file = line.span.file
    value = Span(file, words[1].span.start, words[-1].span.end) if len(words) > 1 else words[0].span
    return Setting(
        words[0].text.lower(),
        tuple(word.text for word in words[1:]),
        line.span,
        value,
        tuple(word.span for word in words[1:]),
        words[0].span,
        words[0].text,
    )


def moved_comment(setting: Span, tail: Span) -> Rewrite | None:
    """`directive value # words`: the comment on a line of its own above; None where it does not end its line."""
    data = setting.file.data
    start = data.rfind(b"\n", 0, setting.start) + 1
    if tail.end != setting.end or b"\n" in tail.data or data[start : start + 1] in (b" ", b"\t"):
        return None
    blank = tail.start
    while data[blank - 1 : blank] in (b" ", b"\t"):
        blank -= 1
    ending = b"\r\n" if data[tail.end : tail.end + 2] == b"\r\n" else b"\n"
    edits = Edit(Span(setting.file, start, start), tail.data + ending), Edit(Span(setting.file, blank, tail.end), b"")
    return Rewrite(edits, "move the comment to a line of its own")


def _indent(span: Span) -> Span:
    """The blanks before the words of a physical line."""
    start = span.file.data.rfind(b"\n", 0, span.start) + 1
    return Span(span.file, start, span.start)


def _freed(span: Span) -> Edit:
    """What ties an indented line, or one after a backslash, to the comment before it."""
    indent = _indent(span)
    if indent.data:
        return Edit(indent, b"")
    end = len(span.file.data[: indent.start].rstrip(b"\r\n"))
    return Edit(Span(span.file, end - 1, indent.start), span.file.data[end : indent.start])


def rewritten(span: Span, text: str) -> Rewrite:
    """The remedy that writes `text` there."""
    return Rewrite((Edit(span, text.encode()),), f"write {text}")


def _normal(dn: str) -> str:
    return re.sub(r"\s*([,=+])\s*", r"\1", dn.strip()).lower()


def _continued_by(line: Line) -> Span | None:
    """The indented line that became arguments although it is a directive of its own."""
    for span in line.continued:
        first = span.text.split(None, 1)[:1]
        if first and first[0].lower() in _LOST | _DATABASE:
            return span
    return None
