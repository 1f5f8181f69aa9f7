"""cn=config in all its forms: a slapd.d tree, one LDIF file of it, and LDIF that changes it.

Follows servers/slapd/back-ldif/ldif.c, servers/slapd/entry.c str2entry2(), config_parse_ldif() of servers/slapd/config.c and
clients/tools/ldapmodify.c; seen on slapd 2.5.13.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from tlslint.files import FileProblem, Files
from tlslint.model import Problem, SourceFile, Span
from tlslint.model.remedy import Rewrite
from tlslint.model.struct import Struct
from tlslint.parsers.openldap import arguments, directives, ldif, modules, names
from tlslint.parsers.openldap.configuration import Configuration, Database, Setting
from tlslint.parsers.openldap.slapdconf import Build, moved_comment, rewritten

MAX_FOLDED = 1024 * 1024
"""Larger files are searched for a plain `dn: …cn=config` only: a directory's dump has base 64 names by the thousand."""

_ORDER = re.compile(r"^\{-?\d+\}")
_SINGLE = re.compile(r"olctls\w+|olclocalssf|olcpidfile|olcargsfile")
_OWN = frozenset({"olcconfigfile", "olcconfigdir", "olcdatabase", "olcoverlay", "olcbackend", "olcinclude"})
_OPERATIONAL = frozenset(
    {
        *("objectclass", "cn", "structuralobjectclass", "entryuuid", "creatorsname", "createtimestamp", "entrycsn", "modifiersname"),
        *("modifytimestamp", "entrydn", "subschemasubentry", "hassubordinates", "contextcsn"),
    }
)
_BUILT_IN = frozenset(
    {
        *("aliasedentryname", "aliasedobjectname", "altserver", "attributetypes", "children", "cn", "commonname", "contextcsn"),
        *("createtimestamp", "creatorsname", "description", "distinguishedname", "dynamicsubtrees", "entry", "entrycsn", "entrydn"),
        *("entryttl", "entryuuid", "gidnumber", "hassubordinates", "labeleduri", "ldapsyntaxes", "matchingrules", "matchingruleuse"),
        *(
            "modifiersname",
            "modifytimestamp",
            "name",
            "namingcontexts",
            "objectclass",
            "objectclasses",
            "pkcs8privatekey",
            "pwdlastsuccess",
        ),
        *("ref", "seealso", "structuralobjectclass", "subschemasubentry", "supportedcontrol", "supportedextension", "supportedfeatures"),
        *("supportedldapversion", "supportedsaslmechanisms", "uid", "uidnumber", "userid", "userpassword", "vendorname", "vendorversion"),
        *("authzto", "authzfrom", "saslauthzto", "saslauthzfrom"),
    }
)
"""Attributes slapd knows without any schema (schema_prep.c; what cn=Subschema of 2.5.13 lists)."""
_FOREIGN = re.compile(r"olc(?:tls|tl|securit|disal|localss)\w*", re.IGNORECASE)


class Change(Struct):
    """One record of a change: the entry it is about and its parts."""

    record: ldif.Record
    dn: str
    kind: str
    """`add`, `modify`, `delete`, or "" for a record that tlslint does not follow (renames)."""


class Entry:
    """One entry: its values in order. `anchor`: the line that names it."""

    def __init__(self, dn: str, anchor: Span, values: Sequence[ldif.Value] = ()) -> None:
        self.dn = dn
        self.anchor = anchor
        self.values: list[ldif.Value] = list(values)
        self.touched: set[str] = set()


class Store:
    """Entries by their name, in the order in which slapd reads them."""

    def __init__(self, root: SourceFile) -> None:
        self.root = root
        self.files: list[SourceFile] = [root]
        self.entries: dict[str, Entry] = {}
        self.problems: list[Problem] = []
        self.fatal: tuple[str, Span] | None = None
        self.is_loaded = False
        """Read with slapadd, which refuses what a running slapd passes over."""
        self.has_base = False
        """Was the cn=config entry itself seen?"""

    def copy(self) -> "Store":
        """The entries as they are now."""
        twin = Store(self.root)
        twin.files, twin.problems, twin.fatal = list(self.files), list(self.problems), self.fatal
        twin.is_loaded, twin.has_base = self.is_loaded, self.has_base
        for dn, entry in self.entries.items():
            kept = twin.entries[dn] = Entry(dn, entry.anchor, entry.values)
            kept.touched = set(entry.touched)
        return twin


