"""Coverage-guided fuzzing of every parser, every writer, the cipher languages, certificates, settings and reports.

    python scripts/fuzz.py TARGET [SECONDS] [FOLDER]      (or `make fuzz SECONDS=60`; needs atheris)
    python scripts/fuzz.py TARGET FILE                     (one input again: what broke)
    python scripts/fuzz.py told                            (inputs tried and failures of every target; exit code 1 where there is one)

FOLDER: real configurations to begin with (default: shared/corpus beside the clone, where it is there). What is found is kept below
build/fuzz/TARGET: inputs that reach new code in `seen`, inputs that break something as `crash-…` (each fault once, its traceback in
`crash-….txt`; the run goes on) and `timeout-…`.

What must hold for any bytes. Of every format (`apache` …): no exception; nothing "broken" in a run; every span lies in its file; no control
character in a report for people; a comment at the end changes nothing; eight times the text takes about eight times as long; an input is
done in a minute, on a busy machine too. Of its writer (`apache-fixes` …), from findings through remedies and edits to the new text: bytes
that no edit covers are the same; the edits told make the new text; a finding that counts as mended is not there any more and what its remedy
promises holds; a server that started starts; without `--unsafe-fixes` nobody is locked out; a second run changes nothing; and a comment at
the end changes nothing about what is mended.
"""

# ruff: noqa: PLC0415 (the package is imported under the fuzzer's eyes)

import base64
import contextlib
import hashlib
import io
import json
import re
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tlslint.engine.discover import Discovery
    from tlslint.engine.fix import Mended
    from tlslint.engine.run import Result
    from tlslint.model import Finding

REPOSITORY = Path(__file__).parents[1]
FORMATS = ("apache", "postfix", "dovecot", "courier", "openldap")
WRITERS = tuple(f"{name}-fixes" for name in FORMATS)
OTHERS = ("openssl", "gnutls", "certificates", "settings")
TARGETS = (*FORMATS, *WRITERS, *OTHERS)
SOFTWARE = ("debian-11", "debian-12", "debian-13")
LONGEST = 4096
TIMES = 8
MOST = 40
"""How much longer `TIMES` the text may take: quadratic work takes 64 times as long (as tests/hostile/test_growth.py)."""
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
COMMENT = b"# a comment\n"


class Place(NamedTuple):
    """Where an input's text lies, the root file evaluation begins with, and what lies beside it (names below /etc; nothing: a fragment)."""

    name: str
    root: str = ""
    beside: Mapping[str, bytes] = {}


def places(name: str) -> tuple[Place, ...]:
    """Where a format's text comes from; the first byte of an input chooses."""
    from tests.support import examples, pki

    key, leaf = pki.made("usual")
    modules = "".join(f"LoadModule {each}_module x.so\n" for each in examples.HTTPD_MODULES)
    site = f"ServerName x\n{modules}Listen 443\nListen 80\nIncludeOptional sites-enabled/*.conf\n".encode()
    web = {"ssl/certs/www.pem": leaf, "ssl/private/www.key": key, "apache2/apache2.conf": site, "apache2/sites-enabled/a.conf": b""}
    services = examples.MASTER_CF.format(listener="\n".join(examples.LISTENERS.values())).encode()
    parameters = examples.MAIN_CF.format(text="smtpd_tls_security_level = may").encode()
    mail = {"ssl/private/mx.pem": key + leaf, "postfix/main.cf": parameters, "postfix/master.cf": services}
    imap = {"courier/imapd.pem": key + leaf} | {f"courier/{each}": text.encode() for each, text in examples.COURIER.items()}
    urls = examples.SERVICES.format(urls="ldap:/// ldaps:///").encode()
    directory = {"default/slapd": urls, "ldap/ldap.pem": leaf, "ldap/ldap.key": key, "ldap/schema/core.schema": b""}
    return {
        "apache": (
            Place("apache2/apache2.conf", beside=web),
            Place("apache2/sites-enabled/a.conf", "apache2/apache2.conf", web),
            Place("apache2/apache2.conf"),
            Place("apache2/sites-enabled/a.conf"),
            Place("www/.htaccess"),
        ),
        "postfix": (
            Place("postfix/main.cf", beside=mail),
            Place("postfix/master.cf", "postfix/main.cf", mail),
            Place("postfix/main.cf"),
            Place("postfix/master.cf"),
        ),
        "dovecot": (
            Place("dovecot/dovecot.conf", beside={"dovecot/private/mail.pem": leaf, "dovecot/private/mail.key": key}),
            Place("dovecot/dovecot.conf"),
        ),
        "courier": (
            Place("courier/imapd-ssl", beside=imap),
            Place("courier/imapd", "courier/imapd-ssl", imap),
            Place("courier/esmtpd", beside=imap),
            Place("courier/imapd-ssl"),
            Place("courier/courierd", "courier/esmtpd", imap),
        ),
        "openldap": (
            Place("ldap/slapd.conf", beside=directory),
            Place("ldap/slapd.d/cn=config.ldif", beside=directory),
            Place("ldap/change.ldif"),
            Place("ldap/ldap.conf"),
            Place("nslcd.conf"),
            Place("sssd/sssd.conf"),
        ),
    }[name]


