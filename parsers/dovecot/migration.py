"""The move from 2.3 to 2.4: everything that 2.4 does not start with, and its new spelling, ready to be applied as a whole.

Source: dovecot/documentation, docs/installation/upgrade/2.3-to-2.4.md and what it includes (names in renames.json); what comes out was
tried with doveconf of 2.4.1. Names are looked at line by line; `passdb`, `userdb` and `plugin` blocks have another shape in 2.4 and are
written anew.
"""

import re
from collections.abc import Iterator, Sequence

from tlslint.model import Problem, SourceFile, Span
from tlslint.model.remedy import Advice, Edit, Remedy, Rewrite
from tlslint.parsers.dovecot import protocols, settings
from tlslint.parsers.dovecot.syntax import SETTINGS, Block, Kind, Statement, blocks, statements

_SWAPPED = {"yes": "no", "no": "yes"}
HEAD_MESSAGE = "2.4 wants dovecot_config_version"
_HEAD = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n"
_VARIABLE = re.compile(r"%(?:%|(?P<modifiers>[A-Z]*)(?P<letter>[a-z$])|\{(?P<word>[a-z_]+)\}|(?P<other>[\d.]*[A-Z][\w.]*|[\d.]+\w+))")
_KNOWN_LOCATIONS = ("maildir", "mbox", "dbox", "sdbox", "mdbox", "imapc", "pop3c")
_AUTH_DRIVERS = ("pam", "passwd", "passwd-file", "static")


def problems(
    files: Sequence[SourceFile], *, is_written_for_24: bool, sets_protocols: bool, requires_tls: bool, is_fragment: bool
) -> Iterator[Problem]:
    """What to say of a configuration that 2.4 is to read. `is_written_for_24`: it begins with a version, so `%u` and `$name` are meant."""
    mover = _Mover(variables=not is_written_for_24, requires_tls=requires_tls)
    found = []
    for file in files:
        found += list(mover.block(blocks(file, quoted_keys=False), ()))
    if found and not is_written_for_24 and not is_fragment:
        yield _head(files[0], sets_protocols=sets_protocols)
    yield from found


def _head(file: SourceFile, *, sets_protocols: bool) -> Problem:
    """The two versions, and the protocols that 2.3 switches on by itself."""
    text = _HEAD + ("" if sets_protocols else "protocols = imap pop3 lmtp\n")
    ending = "\r\n" if b"\r\n" in file.data[:4096] else "\n"
    first = next((line for line in statements(file, quoted_keys=False) if line.kind is not Kind.SKIP), None)
    at = Span(file, first.whole.start, first.whole.start) if first is not None else Span(file, 0, 0)
    return Problem(
        "setting-renamed",
        f"{HEAD_MESSAGE} before any other setting, and dovecot_storage_version; it does not start without them",
        at,
        "comes first",
        (),
        Rewrite((Edit(at, text.replace("\n", ending).encode()),), "begin with dovecot_config_version and dovecot_storage_version"),
    )


_DEEPEST = 50
"""Blocks within blocks; no setting has a meaning that deep."""