# ---- reading


def normal(dn: str) -> str:
    """A name as it is compared: lower case, no blanks around commas and equals signs."""
    return re.sub(r"\s*([,=+])\s*", r"\1", dn.strip()).lower()


def is_ours(dn: str) -> bool:
    """cn=config or below it."""
    return dn == "cn=config" or dn.endswith(",cn=config")


def tree(root: str, files: Files) -> Store:
    """A slapd.d tree, from its cn=config.ldif. Raises `FileProblem` when that cannot be had."""
    store = Store(files.read(root))
    _entry_of(store, store.root, "cn=config")
    for path in _walk(files, root.removesuffix(".ldif")):
        try:
            source = files.read(path)
        except FileProblem:
            continue
        store.files.append(source)
        below = path[len(root) - len("cn=config.ldif") :].removesuffix(".ldif").split("/")
        _entry_of(store, source, ",".join(reversed(below)))
    store.has_base = True
    return store


def _walk(files: Files, folder: str) -> Iterator[str]:
    """Entries below a folder as back-ldif orders them: by index, then by name."""
    try:
        found = files.names(folder) if files.kind(folder) == "directory" else []
    except FileProblem:
        return
    for name in sorted((each for each in found if each.endswith(".ldif")), key=_index):
        yield f"{folder}/{name}"
        if not name.startswith("cn=schema"):
            yield from _walk(files, f"{folder}/{name.removesuffix('.ldif')}")


def _index(name: str) -> tuple[str, int, str]:
    match = re.search(r"\{(-?\d{1,9})\}", name)
    return (name.partition("=")[0], int(match[1]) if match else 0, name)


def _entry_of(store: Store, source: SourceFile, dn: str) -> None:
    """The one entry of a file of slapd.d: what follows an empty line is not read."""
    for record in ldif.records(source):
        named = record.dn
        anchor = named.span if named is not None else Span(source, 0, 0)
        store.entries[normal(dn)] = Entry(normal(dn), anchor, [value for value in record.values if value.key != "dn"])
        if named is None:
            break
        return
    name = source.path.rpartition("/")[2]
    store.fatal = store.fatal or (f"{name} lies in slapd.d and holds no entry (no dn)", Span(source, 0, 0))


def changes(source: SourceFile) -> list[Change]:
    """The records of an LDIF file that are about cn=config."""
    found = []
    for record in ldif.records(source):
        named = record.dn
        if named is None or named.problem:
            continue
        dn = normal(named.text)
        if is_ours(dn):
            found.append(Change(record, dn, _kind(record)))
    return found


def _kind(record: ldif.Record) -> str:
    said = next((value.text.strip().lower() for value in record.values if value.key == "changetype"), None)
    if said is not None:
        return said if said in ("add", "modify", "delete") else ""
    keys = {value.key for value in record.values}
    return "modify" if record.separators or keys & {"replace", "add", "delete"} else "add"


def whole(source: SourceFile, version: str) -> Store:
    """One LDIF file that holds cn=config itself, as slapadd would load it."""
    store = Store(source)
    store.is_loaded = True
    for record in ldif.records(source):
        named = record.dn
        first = record.values[0] if record.values else None
        if named is None:
            if first is not None and first.key != "include" and store.fatal is None:
                what = "version: 1" if first.key == "version" else first.span.text.split("\n", 1)[0][:40]
                store.fatal = (f"slapadd does not load a record without dn ({what})", first.span)
            continue
        second = [value for value in record.values if value.key == "dn"][1:]
        if second and store.fatal is None:
            store.fatal = ("two entries without an empty line between them: slapadd does not load them", second[0].span)
        if first is not None and first.key == "version" and store.fatal is None:
            store.fatal = ("slapadd does not take 'version: 1'", first.span)
        dn = normal(named.text)
        if is_ours(dn) and _kind(record) == "add":
            store.entries[dn] = Entry(
                dn, named.span, [value for value in record.values if value.key not in ("dn", "changetype", "version")]
            )
            store.has_base = store.has_base or dn == "cn=config"
    del version
    return store


