"""From a root file and all it includes to filters full of settings; what the daemon refuses on the way.

Follows config_parse_file(), settings_include() and config_parser_apply_line() of src/config. A daemon stops at the first fatal mistake;
here reading goes on, so that people hear of all of them.
"""

import os
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tlslint.files import FileProblem, Files
from tlslint.model import Label, Problem, SourceFile, Span
from tlslint.model.remedy import Edit, Rewrite
from tlslint.parsers.carried import file_name
from tlslint.parsers.dovecot import old, settings
from tlslint.parsers.dovecot.acceptance import Acceptance, meant
from tlslint.parsers.dovecot.filters import Filter, Written, inside
from tlslint.parsers.dovecot.includes import expanded, is_missing
from tlslint.parsers.dovecot.settings import Release
from tlslint.parsers.dovecot.syntax import Kind, Statement, statements
from tlslint.parsers.dovecot.tree import Tree

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

MAX_FILES = 2000
"""Includes read at most, repeated ones counted: two files that include each other's neighbours twice would never end."""

_FIRST = "the first setting must be dovecot_config_version"
_FILTERS = ("protocol", "local", "remote", "local_name")
_FREE = frozenset(
    {"plugin", "dict", "metric", "event_exporter", "passdb", "userdb", "namespace", "mailbox", "auth", "login", "client", "server"}
)
_LISTENERS = frozenset({"inet_listener", "unix_listener", "fifo_listener"})
_SERVICE_KEYS = frozenset(
    [
        "name",
        "protocol",
        "type",
        "executable",
        "user",
        "group",
        "privileged_group",
        "extra_groups",
        "chroot",
        "drop_priv_before_exec",
        "process_min_avail",
        "process_limit",
        "client_limit",
        "service_count",
        "idle_kill",
        "vsz_limit",
    ]
)
_LISTENER_KEYS = frozenset(["name", "address", "port", "ssl", "reuse_port", "haproxy", "path", "mode", "user", "group", "type"])
_AUTH = re.compile(r"auth_(?!policy)|passdb|userdb")


class _Input:
    """A file being read: its logical path and where in it we are."""

    def __init__(self, path: str, file: SourceFile, *, quoted_keys: bool) -> None:
        self.path = path
        self.file = file
        self.rest: Iterator[Statement] = statements(file, quoted_keys=quoted_keys)


class _Section:
    """An open block. `within`: its type (`service`, `plugin`), "" for a filter."""

    def __init__(self, filter_: Filter, within: str, begun: Span) -> None:
        self.filter = filter_
        self.within = within
        self.begun = begun


def read(path: str, files: Files, release: Release, *, fragment: bool = False, is_sure: bool = True, after: Sequence[str] = ()) -> Tree:
    """Read `path`, a logical name, and all it includes. Raises `FileProblem` only when `path` itself cannot be read.

    `is_sure` False: nobody said which release this is for. Then a text is not held to the names of 2.4 unless it says so itself.
    `after`: further files that are read as if they stood below the first (the rest of a folder that no file at hand includes).
    """
    reader = _Reader(files, release, is_sure=is_sure)
    reader.tree.is_fragment = fragment
    reader.enter(path)
    reader.run()
    for other in after:
        try:
            reader.enter(other)
        except FileProblem:
            continue
        reader.run()
    reader.end()
    return reader.tree