class _Mover:
    """Walks the blocks. `variables`: `%u` and `$name` are 2.3's. `requires_tls`: `ssl = required`. `paths`: of certificates."""

    def __init__(self, *, variables: bool, requires_tls: bool) -> None:
        self.variables = variables
        self.requires_tls = requires_tls
        self.paths: dict[str, bytes] = {}
        self.names: dict[str, int] = {}

    def block(self, block: Block, within: tuple[str, ...]) -> Iterator[Problem]:
        """Problems of a block's settings and of the blocks in it."""
        for item in block.items:
            if isinstance(item, Block):
                if item.key == "plugin" and item.begin is not None:
                    yield from self.plugin(item)
                elif item.key in ("passdb", "userdb") and item.begin is not None and not item.begin.value:
                    yield from self.database(item)
                elif item.key == "dict" and item.begin is not None and not item.begin.value:
                    yield self.dictionaries(item)
                elif item.key == "auth" and item.begin is not None:
                    yield self.advise(item.begin, "there is no auth { } block since 2.0: what stands in it are settings of their own")
                else:
                    if item.key == "namespace" and item.begin is not None and not item.begin.value:
                        yield self.named(item, self.unused("inbox" if _says(item, "inbox", "yes") else "public"))
                    elif item.key == "inet_listener" and item.begin is not None and not item.begin.value:
                        yield self.named(item, self.unused("tcp", "inet_listener"))
                    elif item.key == "local_name" and item.begin is not None and " " in item.begin.value.strip():
                        yield self.one_name_each(item)
                    if len(within) < _DEEPEST:
                        yield from self.block(item, (*within, item.key))
            elif item.kind in SETTINGS:
                found = self.setting(item, within)
                if found is not None:
                    yield found

    def setting(self, line: Statement, within: tuple[str, ...]) -> Problem | None:
        """A line whose name or value 2.4 reads otherwise."""
        inner = within[-1] if within else ""
        data = settings.moves()
        row = data["blocks"].get(inner, {}).get(line.key)
        if row is None and inner in ("", "protocol", "local", "remote", "local_name"):
            row = data["settings"].get(line.key)
        if row is not None:
            return _renamed(line, row, self)
        if line.key == "ssl_options" and "no_compression" in line.value.split():
            words = [word for word in line.value.split() if word != "no_compression"]
            edit = Edit(line.value_span, " ".join(words).encode()) if words else Edit(line.whole, b"")
            return _problem(
                line, "no_compression is no word of ssl_options since 2.4: compression is off anyway", Rewrite((edit,), "leave it out")
            )
        if line.key == "ssl_min_protocol" and line.value == "SSLv3":
            edit = Edit(line.value_span, b"TLSv1.2")
            message = "SSLv3 is no word of ssl_min_protocol since 2.4: every handshake fails"
            return _problem(line, message, Rewrite((edit,), "write TLSv1.2", "old clients lose access"))
        if not self.variables or inner in ("fields", "passdb", "userdb"):
            return None
        edits = self.value(line)
        if isinstance(edits, str):
            return self.advise(line, edits)
        if edits:
            return _problem(line, "variables are written otherwise since 2.4", Rewrite(edits, "write them as 2.4 does"))
        return None

    def value(self, line: Statement) -> tuple[Edit, ...] | str:
        """`%u` and `$name` in a value as 2.4 writes them; a sentence where there is no translation."""
        if line.key == "mail_plugins" and "$mail_plugins" in line.value.split():
            return self.plugins(line)
        found: list[Edit] = []
        text = line.value_span.data.decode("latin-1")
        if line.kind is Kind.VARIABLE:
            for match in re.finditer(r"(?<!\S)\$(?!ENV:|SET:)(\S+)", text):
                at = line.value_span.start + match.start(1)
                found.append(Edit(Span(line.value_span.file, at, at), b"SET:"))
        if line.key.startswith(("ssl", "log_timestamp")) or "%" not in text:
            return tuple(found)
        for match in _VARIABLE.finditer(text):
            new = translated(match, line.key)
            if new is None:
                return f"'{match.group()}' has no translation for 2.4, where variables read %{{user | lower}}"
            if new != match.group():
                start = line.value_span.start + match.start()
                found.append(Edit(Span(line.value_span.file, start, start + len(match.group())), new.encode()))
        return tuple(found)

    def plugins(self, line: Statement) -> tuple[Edit, ...]:
        """`mail_plugins = $mail_plugins x` adds to the list: a block in 2.4."""
        indent = _indent(line)
        names = [word for word in line.value.split() if word != "$mail_plugins"]
        text = "".join(f"{indent}  {name} = yes\n" for name in names)
        return (_lines(line, f"{indent}mail_plugins {{\n{text}{indent}}}\n" if names else ""),)

    def plugin(self, block: Block) -> Iterator[Problem]:
        """What stood in `plugin { }` stands outside of it; what only a person can write stays where it is."""
        begin, rows = block.begin, settings.moves()["plugin"]
        if begin is None or block.end is None:
            return
        text: list[str] = []
        kept: list[bytes] = []
        left: list[Statement] = []
        moved = False
        for item in block.items:
            statement = item.begin if isinstance(item, Block) else item
            new = self.plugin_line(item, rows, _indent(begin)) if isinstance(item, Statement) and item.kind in SETTINGS else None
            if isinstance(item, Statement) and item.kind is Kind.SKIP:
                text.append(item.whole.data.decode("latin-1").removeprefix("  "))
            elif new is not None:
                moved = True
                text.append(new)
            elif statement is not None:
                left.append(statement)
                end = item.end if isinstance(item, Block) else item
                kept.append(begin.whole.file.data[statement.whole.start : (end or statement).whole.end])
        whole = Span(begin.whole.file, begin.whole.start, block.end.whole.end)
        ending = "\r\n" if begin.whole.data.endswith(b"\r\n") else "\n"
        said = "".join(text).replace("\r\n", "\n").replace("\n", ending).encode("latin-1")
        if kept:
            said += begin.whole.data + b"".join(kept) + block.end.whole.data
        if moved or not left:
            message = "there is no plugin { } block since 2.4: what stands in it are settings of their own"
            rewrite = Rewrite((Edit(whole, said),), "write them outside of the block")
            yield Problem("setting-renamed", message, begin.span, "of 2.3", (), rewrite)
        for line in left:
            yield self.advise(
                line, f"{line.key} of plugin {{ }} has another shape since 2.4; see the upgrade page of Dovecot's documentation"
            )

    def plugin_line(self, line: Statement, rows: dict[str, str], indent: str) -> str | None:
        """One setting of `plugin { }` in 2.4's words; None: only a person can write it."""
        key = line.key
        value = self.translated(line)
        if value is None:
            return None
        match = re.fullmatch(r"sieve_(before|after)(\d*)", key)
        if key == "sieve" or match or key in ("sieve_default", "sieve_global_dir", "sieve_global", "sieve_dir"):
            role = match.group(1) if match else {"sieve": "personal", "sieve_default": "default", "sieve_dir": ""}.get(key, "global")
            if not role:
                return ""  # the folder of a personal script is its path in 2.4
            path, *options = value.removeprefix("file:").split(";")
            active = next((word.partition("=")[2] for word in options if word.startswith("active=")), "")
            inside = f"{indent}  type = {role}\n{indent}  path = {path}\n" + (f"{indent}  active_path = {active}\n" if active else "")
            return f"{indent}sieve_script {role}{match.group(2) if match else ''} {{\n{inside}{indent}}}\n"
        if key in ("sieve_extensions", "sieve_global_extensions", "sieve_plugins") and re.search(r"[+-]", value):
            words = "".join(f"{indent}  {word.lstrip('+-')} = {'no' if word[0] == '-' else 'yes'}\n" for word in value.split())
            return f"{indent}{key} {{\n{words}{indent}}}\n"
        if key == "acl_anyone":
            return f"{indent}imap_acl_allow_anyone = {'yes' if value == 'allow' else 'no'}\n"
        if key == "acl" and value.startswith("vfile"):
            path = value.partition(":")[2].partition(":")[0]
            return f"{indent}acl_driver = vfile\n" + (f"{indent}acl_global_path = {path}\n" if path else "")
        if key == "quota" and re.fullmatch(r"(?:count|maildir|fs|dict):[^:]*", value):
            driver, _, name = value.partition(":")
            return None if driver == "dict" else f'{indent}quota "{name or "User quota"}" {{\n{indent}  driver = {driver}\n{indent}}}\n'
        rule = re.fullmatch(r"\*:(?:bytes|storage)=(\d+[KMGT]?)", value) if key == "quota_rule" else None
        if rule:
            return f"{indent}quota_storage_size = {rule.group(1)}\n"
        kind = settings.kind_of(key, settings.release("2.4.1"))
        if kind is None and settings.kind_of(rows.get(key, ""), settings.release("2.4.1")) == "size" and "%" in value:
            return None  # a share of the quota: a size of its own in 2.4
        new = rows.get(key, key if kind not in (None, "filter", "filters", "list") else None)
        return None if new is None else f"{indent}{new} = {value}\n"

    def translated(self, line: Statement) -> str | None:
        """The value's bytes with variables as 2.4 writes them; None: there is no translation."""
        data = line.value_span.data
        edits = self.value(line) if self.variables else ()
        if isinstance(edits, str):
            return None
        for edit in sorted(edits, key=lambda edit: -edit.span.start):
            start = edit.span.start - line.value_span.start
            data = data[:start] + edit.replacement + data[start + edit.span.end - edit.span.start :]
        return data.decode("latin-1")

    def database(self, block: Block) -> Iterator[Problem]:
        """`passdb { driver = pam args = … }` and `userdb`: the block gets a name, `args` becomes settings of the driver's own."""
        begin = block.begin
        driver = block.last("driver")
        if begin is None or block.end is None or driver is None:
            return
        args = block.last("args")
        words = [self.word(word, "args") for word in args.value.strip("\"'").split()] if args is not None else []
        known = [word for word in words if word is not None]
        wrote = self.arguments(begin.key, driver.value, known, _indent(args or driver)) if len(known) == len(words) else None
        if wrote is None:
            where = f" {args.value} says" if args is not None else ""
            yield self.advise(
                begin, f"what{where} belongs into a named {begin.key} {{ }} block since 2.4 ({driver.value} has settings of its own)"
            )
            return
        edits = [
            Edit(Span(begin.key_span.file, begin.key_span.end, begin.key_span.end), f" {self.unused(driver.value, begin.key)}".encode())
        ]
        for line in block.lines:
            if line is args:
                edits.append(_lines(line, wrote))
            elif line.key in ("default_fields", "override_fields"):
                suffix = ":default" if line.key == "default_fields" else ""
                edits.append(
                    _lines(line, _fields([self.word(word, "fields") or word for word in line.value.split()], _indent(line), suffix))
                )
            elif line.key == "mechanisms":
                edits.append(Edit(line.key_span, b"mechanisms_filter"))
            elif line.key in ("pass", "blocking"):
                edits.append(Edit(line.whole, b""))
        message = f"{begin.key} needs a name since 2.4, and args are settings of their own"
        yield Problem(
            "setting-renamed", message, begin.span, "of 2.3", (), Rewrite(tuple(edits), f"name the {begin.key} and write out its args")
        )

    def word(self, text: str, key: str) -> str | None:
        """A word with 2.3's variables in it; None: one has no translation."""
        if not self.variables:
            return text
        parts, at = [], 0
        for match in _VARIABLE.finditer(text):
            new = translated(match, key)
            if new is None:
                return None
            parts += [text[at : match.start()], new]
            at = match.end()
        return "".join([*parts, text[at:]])

    def arguments(self, kind: str, driver: str, words: list[str], indent: str) -> str | None:
        """`args` of a driver as settings, line by line; None: only a person can write them."""
        if driver not in _AUTH_DRIVERS:
            return None if words or driver not in ("sql", "ldap") else ""
        lines: list[str] = []
        fields: list[str] = []
        for word in words:
            name, is_pair, value = word.partition("=")
            if driver == "pam":
                if name == "session" and is_pair:
                    lines.append(f"session = {value}")
                elif name in ("setcred", "failure_show_msg") and is_pair:
                    lines.append(f"{name} = {value}")
                elif name == "max_requests" and is_pair:
                    lines.append(f"max_requests = {value}")
                elif name == "cache_key":
                    continue
                else:
                    lines.append(f"service_name = {word}")
            elif driver == "passwd-file":
                if name == "scheme" and is_pair:
                    lines.append(f"default_password_scheme = {value}")
                elif name == "username_format" and is_pair:
                    lines.append(f"auth_username_format = {value}")
                else:
                    lines.append(f"passwd_file_path = {word}")
            elif driver == "static":
                if name == "password" and kind == "passdb":
                    lines.append(f"password = {value}")
                elif name == "allow_all_users":
                    lines.append(f"static_allow_all_users = {value}")
                else:
                    fields.append(word)
            elif name == "blocking":
                lines.append(f"use_worker = {value}")
            else:
                return None
        said = "".join(f"{indent}{line}\n" for line in lines)
        return said + (_fields(fields, indent, "") if fields else "")

    def dictionaries(self, block: Block) -> Problem:
        """`dict { }`: empty in the package's own file of 2.3, where it only goes."""
        begin = block.begin
        assert begin is not None  # noqa: S101 (the file itself is no dict)
        if block.lines or block.end is None:
            return self.advise(begin, "each dictionary is a named dict { } block inside the setting that uses it since 2.4")
        whole = Span(begin.whole.file, begin.whole.start, block.end.whole.end)
        return _problem(begin, "dict { } without a name is gone since 2.4", Rewrite((Edit(whole, b""),), "remove the empty block"))

    def named(self, block: Block, name: str) -> Problem:
        """Blocks that may stand several times have names in 2.4."""
        begin = block.begin
        assert begin is not None  # noqa: S101 (the file itself is no such block)
        at = Span(begin.key_span.file, begin.key_span.end, begin.key_span.end)
        return _problem(begin, f"{begin.key} needs a name since 2.4", Rewrite((Edit(at, f" {name}".encode()),), f"call it {name}"))

    def one_name_each(self, block: Block) -> Problem:
        """A `local_name` for several names: one block for each in 2.4."""
        begin, end = block.begin, block.end
        message = "local_name takes one name in 2.4: each needs its own block"
        if begin is None or end is None:
            return self.advise(begin or end, message)  # type: ignore[arg-type]
        body = begin.whole.file.data[begin.value_span.end : end.whole.end]
        body = body[1:] if begin.quoted else body
        lead = begin.whole.data[: begin.key_span.start - begin.whole.start]
        copies = b"".join(lead + b"local_name " + name.encode("latin-1") + body for name in begin.value.split())
        whole = Span(begin.whole.file, begin.whole.start, end.whole.end)
        return _problem(begin, message, Rewrite((Edit(whole, copies),), "repeat the block for each name"))

    def unused(self, name: str, kind: str = "namespace") -> str:
        """A block's name that no other block of its kind has."""
        number = self.names[f"{kind} {name}"] = self.names.get(f"{kind} {name}", 0) + 1
        return name if number == 1 else f"{name}{number}"

    def advise(self, line: Statement, message: str) -> Problem:
        """Something only a person can write."""
        return _problem(line, message, Advice("write it as Dovecot's page on upgrading from 2.3 to 2.4 says"))