def apply(store: Store, change: Change) -> str:
    """Carry out a change; returns why the server refuses it, "" when it does not."""
    entry = store.entries.get(change.dn)
    values = [value for value in change.record.values if value.key not in ("dn", "changetype", "version", "control")]
    named = change.record.dn
    anchor = named.span if named is not None else change.record.whole
    if change.kind == "add":
        if entry is not None and store.has_base:
            return "the entry is there already"
        store.entries[change.dn] = Entry(change.dn, anchor, values)
        return ""
    if change.kind == "delete":
        store.entries.pop(change.dn, None)
        return ""
    if change.kind != "modify":
        return ""
    if entry is None:
        if store.has_base and change.dn.startswith("cn=config"):
            return "there is no such entry"
        entry = store.entries[change.dn] = Entry(change.dn, anchor)
    for operation, part in _operations(change.record):
        if operation.text.strip().lower() == "olcsecurity" and operation.key != "add" and store.has_base:
            why = _security(store, entry, operation, part)
        else:
            why = _operate(entry, operation, part, is_known=store.has_base)
        if why:
            return why
    return ""


def _operations(record: ldif.Record) -> Iterator[tuple[ldif.Value, list[ldif.Value]]]:
    """`replace: attribute` and its like, each with the values that follow up to the next one."""
    current: tuple[ldif.Value, list[ldif.Value]] | None = None
    for number, value in enumerate(record.values):
        if value.key in ("dn", "changetype", "version", "control"):
            continue
        begins = value.key in ("replace", "add", "delete") and (current is None or number in record.separators)
        if begins:
            if current is not None:
                yield current
            current = (value, [])
        elif current is not None:
            current[1].append(value)
    if current is not None:
        yield current


def _security(store: Store, entry: Entry, operation: ldif.Value, part: list[ldif.Value]) -> str:
    """config_security() knows no delete: factors that are there stay until slapd is started again, and one alone cannot be named."""
    present = [value for value in entry.values if value.key == "olcsecurity"]
    if operation.key == "delete" and part:
        return "slapd cannot take one factor away"
    if operation.key == "delete" and not present:
        return "olcSecurity has no such value"
    entry.touched.add("olcsecurity")
    said = {value.text.partition("=")[0].lower() for value in part}
    stays = [value.text for value in present if value.text.partition("=")[0].lower() not in said]
    if stays:
        message = f"{' '.join(stays)} stays in force until slapd is started again: a running slapd takes no factor of olcSecurity away"
        store.problems.append(Problem("means-something-else", message, operation.span, "not at once"))
    entry.values += part
    return ""


def _operate(entry: Entry, operation: ldif.Value, part: list[ldif.Value], *, is_known: bool) -> str:
    key = operation.text.strip().partition(";")[0].lower()
    part = [value for value in part if value.key == key]
    present = [value for value in entry.values if value.key == key]
    entry.touched.add(key)
    if operation.key == "add":
        if present and _SINGLE.fullmatch(key):
            return f"{operation.text} has a value already"
        entry.values += part
    elif operation.key == "replace":
        entry.values = [value for value in entry.values if value.key != key] + part
    else:
        texts = {value.text.lower() for value in part}
        if is_known and (not present or not texts <= {value.text.lower() for value in present}):
            return f"{operation.text} has no such value"
        entry.values = [value for value in entry.values if value.key != key or (texts and value.text.lower() not in texts)]
    return ""


# ---- from entries to settings


def configuration(store: Store, build: Build, *, fragment: bool) -> Configuration:
    """What the entries set."""
    found = Configuration(store.root)
    found.files = list(store.files)
    found.problems = list(store.problems)
    found.fragment = fragment
    found.is_ldif = True
    found.fatal = store.fatal
    if store.fatal is not None:
        found.problems.append(Problem("refused", f"{store.fatal[0]}, so slapd has no configuration", store.fatal[1]))
    reader = _Reader(found, store, build)
    for entry in sorted(store.entries.values(), key=lambda entry: (entry.dn.count(","), *_index(entry.dn.partition(",")[0]))):
        reader.entry(entry)
    if not store.is_loaded and not fragment and not reader.has_schema:
        for entry in store.entries.values():
            reader.schema(entry)
    return found