class Looked(NamedTuple):
    """An input as configuration, and what a run says of it."""

    found: "Discovery"
    look: "Callable[[Discovery], Result]"
    result: "Result"


class Format:
    """Inputs of one format: two bytes that choose place, software and mode, then the text."""

    def __init__(self, name: str) -> None:
        from tlslint.engine.run import selection
        from tlslint.parsers import room
        from tlslint.profiles import load as profile
        from tlslint.targets import load

        self._name, self._places = name, places(name)
        self._layout = room(name, "layout")
        self._chosen, self._profiles = selection([], []), [profile("mozilla-intermediate")]
        self._targets = [load(each) for each in SOFTWARE]
        self._roots = [str(Path(tempfile.mkdtemp()).resolve()) for _ in self._places]
        for root, place in zip(self._roots, self._places, strict=True):
            for path in (place.name, *place.beside):
                Path(root, "etc", path).parent.mkdir(parents=True, exist_ok=True)

    def looked(self, place: int, mode: int, body: bytes) -> Looked:
        """Run everything over one text."""
        from tlslint.engine.discover import Discovery, Job
        from tlslint.engine.run import run
        from tlslint.files import Files

        from tests.support.examples import NOW_WRITTEN

        place %= len(self._places)
        at, scratch = self._places[place], self._roots[place]
        files = Files((scratch,), scratch, (("/", scratch),))
        for path, text in {**at.beside, at.name: body}.items():
            files.overlay(f"/etc/{path}", text)
        root = f"/etc/{at.root or at.name}"
        found = Discovery(files, (Job(self._name, root, bool(at.beside) or mode & 0x40 == 0, True),), (), frozenset())
        target = self._targets[mode % 3]

        def look(there: Discovery) -> "Result":
            return run(there, target, self._chosen, self._profiles, NOW_WRITTEN)

        result = look(found)
        assert not result.broken, result.broken
        return Looked(found, look, result)

    def commented(self, body: bytes, result: "Result") -> bytes | None:
        """The text with a comment after it; None where the end of the text goes on."""
        if not body.endswith(b"\n") or body.rstrip(b"\r\n").endswith(b"\\") or _CHECKSUM.search(body):
            return None
        if self._name == "courier" and not all(instance.starts.holds(True) for instance in result.instances):
            return None  # quotes that nothing closes go on to the end
        return body + COMMENT

    def read(self, data: bytes) -> None:
        """What must hold of evaluation, rules and reports."""
        from tlslint.reports import text
        from tlslint.reports.report import Report
        from tlslint.reports.text import Style

        place, mode, body = (*data[:2], 0, 0)[0], (*data[:2], 0, 0)[1], data[2:]
        here = self.looked(place, mode, body)
        result = here.result
        for finding in result.findings:
            for label in (finding.primary, *finding.related):
                assert 0 <= label.span.start <= label.span.end <= len(label.span.file.data), finding
        report = Report(result.findings, result.instances, result.files)
        shown = "\n".join([*text.full(report, Style(False)), *text.concise(report)])
        assert not _CONTROLS.search(shown), "a control character reached the terminal"
        more = self.commented(body, result) if mode & 0x30 == 0 else None
        if more is not None:
            _same(result, self.looked(place, mode, more).result)
        if mode & 0xB0 == 0xB0 and body:
            self._grows(place, mode, body)

    def _grows(self, place: int, mode: int, body: bytes) -> None:
        text = body * (LONGEST // len(body) + 1)
        times = []
        for each in (text, text * TIMES):
            began = time.process_time()
            self.looked(place, mode, each)
            times.append(time.process_time() - began)
        small, large = times
        assert large < max(small, 0.1) * MOST, f"{TIMES} times the text: {small:.2f} s, then {large:.2f} s"

    def write(self, data: bytes) -> None:
        """What must hold of everything that is mended."""
        from tlslint.engine.fix import mend
        from tlslint.engine.proof import Step, overall

        place, mode, body = (*data[:2], 0, 0)[0], (*data[:2], 0, 0)[1], data[2:]
        unsafe = mode & 0x80 == 0
        here = self.looked(place, mode, body)
        mended = mend(here.found, here.result, here.look, unsafe=unsafe)
        _untouched(here.found, mended)
        if not mended.texts:
            return
        edited = _edited(here.found, mended)
        after = here.look(edited)
        assert not after.broken, after.broken
        again = mend(edited, after, here.look, unsafe=unsafe)
        assert not again.texts, f"a second run changes {again.texts}"
        # What went along with another fix is not there any more; only those with edits of their own promise a value.
        failure = overall(here.result, after, [Step(here.result, tuple(one.finding for one in mended.fixed if one.edits))])
        assert not failure, failure
        _mended(here.result, after, mended, unsafe=unsafe)
        more = self.commented(body, here.result) if mode & 0x30 == 0 else None
        if more is not None:
            other = self.looked(place, mode, more)
            _same_text(mended, mend(other.found, other.result, other.look, unsafe=unsafe))


_CHECKSUM = re.compile(rb"(?m)^# CRC32 [0-9a-f]{8}")


def _told(finding: "Finding") -> tuple[object, ...]:
    span = finding.primary.span
    place = "the end" if span.start == len(span.file.data) else (span.start, span.end)
    return finding.code, finding.message, finding.severity, finding.confidence, finding.endpoints, span.file.path, place


def _same(result: "Result", other: "Result") -> None:
    """Nothing is told otherwise, and nothing is served otherwise."""
    from tlslint.engine.proof import plain

    for one, two in zip(map(_told, result.findings), map(_told, other.findings), strict=True):
        assert one == two, f"a comment at the end makes {two} of {one}"
    for instance, commented in zip(result.instances, other.instances, strict=True):
        assert plain(instance.starts) == plain(commented.starts), "a comment at the end decides whether the server starts"
        for one, two in zip(instance.endpoints, commented.endpoints, strict=True):
            assert plain(tuple(one)) == plain(tuple(two)), f"a comment at the end makes {two} of {one}"


def _edited(found: "Discovery", mended: "Mended") -> "Discovery":
    return found._replace(files=found.files.edited({real: new for real, (_, new) in mended.texts.items()}))


def _untouched(found: "Discovery", mended: "Mended") -> None:
    """The edits that were told make the new text, and nothing but them."""
    for real, (old, new) in mended.texts.items():
        path, text = found.files.shown(real), old
        for changes in (step[path] for step in mended.steps if path in step):
            pieces, at = [], 0
            for start, end, replacement in sorted(changes):
                assert at <= start <= end <= len(text), f"edits overlap in {path}: {changes}"
                pieces += [text[at:start], replacement]
                at = end
            text = b"".join([*pieces, text[at:]])
        assert text == new, f"the edits that were told do not make the text of {path}"


def _mended(before: "Result", after: "Result", mended: "Mended", *, unsafe: bool) -> None:
    """What counts as mended is gone, every server that started starts, and nobody is locked out who was not to be."""

    def said(findings: "Iterable[Finding]") -> Counter[tuple[str, str, str]]:
        return Counter((finding.code, finding.message, finding.primary.span.file.path) for finding in findings)

    # A server that stops reading at a fault tells of the next one, word for word, when that is mended.
    if all(instance.starts.holds(True) for instance in before.instances):
        gone, was, left = said(one.finding for one in mended.fixed), said(before.findings), said(after.findings)
        for told, times in gone.items():
            assert left[told] <= max(0, was[told] - times), f"{told} counts as mended and is still there"
    for old, new in zip(before.instances, after.instances, strict=True):
        assert not (old.starts.holds(True) and not new.starts.holds(True)), "the server would not start any more"
        if unsafe or not old.starts.holds(True):
            continue
        there = {(endpoint.name, endpoint.role): endpoint for endpoint in new.endpoints}
        for endpoint in old.endpoints:
            other = there.get((endpoint.name, endpoint.role))
            if other is not None:
                assert endpoint.versions.surely <= other.versions.surely, f"{endpoint.name} loses versions without --unsafe-fixes"
                assert set(endpoint.cipher_suites.surely) <= set(other.cipher_suites.surely), f"{endpoint.name} loses suites"


def _same_text(mended: "Mended", other: "Mended") -> None:
    """New lines may stand before or behind the comment; else the text is the same."""
    for real, (_, new) in mended.texts.items():
        assert real in other.texts, "with a comment at the end nothing is mended"
        with_comment = other.texts[real][1]
        assert COMMENT in with_comment or COMMENT not in other.texts[real][0], "the comment at the end is gone"
        assert sorted(with_comment.replace(COMMENT, b"").split()) == sorted(new.replace(COMMENT, b"").split()), (
            f"with a comment at the end the text becomes {with_comment!r}, not {new!r}"
        )
    assert len(mended.texts) == len(other.texts), "with a comment at the end more is mended"


def other_target(name: str) -> Callable[[bytes], None]:
    if name == "openssl":
        from tlslint.crypto import libraries, openssl

        builds = [each for each in libraries.names() if each.startswith("openssl")]

        def one(data: bytes) -> None:
            openssl.evaluate(data[1:].decode("latin-1"), builds[data[0] % len(builds)] if data else builds[0])

        return one
    if name == "gnutls":
        from tlslint.crypto import gnutls, libraries

        kinds = [each for each in libraries.names() if each.startswith("gnutls")]

        def two(data: bytes) -> None:
            gnutls.evaluate(data[1:].decode("latin-1"), kinds[data[0] % len(kinds)] if data else kinds[0])

        return two
    if name == "certificates":
        from tlslint.crypto.certificates import dh_bits, read

        def three(data: bytes) -> None:
            label = b"DH PARAMETERS" if data[:1] >= b"\xf0" else b"CERTIFICATE"
            armoured = b"-----BEGIN %s-----\n%s-----END %s-----\n" % (label, base64.encodebytes(data[1:]), label)
            for text in (data, armoured, armoured + data + armoured):
                read(text)
                dh_bits(text)

        return three
    from tlslint.settings.read import SettingsError
    from tlslint.settings.read import read as settings

    scratch = Path(tempfile.mkdtemp())

    def four(data: bytes) -> None:
        path = scratch / (".tlslint.yaml" if data[:1] < b"\x80" else "tlslint.toml")
        path.write_bytes(data[1:])
        with contextlib.suppress(SettingsError), contextlib.redirect_stderr(io.StringIO()):
            settings(str(path))

    return four


def everything() -> None:
    """Import all of the package, which comes in pieces as it is needed, so that all of it is watched."""
    import importlib
    import pkgutil

    for top in ("tlslint", "tlslint.parsers", "tlslint.checks"):
        for module in pkgutil.walk_packages(importlib.import_module(top).__path__, f"{top}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def seeds(name: str, folder: Path, place: Path) -> None:
    """Small real files and the examples beside the rules as first inputs."""
    place.mkdir(parents=True, exist_ok=True)
    texts: list[tuple[str, bytes]] = []
    format_name = name.removesuffix("-fixes")
    if format_name in FORMATS:
        if not folder.is_dir():
            print(f"fuzz.py: {name} begins without real configurations: {folder} is not there", file=sys.stderr)
        texts = [
            (path.name, path.read_bytes())
            for path in sorted(folder.glob(f"{format_name}/**/*"))
            if path.is_file() and not path.is_symlink() and path.stat().st_size < LONGEST
        ]
        texts += examples_of(format_name)
        names = [Path(each.name).name for each in places(format_name)]
        for number, (called, text) in enumerate(texts):
            at = next((index for index, each in enumerate(names) if called.endswith(each)), number % len(names))
            mode = 0xB0 if number % 8 == 0 else 0x80 * (number % 2)  # every eighth is asked how its time grows
            (place / f"seed{number}").write_bytes(bytes([at, mode + number % 3]) + text)
    if name == "certificates":
        from cryptography.hazmat.primitives.serialization import Encoding
        from cryptography.x509 import load_pem_x509_certificate

        from tests.support.world import certificate

        for number, kind in enumerate(("rsa", "ecdsa", "ed25519")):
            found = load_pem_x509_certificate(certificate(kind, None, "a.test", ("a.test", "*.b.test")))
            (place / f"seed{number}").write_bytes(b"\0" + found.public_bytes(Encoding.DER))
    if name in ("openssl", "gnutls"):
        for number, text in enumerate(
            (b"HIGH:!aNULL", b"DEFAULT@SECLEVEL=1", b"NORMAL:-VERS-ALL:+VERS-TLS1.2", b"@STRENGTH:kRSA+AES:!SHA1:+RC4")
        ):
            (place / f"seed{number}").write_bytes(b"\0" + text)


def examples_of(format_name: str) -> list[tuple[str, bytes]]:
    """The texts beside the rules, as files of this format: name and bytes."""
    from tlslint.checks import registry
    from tlslint.engine.run import format_of

    from tests.support.examples import lay

    found = []
    for entry in registry.entries():
        for example in registry.load(entry).examples:
            if format_of(example.service) == format_name:
                with tempfile.TemporaryDirectory() as scratch:
                    path = lay(example, Path(scratch))
                    found.append((path.name, path.read_bytes()))
    return found


def main() -> int:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name == "told":
        return told()
    if name not in TARGETS:
        print(f"usage: fuzz.py {'|'.join(TARGETS)} [SECONDS [FOLDER] | FILE], or fuzz.py told", file=sys.stderr)
        return 2
    again = sys.argv[2] if len(sys.argv) > 2 and not sys.argv[2].isdigit() else ""
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 and not again else 60
    folder = Path(sys.argv[3]) if len(sys.argv) > 3 else REPOSITORY.parent / "shared" / "corpus"
    work = REPOSITORY / "build" / "fuzz" / name
    sys.path.insert(0, str(REPOSITORY))
    if again:
        target(name)(Path(again).read_bytes())
        return 0
    seeds(name, folder, work / "seeds")
    (work / "seen").mkdir(parents=True, exist_ok=True)
    import atheris

    # A fix asks the whole engine several times: there, only what writes is watched.
    watched = [f"tlslint.parsers.{name.removesuffix('-fixes')}", "tlslint.engine"] if name in WRITERS else ["tlslint"]
    with atheris.instrument_imports(include=watched):
        everything()
        one = target(name)
    counted = {"inputs": 0, "seconds": 0.0}
    began = time.monotonic()
    known: set[str] = set()

    def counting(data: bytes) -> None:
        counted["inputs"] += 1
        try:
            one(data)
        except Exception as error:
            _keep(work, data, error, known)
        if time.monotonic() - began > counted["seconds"] + 1:
            counted["seconds"] = round(time.monotonic() - began, 1)
            (work / "count.json").write_text(json.dumps(counted))

    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=60", "-rss_limit_mb=2048", f"-artifact_prefix={work}/"]
    atheris.Setup([sys.argv[0], *options, str(work / "seen"), str(work / "seeds")], counting)
    atheris.Fuzz()
    return 0


def _keep(work: Path, data: bytes, error: Exception, known: set[str]) -> None:
    """Write down an input that breaks something no other one broke."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    inside = re.search(r"\w+ at \w+\.py:\d+", str(error))  # what the engine says of a fault it caught
    fault = f"{type(error).__name__} {frame.filename}:{frame.lineno} {inside[0] if inside else ''}".rstrip()
    if fault not in known:
        known.add(fault)
        path = work / f"crash-{hashlib.sha256(data).hexdigest()[:16]}"
        path.write_bytes(data)
        path.with_suffix(".txt").write_text("".join(traceback.format_exception(error)), "utf-8", "backslashreplace")
        print(f"fuzz.py: {fault}: {path}", file=sys.stderr, flush=True)


def told() -> int:
    """What is known of the last run of every target."""
    failed = False
    total = 0
    for name in TARGETS:
        work = REPOSITORY / "build" / "fuzz" / name
        broke = [path for kind in ("crash", "timeout", "oom") for path in sorted(work.glob(f"{kind}-*")) if path.suffix != ".txt"]
        counted = json.loads((work / "count.json").read_text()) if (work / "count.json").exists() else {"inputs": 0, "seconds": 0}
        failed, total = failed or bool(broke), total + counted["inputs"]
        print(f"{name:16} {counted['inputs']:9} inputs in {counted['seconds']:6} s, {len(broke)} faults")
        for path in broke:
            print(f"    {path}")
    print(f"{'together':16} {total:9} inputs")
    return 1 if failed else 0


def target(name: str) -> Callable[[bytes], None]:
    """What is done with every input."""
    if name in FORMATS:
        return Format(name).read
    return Format(name.removesuffix("-fixes")).write if name in WRITERS else other_target(name)


if __name__ == "__main__":
    sys.exit(main())