def _renamed(line: Statement, row: dict[str, str], mover: _Mover) -> Problem:
    key, to, note = line.key, row["to"], row.get("note", "")
    if to:
        message = f"{key} is {to} since 2.4, which does not start with the old name"
    else:
        message = f"{key} is gone since 2.4, which does not start with it"
    return Problem(
        "setting-renamed", message + (f"; {note}" if note else ""), line.key_span, "the name of 2.3", (), _rewritten(line, row, mover)
    )


def _rewritten(line: Statement, row: dict[str, str], mover: _Mover) -> Remedy:  # noqa: C901 (one for each way)
    """The same thing said in the words of 2.4, as edits."""
    to, how = row["to"], row["how"]
    key = Edit(line.key_span, to.encode())
    value = line.value_span
    word = line.value.lower()
    if how == "drop":
        return Rewrite((Edit(line.whole, b""),), "remove the line")
    if how == "copy":
        edits = mover.value(line) if mover.variables else ()
        return Advice(edits) if isinstance(edits, str) else Rewrite((key, *edits), f"write {to}")
    if how == "path" and line.kind is not Kind.VARIABLE:
        inner = value.data[1:].lstrip() if value.data[:1] == b"<" else value.data
        mover.paths[line.key] = inner
        edits = (key, Edit(Span(value.file, value.start, value.end - len(inner)), b"")) if len(inner) != len(value.data) else (key,)
        return Rewrite(edits, f"write {to} = the file's path, without '<'")
    if how == "path" and line.value[1:] in mover.paths:
        return Rewrite((key, Edit(value, mover.paths[line.value[1:]])), f"write {to} = the path itself")
    if how == "path":
        return Advice(f"write {to} = the path of the file")
    if how == "invert" and word == "no" and mover.requires_tls and key.replacement == b"auth_allow_cleartext":
        return Rewrite((Edit(line.whole, b""),), "remove the line: with ssl = required it has no effect, and 2.4 does not start with both")
    if how == "invert" and word in _SWAPPED:
        return Rewrite((key, Edit(value, _SWAPPED[word].encode())), f"write {to} = {_SWAPPED[word]}")
    if how == "server-client" and word in _SWAPPED:
        chosen = "server" if word == "yes" else "client"
        return Rewrite((key, Edit(value, chosen.encode())), f"write {to} = {chosen}")
    if how == "minimum":
        least = protocols.minimum_of_list(line.value)
        least = "TLSv1.2" if least in (None, "SSLv3") else least
        return Rewrite((key, Edit(value, str(least).encode())), f"write {to} = {least}")
    if how == "unlimited":
        return Rewrite((key, Edit(value, b"unlimited")) if word == "0" else (key,), f"write {to}" + (" = unlimited" if word == "0" else ""))
    if how == "log" and word in _SWAPPED:
        if word == "no":
            return Rewrite((Edit(line.whole, b""),), "remove the line")
        return Rewrite((key, Edit(value, b"category=ssl")), "write log_debug = category=ssl")
    if how == "auth-worker" and word.isdigit():
        indent = _indent(line)
        return Rewrite(
            (_lines(line, f"{indent}service auth-worker {{\n{indent}  process_limit = {word}\n{indent}}}\n"),), "write process_limit"
        )
    if how == "location":
        text = mover.translated(line)
        said = None if text is None else location(text)
        if said is not None:
            indent = _indent(line)
            return Rewrite((_lines(line, "".join(f"{indent}{one}\n" for one in said)),), "write " + ", ".join(said))
    return Advice(row.get("note") or f"write {to}")