class _Reader:
    def __init__(self, found: Configuration, store: Store, build: Build) -> None:
        self.found = found
        self.store = store
        self.build = build
        self.by_dn: dict[str, Database] = {}
        self.loaded = modules.Loaded(build.version, build.modules)
        self.has_schema = False

    def entry(self, entry: Entry) -> None:
        if not self.store.is_loaded and not self.found.fragment:
            self.foreign(entry)
        rdn = entry.dn.partition(",")[0]
        kind, _, name = rdn.partition("=")
        name = _ORDER.sub("", name)
        if entry.dn == "cn=config":
            for key in entry.touched:
                row = directives.with_attribute(key, self.build.version)
                if row is not None:
                    self.found.touched.add(row.name.lower())
            self.values(entry, None)
        elif kind == "olcdatabase":
            self.present(self.loaded.database(name)[1], entry)
            database = Database(name, entry.anchor)
            self.by_dn[entry.dn] = database
            self.found.databases.append(database)
            self.values(entry, database)
        elif kind == "olcoverlay":
            self.present(self.loaded.overlay(name)[1], entry)
            parent = self.by_dn.get(entry.dn.partition(",")[2])
            if parent is not None:
                parent.overlays.append(name)
            self.values(entry, parent)
        elif kind == "olcbackend":
            self.present(self.loaded.database(name)[1], entry)
        elif kind == "cn" and name.startswith("module"):
            self.values(entry, None)
            for value in entry.values:
                if value.key == "olcmoduleload" and not value.problem:
                    missing = self.loaded.load(_ORDER.sub("", value.text).strip('"'))
                    if missing is not None:
                        self.refuse(missing.message, value.value_span, missing.rule)
        elif kind == "cn" and name == "schema":
            self.has_schema = True

    def schema(self, entry: Entry) -> None:
        """A tree kept without cn=schema does not start where it names attributes slapd does not bring itself; the host may have it."""
        for value in entry.values:
            if value.key == "olcdbindex":
                words = _ORDER.sub("", value.text).split(None, 1)[:1]
            else:
                words = re.findall(r"(?i)\battrs?=([^\s=]+)", value.text) if value.key == "olcaccess" else []
            named = [name for word in words for name in word.lower().split(",") if name not in _BUILT_IN and name not in ("default", "*")]
            if named and self.found.doubt is None:
                self.found.doubt = (f"the schema that defines {named[0]}", value.span)

    def present(self, missing: modules.Missing | None, entry: Entry) -> None:
        """A type that needs a module nobody loads. Of a change alone nothing can be said, the rest may load it; nor of a copy that was kept
        without its modules and schema."""
        if missing is None:
            return
        if missing.rule != "refused":
            self.refuse(missing.message, entry.anchor, missing.rule)
        elif not self.found.fragment and (self.has_schema or self.loaded.names):
            self.refuse(missing.message, entry.anchor)
        elif self.found.doubt is None:
            self.found.doubt = ("what loads its modules", entry.anchor)

    def foreign(self, entry: Entry) -> None:
        """What lies in the tree and is no entry of cn=config ends slapd (config_add_internal()); without any class it is passed over."""
        classes = [value.text.lower() for value in entry.values if value.key == "objectclass"]
        own = [each for each in classes if each.startswith("olc") and (each != "olcglobal" or entry.dn == "cn=config")]
        if classes and not own:
            name = entry.anchor.file.path.rpartition("/")[2]
            self.refuse(f"{name} lies in slapd.d and holds no entry of cn=config, so slapd does not start", entry.anchor)

    def values(self, entry: Entry, database: Database | None) -> None:
        seen: dict[str, ldif.Value] = {}
        for value in entry.values:
            if value.problem:
                self.refuse(f"{value.name}: {value.problem}", value.span)
                continue
            row = directives.with_attribute(value.key, self.build.version)
            if row is None or (";" in value.name and row.kind != "BINARY" and not self.store.is_loaded):
                self.unknown(value, database)
                continue
            if value.key in seen and self.store.is_loaded and _SINGLE.fullmatch(value.key):
                self.refuse(f"{value.name} can have one value only", value.span)
            seen[value.key] = value
            if self.store.is_loaded:
                self.misplaced(value, row, database)
            if value.how == ":<":
                self.found.unseen = self.found.unseen or (value.text.strip(), value.value_span)
                setting = _setting(value, row.name.lower(), ("",), (value.value_span,))
            else:
                setting = self.setting(value, row, database)
            (self.found.overall if database is None else database.settings).append(setting)

    def misplaced(self, value: ldif.Value, row: directives.Directive, database: Database | None) -> None:
        """slapadd checks what an entry may hold."""
        if database is not None and row.name.lower().startswith(("tls", "localssf", "disallows", "allows", "loglevel", "pidfile")):
            self.refuse(f"{value.name} belongs in cn=config itself, not in a database", value.name_span)
        if ";" in value.name and row.kind != "BINARY":
            self.refuse(f"{value.name}: {row.attribute} takes no option", value.name_span)

    def setting(self, value: ldif.Value, row: directives.Directive, database: Database | None) -> Setting:
        text = _ORDER.sub("", value.text)
        if row.kind in ("BERVAL", "BINARY") or ("QUOTE" in row.places and text[:1] != '"'):
            words, spans = [text], [value.value_span]
        else:
            words, spans = split(value, text)
        why = arguments.refused(row, words, in_database=True, after_database=False, library=self.build.library)
        if why:
            extra = next((span for word, span in zip(words, spans, strict=False) if word.startswith("#")), None)
            why = why.replace(row.name, value.name).replace("on the line", "in the value")
            if extra is not None:
                tail = Span(extra.file, extra.start, value.value_span.end)
                message = f"LDIF has no comments after a value: {why}"
                self.refuse(message, tail, "trailing-comment", "part of the value", moved_comment(value.span, tail))
            else:
                meant = arguments.meant(row.name.lower(), words[0]) if len(words) == 1 else ""
                remedy = rewritten(value.value_span, meant) if meant and value.how == ":" else None
                self.refuse(why, value.value_span, label=f"meant is {meant}" if meant else "", remedy=remedy)
        del database
        return _setting(value, row.name.lower(), tuple(words), tuple(spans))

    def unknown(self, value: ldif.Value, database: Database | None) -> None:
        """slapadd refuses a name it does not know; a running slapd passes over it in a tree that was edited by hand."""
        if value.key in _OWN:
            return
        if not value.key.startswith("olc"):
            if self.store.is_loaded and value.key not in _OPERATIONAL:
                self.refuse(f"{value.name} is not allowed in an entry of cn=config", value.name_span)
            return
        meant = names.nearest_attribute(value.name, self.build.version)
        if database is not None and not _FOREIGN.match(value.key) and (not self.store.is_loaded or self.build.modules is None):
            return
        tail = f", did you mean {meant}?" if meant else ""
        older = next((v for v in ("2.6.10", "2.4.57") if directives.with_attribute(value.key, v) is not None), "")
        rule = "setting-not-in-version" if older else "unknown-setting"
        if self.store.is_loaded or self.found.fragment:
            said = f"cn=config of slapd {self.build.version} has no attribute {value.name}, and slapd refuses the record{tail}"
            if self.store.is_loaded:
                self.refuse(said, value.name_span, rule, "unknown")
            else:
                self.found.problems.append(Problem(rule, said, value.name_span, "unknown"))
        else:
            said = f"cn=config of slapd {self.build.version} has no attribute {value.name}: it has no effect{tail}"
            self.found.problems.append(Problem(rule, said, value.name_span, "unknown"))

    def refuse(self, message: str, span: Span, rule: str = "refused", label: str = "", remedy: Rewrite | None = None) -> None:
        if self.found.fatal is None:
            if not self.found.fragment:
                self.found.fatal = (message, span)
            end = "" if "does not start" in message or "refuses" in message else ", so slapd refuses it"
            self.found.problems.append(Problem(rule, message + end, span, label, (), remedy))