class _Reader:
    def __init__(self, files: Files, release: Release, *, is_sure: bool) -> None:
        self.files = files
        self.tree = Tree(release)
        self.inputs: list[_Input] = []
        self.sections: list[_Section] = []
        self.order = 0
        self.count = 0
        self.names = settings.names(release)
        self.first = True
        self.is_sure = is_sure
        self.accept = Acceptance(self.tree, files, is_sure=is_sure)

    @property
    def folder(self) -> str:
        """Where the file that is being read lies."""
        return os.path.dirname(self.inputs[-1].path)

    def run(self) -> None:
        while self.inputs:
            statement = next(self.inputs[-1].rest, None)
            if statement is None:
                self.inputs.pop()
                continue
            self.take(statement)

    def end(self) -> None:
        """What can be said when all was read."""
        if self.sections and self.tree.release.number >= (2, 4, 2) and not self.tree.is_fragment:
            begun = self.sections[-1].begun
            self.tree.refuse("missing '}': the block is never closed, so Dovecot does not start", begun, "begins here")
        self.finish()

    def enter(self, path: str) -> None:
        file = self.files.read(path)
        self.count += 1
        self.inputs.append(_Input(path, file, quoted_keys=self.tree.release.is_24))
        if file not in self.tree.files:
            self.tree.files.append(file)

    def take(self, statement: Statement) -> None:
        kind = statement.kind
        tree = self.tree
        if statement.dropped is not None:
            tree.problems.append(
                Problem(
                    "swallowed-line",
                    "a blank or comment line follows the '\\', so Dovecot forgets this beginning and reads the next line on its own",
                    statement.dropped,
                    "is dropped",
                )
            )
        if kind is Kind.SKIP:
            if statement.is_open:
                tree.problems.append(
                    Problem(
                        "swallowed-line",
                        "the file ends where the '\\' promises another line, so this is lost",
                        statement.span,
                        "is dropped",
                    )
                )
            return
        if statement.glued and statement.comment is not None:
            self.hash_in_value(statement)
        if tree.release.is_24 and self.version_line(statement):
            return
        if kind is Kind.ERROR:
            self.syntax_error(statement)
        elif kind in (Kind.VALUE, Kind.FILE, Kind.VARIABLE):
            self.assign(statement)
        elif kind in (Kind.BEGIN, Kind.GROUP):
            self.begin(statement)
        elif kind is Kind.END:
            if self.sections:
                self.sections.pop()
            elif not tree.is_fragment:
                tree.refuse("unexpected '}': no block is open here, so Dovecot does not start", statement.span)
        else:
            self.include(statement)

    def hash_in_value(self, statement: Statement) -> None:
        comment = statement.comment
        if comment is None:
            return
        blank = Span(comment.file, comment.start, comment.start)
        self.tree.problems.append(
            Problem(
                "trailing-comment",
                f"'#' begins a comment even inside a word: the value ends before it, at '{statement.value}'",
                comment,
                "read as a comment",
                (Label(statement.value_span, "all of the value"),),
                Rewrite((Edit(blank, b" "),), "put a blank before the comment, or quotes around the value"),
            )
        )

    def version_line(self, statement: Statement) -> bool:
        """2.4 wants dovecot_config_version first, from a list of versions it knows, and always the same (config_parser_get_version())."""
        tree = self.tree
        if statement.kind is Kind.ERROR:
            return False
        if statement.key != "dovecot_config_version":
            if self.first and not tree.is_fragment:
                tree.refuse(
                    f"{_FIRST}, so Dovecot 2.4 does not start",
                    statement.span,
                    "comes before it",
                    remedy=Rewrite(
                        (Edit(Span(statement.span.file, 0, 0), b"dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n"),),
                        "begin the file with dovecot_config_version and dovecot_storage_version",
                    ),
                )
            self.first = False
            return False
        self.first = False
        if statement.kind is not Kind.VALUE:
            tree.refuse("dovecot_config_version takes plain text, no variable and no file", statement.value_span)
        elif tree.config_version is not None:
            if tree.config_version.value != statement.value:
                tree.refuse("dovecot_config_version cannot be changed once set", statement.value_span)
        else:
            tree.config_version = self.written(statement, statement.value)
            known = [f"2.4.{patch}" for patch in range(tree.release.number[2] + 1 if len(tree.release.number) > 2 else 1)]
            if statement.value not in known:
                tree.refuse(
                    f"Dovecot {tree.release.text} reads no version {statement.value or 'nothing'}, only {', '.join(known)}",
                    statement.value_span,
                )
        return True

    def syntax_error(self, statement: Statement) -> None:
        message = statement.value
        remedy = None
        if message.startswith("Garbage"):
            text = "something follows '{' on the same line; Dovecot wants one setting per line and does not start"
        else:
            text = f"'{statement.key}' is neither 'key = value' nor the beginning of a block, so Dovecot does not start"
            after = statement.key_span
            if self.names.get(statement.key) and statement.value_span.end > statement.value_span.start:
                gap = Span(after.file, after.end, statement.value_span.start)
                remedy = Rewrite((Edit(gap, b" = "),), "put '=' between name and value")
        self.tree.refuse(text, statement.span, message.lower(), remedy=remedy)

    def begin(self, statement: Statement) -> None:
        tree, key, name = self.tree, statement.key, statement.value
        outer = self.sections[-1].filter if self.sections else tree.root
        within = self.sections[-1].within if self.sections else ""
        made = Filter(outer, len(tree.filters), statement.span)
        if statement.kind is Kind.GROUP:
            made.names += (f"@{key}/{name}",)
        elif key in _FILTERS:
            self.condition(statement, outer, made)
        elif within in _FREE:
            made.names += (f"{key}/{name}",)
        else:
            self.block(statement, within, made)
        same = next((each for each in tree.filters if each.identity == made.identity), None) if len(tree.filters) < MAX_FILES else None
        if same is None:
            tree.filters.append(made)
            same = made
        self.sections.append(_Section(same, "" if key in _FILTERS else key, statement.span))

    def condition(self, statement: Statement, outer: Filter, made: Filter) -> None:
        """A filter's own condition, and whether it may stand where it stands (config_filter_add_new_filter(), config_filter_parse())."""
        key, name, tree = statement.key, statement.value, self.tree
        if not tree.release.is_24:
            made.protocol, made.local, made.remote, made.local_name = outer.protocol, outer.local, outer.remote, outer.local_name
            made.parent = tree.root
        present = {
            "protocol": any(each.protocol for each in outer.chain()),
            "remote": any(each.remote for each in outer.chain()),
            "local_name": any(each.local_name is not None for each in outer.chain()),
        }
        misplaced = {
            "local": ("remote", "protocol", "local_name"),
            "local_name": ("remote", "protocol"),
            "remote": ("protocol",),
            "protocol": ("protocol",),
        }
        wrong = next((other for other in misplaced[key] if present[other]), None)
        if wrong is None and outer.names and tree.release.is_24 and not outer.names[0].startswith("@"):
            wrong = outer.names[-1].partition("/")[0]
        if wrong is not None:
            tree.refuse(
                f"{wrong} {{ {key} {{ … }} }} is not allowed; Dovecot does not start (filters nest as local, local_name, remote, protocol)",
                statement.span,
            )
        if key == "protocol":
            made.protocol = name
        elif key == "local_name":
            if tree.release.is_24 and " " in name:
                tree.refuse("local_name takes one name in 2.4; give each its own block", statement.value_span)
            made.local_name = name.lower()
        else:
            network = _network(name)
            if network is None and re.fullmatch(r"[\d.:/a-fA-F]*", name):
                tree.refuse(f"'{name}' is no address or network, so Dovecot does not start", statement.value_span)
            around = next((getattr(each, key) for each in outer.chain() if getattr(each, key) is not None), None)
            if network is not None and around is not None and not inside(network, around):
                tree.refuse(f"{key} {name} is not inside the {key} block around it, so Dovecot does not start", statement.span)
            setattr(made, key, network if network is not None else name)

    def block(self, statement: Statement, within: str, made: Filter) -> None:
        """A named block that is no condition."""
        key, name, tree = statement.key, statement.value, self.tree
        made.names += (f"{key}/{name}" if name or statement.quoted else key,)
        if not tree.release.is_24:
            if not self.names or within or key in ("service", *_FREE) or key in self.names:
                return
            known = [*_FILTERS, "service", *_FREE]
            tree.refuse(
                f"Dovecot knows no block called '{key}', so it does not start",
                statement.key_span,
                remedy=meant(key, known, statement.key_span),
            )
            return
        kind = self.names.get(key) or next(
            (self.names[f"{part}_{key}"] for part in _prefixes(made.names[:-1]) if f"{part}_{key}" in self.names), None
        )
        if kind == "filter" and (name or statement.quoted):
            tree.refuse(f"'{key} {{ }}' takes no name", statement.value_span)
        elif kind == "filters" and not name and not statement.quoted:
            tree.refuse(f"'{key} {{ }}' needs a name", statement.key_span)

    def assign(self, statement: Statement) -> None:
        tree = self.tree
        filter_ = self.sections[-1].filter if self.sections else tree.root
        within = self.sections[-1].within if self.sections else ""
        value, unknown, path = statement.value, "", ""
        if statement.kind is Kind.VARIABLE:
            value, unknown = self.expand(statement, filter_)
            path = self.file_behind(statement, filter_)
        elif statement.kind is Kind.FILE:
            path = os.path.normpath(os.path.join(self.folder, (file_name(statement.value) or ".")))
        written = self.written(statement, value, path, unknown)
        key = statement.key
        if within == "auth" and key == "mechanisms" and not tree.release.is_24:  # 1.x; 2.x still takes it (old_auth_section())
            tree.root.settings.setdefault("auth_mechanisms", []).append(written._replace(key="auth_mechanisms"))
        if key.startswith("@") and tree.release.is_24:
            return
        if tree.release.is_24:
            self.assign_24(written, filter_, within)
            return
        if within in _FREE or (within and within not in ("service", *_LISTENERS) and within not in _FILTERS):
            filter_.settings.setdefault(key, []).append(written)
            if statement.kind is Kind.FILE:
                self.accept.file_is_there(written, self.folder)
            return
        if within == "service" or within in _LISTENERS:
            known = _SERVICE_KEYS if within == "service" else _LISTENER_KEYS
            if self.names and key not in known:
                self.accept.unknown(written, sorted(known), f"'{key}' is not a setting of a {within} block")
            if key == "ssl" or key in ("reuse_port", "haproxy", "drop_priv_before_exec"):
                self.accept.boolean(written)
            filter_.settings.setdefault(key, []).append(written)
            return
        today = old.understood(written, filter_, tree, self.folder)
        for each in [written] if today is None else today:
            self.set_global(each, filter_)

    def assign_24(self, written: Written, filter_: Filter, within: str) -> None:
        """config_apply_line_full(): a name is tried with the block's name before it, then alone."""
        key = written.key
        base = key.partition("/")[0]
        if within and self.names.get(within) in ("list", "str"):  # a block in the name of a text is a list of booleans
            filter_.settings.setdefault(key, []).append(written)
            return
        for prefix in _prefixes(filter_.names):
            full = f"{prefix}_{base}" if not base.startswith(prefix + "_") else base
            if full in self.names:
                single = "/" not in filter_.names[-1]
                target = filter_.parent if single and filter_.parent is not None else filter_
                self.set_global(written._replace(key=full if target is not filter_ or single else key if full != base else full), target)
                return
        if base in self.names:
            self.set_global(written, filter_)
        elif not filter_.names or filter_.names[-1].partition("/")[0] in ("service", "ssl_server", "ssl_client", "inet_listener"):
            self.accept.unknown(written, list(self.names), f"Dovecot {self.tree.release.text} has no setting '{key}'")

    def set_global(self, written: Written, filter_: Filter) -> None:
        tree, key = self.tree, written.key
        kind = self.names.get(key.partition("/")[0])
        if self.names and kind is None and not tree.release.is_24:
            self.accept.unknown(written, list(self.names), f"Dovecot {tree.release.text} has no setting '{key}'")
            return
        if kind == "bool":
            self.accept.boolean(written)
        elif kind in ("enum", "number"):
            self.accept.value(written, kind)
        if written.kind is Kind.FILE or (kind == "str" and tree.release.is_24 and key.endswith("_file")):
            self.accept.file_is_there(written, self.folder)
        if _AUTH.match(key) and any(each.local or each.remote for each in filter_.chain()):
            tree.refuse(
                f"auth settings are not supported inside local and remote blocks, so Dovecot does not start ({key})", written.statement.span
            )
        filter_.settings.setdefault(key, []).append(written)

    def expand(self, statement: Statement, filter_: Filter) -> tuple[str, str]:
        """Variables of an unquoted value: each word that begins with `$` (config_write_value()); value, or why it cannot be told."""
        if self.tree.release.is_24:
            own = f"$SET:{statement.key}"
            parts = []
            for word in re.split(" +", statement.value):
                if word.startswith("$ENV:"):
                    return statement.value, f"{word} comes from the environment"
                parts.append(self.value_now(statement.key, filter_) if word == own else word)
                if word.startswith("$SET:") and word != own and word[5:].partition("/")[0] not in self.names:
                    self.tree.refuse(f"Dovecot knows no setting '{word[5:]}' to expand, so it does not start", statement.value_span)
                    return statement.value, f"{word} is not known"
            return " ".join(parts), ""
        words = []
        for word in re.split(" [ \t\v\f\r]*", statement.value):
            if word.startswith("$ENV:"):
                return statement.value, f"{word} comes from the environment"
            if not word.startswith("$"):
                words.append(word)
            elif not self.names or word[1:] in self.names:
                words.append(self.value_now(word[1:], filter_))
            else:
                self.tree.refuse(
                    f"Dovecot knows no variable '{word[1:]}' (a name reaches to the next blank), so it does not start", statement.value_span
                )
                return statement.value, f"{word} is not known"
        return " ".join(words), ""

    def value_now(self, key: str, filter_: Filter) -> str:
        """A setting's value at this point of reading: in this block, in those around it, by default."""
        written = self.written_now(key, filter_)
        return written.value if written is not None else settings.default(key, self.tree.release) or ""

    def written_now(self, key: str, filter_: Filter) -> Written | None:
        """What has set a setting so far, seen from this block; None: nothing."""
        sections = [filter_, *(section.filter for section in reversed(self.sections)), self.tree.root]
        return next((each.settings[key][-1] for each in sections if key in each.settings), None)

    def file_behind(self, statement: Statement, filter_: Filter) -> str:
        """The file that `ssl_key = $ssl_cert` stands for in 2.3, where ssl_cert is `<file`; "" where the value is no file's text."""
        if self.tree.release.is_24 or not statement.value.startswith("$") or " " in statement.value:
            return ""
        behind = self.written_now(statement.value[1:], filter_)
        return behind.path if behind is not None and behind.kind is Kind.FILE else ""

    def written(self, statement: Statement, value: str, path: str = "", unknown: str = "") -> Written:
        self.order += 1
        kind = Kind.FILE if statement.kind is Kind.FILE or path else Kind.VALUE
        return Written(statement.key, value, kind, statement, self.order, path, unknown)

    def include(self, statement: Statement) -> None:
        tree = self.tree
        must = statement.kind is Kind.INCLUDE
        pattern = os.path.join(self.folder, (file_name(statement.value) or "."))
        found, seen = expanded(pattern, self.files)
        span = statement.value_span if statement.value_span.end > statement.value_span.start else statement.span
        if not found:
            if re.fullmatch(r".*/auth-[\w-]+\.conf\.ext", pattern) and (tree.is_fragment or not is_missing(pattern, self.files)):
                # the package's own, which a repository leaves out: user databases, nothing of TLS
                return
            if must and seen and (tree.is_fragment or not is_missing(os.path.dirname(pattern) + "/x", self.files)):
                seen = False  # only a part of the folder may be here
            if not seen and pattern == "/usr/share/dovecot/protocols.d/*.protocol":
                tree.hides_protocols = True
                return
            if not seen:
                tree.unseen.append((pattern, span))
            if must and seen:
                tree.refuse(
                    f"no file matches {statement.value}, so Dovecot does not start (!include_try would not mind)",
                    span,
                    rule="include-missing",
                    about=self.files.on_disk(pattern),
                )
            elif must:
                tree.problems.append(
                    Problem(
                        "include-missing",
                        f"{statement.value} was not found in what was scanned, so its settings are not known",
                        span,
                        about=self.files.on_disk(pattern),
                    )
                )
            return
        for path in reversed(found):
            if any(each.path == path for each in self.inputs):
                tree.refuse(f"{statement.value} includes a file that is still being read, so Dovecot does not start", span)
                return
            if self.count >= MAX_FILES:
                tree.problems.append(Problem("unreadable", f"more than {MAX_FILES} includes; the rest is not read", span))
                tree.unseen.append((path, span))
                return
            try:
                self.enter(path)
            except FileProblem as problem:
                if problem.kind == "outside-root" or must:
                    rule = problem.kind if problem.kind == "outside-root" else "unreadable"
                    tree.problems.append(Problem(rule, f"{statement.value} {problem.reason}", span, about=self.files.on_disk(path)))
                    tree.unseen.append((path, span))

    def finish(self) -> None:
        """What is checked when everything was read."""
        tree = self.tree
        if tree.release.is_24 and (self.is_sure or tree.config_version is not None):
            self.move()
        said = any("dovecot_storage_version" in each.settings for each in tree.filters)
        if tree.release.is_24 and tree.everything_seen and tree.fatal is None and tree.config_version is None:
            start = Span(tree.files[0], 0, 0)
            both = Rewrite((Edit(start, b"dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n"),), "begin with both versions")
            tree.refuse("dovecot_config_version and dovecot_storage_version must be set, so Dovecot 2.4 does not start", start, remedy=both)
        elif tree.release.is_24 and tree.everything_seen and tree.fatal is None and tree.config_version is not None and not said:
            end = tree.config_version.statement.whole
            at = Span(end.file, end.end, end.end)
            tree.refuse(
                "dovecot_storage_version must be set, so Dovecot 2.4 does not start",
                tree.config_version.span,
                remedy=Rewrite((Edit(at, b"dovecot_storage_version = 2.4.0\n"),), "set dovecot_storage_version"),
            )

    def move(self) -> None:
        """What is 2.3's in a text that 2.4 is to read, and its new spelling; what was said of the same lines before is not said again."""
        from tlslint.parsers.dovecot import migration  # noqa: PLC0415 (few files need it)

        tree = self.tree
        found = list(
            migration.problems(
                tree.files,
                is_written_for_24=tree.config_version is not None,
                sets_protocols="protocols" in tree.root.settings or any(b"protocols.d" in file.data for file in tree.files),
                requires_tls="ssl" in tree.root.settings and tree.root.settings["ssl"][-1].value == "required",
                is_fragment=tree.is_fragment,
            )
        )
        if any(problem.message.startswith(migration.HEAD_MESSAGE) for problem in found):
            tree.problems = [problem for problem in tree.problems if not problem.message.startswith(_FIRST)]
        covered = [(edit.span, problem) for problem in found if isinstance(problem.remedy, Rewrite) for edit in problem.remedy.edits]
        lines = [(problem.span, problem) for problem in found]
        refusals = ("refused", "unknown-setting", "setting-not-in-version")
        tree.problems = [
            problem
            for problem in tree.problems
            if problem.rule not in refusals or not any(_within(problem.span, span) for span, _ in (*covered, *lines))
        ]
        tree.problems += found
        if found and tree.fatal is None:
            tree.fatal = next((problem for problem in found if problem.rule == "setting-renamed" and not tree.config_version), None)


def _within(inner: Span, outer: Span) -> bool:
    """Is it about the same bytes?"""
    return inner.file is outer.file and outer.start <= inner.start and inner.end <= max(outer.end, outer.start + 1)


def _prefixes(names: tuple[str, ...]) -> list[str]:
    """What 2.4 puts before a name inside a block: block and its name, then the block alone."""
    if not names:
        return []
    last = names[-1].lstrip("@")
    return [last.replace("/", "_"), last.partition("/")[0]] if "/" in last else [last]


def _network(text: str) -> "IPv4Network | IPv6Network | None":
    """net_parse_range(): an address or a network; an address alone is one host."""
    from ipaddress import ip_network  # noqa: PLC0415 (only where there are such filters)

    try:
        return ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None