def location(text: str) -> list[str] | None:
    """`maildir:~/Maildir:INDEX=/x` as settings of 2.4; None: it has a part that has no name there."""
    parts = text.strip("\"'").split(":")
    if parts == [""]:
        return []
    lines = []
    if parts[0] in _KNOWN_LOCATIONS:
        lines.append(f"mail_driver = {parts.pop(0)}")
    elif not parts[0].startswith(("/", "~", "%")):
        return None
    if parts and "=" not in parts[0]:
        path = parts.pop(0)
        lines += [f"mail_path = {path}"] if path else []
    rows = settings.moves()["location"]
    for part in parts:
        name, _, value = part.partition("=")
        if name not in rows:
            return None
        lines.append(f"{rows[name]} = {value or 'yes'}")
    return lines


def translated(match: re.Match[str], key: str) -> str | None:
    """One of 2.3's variables in the words of 2.4; None: there is no translation."""
    data = settings.moves()["variables"]
    if match.group() == "%%":
        return "%%"
    if key == "pop3_uidl_format":
        uidl = re.fullmatch(r"%(?:0?(\d)X)?([uvgfm])", match.group())
        name = {"u": "uid", "v": "uidvalidity", "g": "guid", "f": "filename", "m": "md5"}[uidl.group(2)] if uidl else ""
        return f"%{{{name}{f' | hex({uidl.group(1)})' if uidl.group(1) else ''}}}" if uidl else None
    if match.group("other"):
        return None
    if key in ("rejection_reason", "rejection_subject"):
        said = {"n": "literal('\\r\\n')", "r": "reason", "s": "subject", "t": "to"}.get(match.group("letter") or "")
        return f"%{{{said}}}" if said else match.group()
    word = match.group("word")
    if word is not None:
        new = data["words"].get(word)
        return f"%{{{new}}}" if new else match.group()
    letter, modifiers = match.group("letter"), match.group("modifiers")
    own = data["logout"] if key.endswith("logout_format") else data["delivery"] if key == "deliver_log_format" else {}
    new = own.get(letter) or data["letters"].get(letter)
    filters = [data["modifiers"].get(modifier) for modifier in modifiers]
    if new is None or None in filters:
        return None
    return "%{" + " | ".join([new, *(str(each) for each in filters)]) + "}"


def _fields(words: list[str], indent: str, suffix: str) -> str:
    pairs = [word.partition("=") for word in words]
    inside = "".join(f"{indent}  {name}{suffix} = {value or 'yes'}\n" for name, _, value in pairs)
    return f"{indent}fields {{\n{inside}{indent}}}\n"


def _problem(line: Statement, message: str, remedy: Remedy) -> Problem:
    return Problem("setting-renamed", message, line.span, "of 2.3", (), remedy)


def _says(block: Block, key: str, value: str) -> bool:
    line = block.last(key)
    return line is not None and line.value.lower() == value


def _indent(line: Statement) -> str:
    start = line.whole.file.data.rfind(b"\n", 0, line.span.start) + 1
    return line.whole.file.data[start : line.span.start].decode("latin-1")


def _lines(line: Statement, text: str) -> Edit:
    """Other lines in place of a line, with its line end."""
    data = line.whole.data
    if data.endswith(b"\r\n"):
        text = text.replace("\n", "\r\n")
    said = text.encode("latin-1", "replace")
    return Edit(line.whole, said if data.endswith(b"\n") or not said else said.rstrip(b"\r\n"))