def _setting(value: ldif.Value, name: str, words: tuple[str, ...], spans: tuple[Span, ...]) -> Setting:
    return Setting(name, words, value.span, value.value_span, spans, value.name_span, value.name)


def split(value: ldif.Value, text: str) -> tuple[list[str], list[Span]]:
    """strtok_quote_ldif(): blanks separate, a word that begins with a quote ends at the quote before a blank."""
    words: list[str] = []
    spans: list[Span] = []
    at, base = 0, len(value.text) - len(text)
    data = value.value_span.data
    plain = value.how == ":" and len(data) >= len(value.text.rstrip())
    kept = _kept(data) if plain and b"\n" in data else None
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            break
        start = at
        if text[at] == '"':
            match = re.compile(r'"(?=\s|$)').search(text, at + 1)
            end = match.start() if match else len(text)
            words.append(text[at + 1 : end].replace('"', ""))
            at = end + 1
        else:
            match = re.compile(r'(?:[^\s"]|"[^"]*"?)+').match(text, at)
            at = match.end() if match else at + 1
            words.append(text[start:at].replace('"', ""))
        spans.append(_part(value.value_span, kept, base + start, base + min(at, len(text))) if plain else value.value_span)
    return words, spans


def _part(span: Span, kept: list[int] | None, start: int, end: int) -> Span:
    """Where characters of a plain value stand; of a folded one `kept` says which bytes are its own."""
    if kept is None:
        return Span(span.file, span.start + start, span.start + end)
    if end > len(kept) or start >= end:
        return span
    return Span(span.file, span.start + kept[start], span.start + kept[end - 1] + 1)


def _kept(data: bytes) -> list[int]:
    """Positions that are left when folds are taken out."""
    kept: list[int] = []
    at = 0
    for fold in re.finditer(rb"\r?\n ", data):
        kept.extend(range(at, fold.start()))
        at = fold.end()
    kept.extend(range(at, len(data)))
    return kept


def base_beside(path: str, files: Files) -> str | None:
    """The one LDIF file in the same folder that holds cn=config itself: what a change beside it is applied to."""
    folder = path.rpartition("/")[0]
    try:
        found = [name for name in files.names(folder) if name.endswith(".ldif")][:200]
    except FileProblem:
        return None
    bases = [f"{folder}/{name}" for name in found if has_base(f"{folder}/{name}", files)]
    return bases[0] if len(bases) == 1 else None


def base_of(path: str, files: Files) -> str:
    """The file through which a change is judged: the whole cn=config beside it, unless slapd runs from another one; else itself."""
    folder = path.rpartition("/")[0]
    if has_base(path, files) or any(files.kind(f"{folder}/{name}") == "file" for name in ("slapd.conf", "slapd.d/cn=config.ldif")):
        return path
    return base_beside(path, files) or path


def has_whole(folder: str, files: Files) -> bool:
    """Does a folder hold an LDIF file of all of cn=config, from which slapd.d is still to be made?"""
    try:
        return any(has_base(f"{folder}/{name}", files) for name in files.names(folder) if name.endswith(".ldif"))
    except FileProblem:
        return False


def has_base(path: str, files: Files) -> bool:
    """Does the file hold the cn=config entry?"""
    try:
        return _is_base(files.read(path))
    except FileProblem:
        return False


@lru_cache(maxsize=512)
def _is_base(source: SourceFile) -> bool:
    if not is_about_config(source.data):
        return False
    return any(change.dn == "cn=config" and change.kind == "add" for change in changes(source))


def is_about_config(data: bytes) -> bool:
    """Can the text hold a record of cn=config? Names in base 64 are looked into where the file is no dump of people."""
    if re.search(rb"(?im)^dn:[ \t]*(?:[^\n]*,[ \t]*)?cn[ \t]*=[ \t]*config\b", data):
        return True
    return len(data) < MAX_FOLDED and bool(re.search(rb"(?im)^dn::|^dn:[^\n]*\r?\n ", data))
