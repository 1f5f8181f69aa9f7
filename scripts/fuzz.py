"""Coverage-guided fuzzing of every parser, the cipher languages, certificates, fixes and reports.

    python scripts/fuzz.py TARGET [SECONDS] [FOLDER]      (or `make fuzz SECONDS=60`; needs atheris)

FOLDER: real configurations to begin with (default: shared/corpus beside the clone, where it is there). What is found is kept below
build/fuzz/TARGET: inputs that reach new code in `seen`, inputs that break something as `crash-…`, `timeout-…`.

What must hold for any bytes: no exception; nothing "broken" in a run; every span lies in its file; a run over what `--fix` made is no
exception either; no control character in a report for people; an input is done in ten seconds.
"""

# ruff: noqa: PLC0415 (the package is imported under the fuzzer's eyes)

import base64
import contextlib
import io
import json
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
FILES = {
    "apache": ("apache2.conf", "sites-enabled/a.conf", ".htaccess"),
    "postfix": ("main.cf", "master.cf"),
    "dovecot": ("dovecot.conf",),
    "courier": ("imapd-ssl", "imapd", "esmtpd"),
    "openldap": ("slapd.conf", "a.ldif", "ldap.conf"),
}
"""Where a format's text comes from; the first byte of an input chooses."""

OTHERS = ("openssl", "gnutls", "certificates", "settings")
LONGEST = 4096
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def format_target(name: str) -> Callable[[bytes], None]:
    from tlslint.engine.discover import Discovery, Job
    from tlslint.engine.fix import mend
    from tlslint.engine.run import run, selection
    from tlslint.files import Files
    from tlslint.profiles import load as profile
    from tlslint.reports import text
    from tlslint.reports.report import Report
    from tlslint.reports.text import Style
    from tlslint.targets import load

    scratch = tempfile.mkdtemp()
    profiles, chosen = [profile("mozilla-intermediate")], selection([], [])
    targets = [load(each) for each in ("debian-11", "debian-12", "debian-13")]

    def one(data: bytes) -> None:
        head, body = data[:1] or b"\0", data[1:]
        place = FILES[name][head[0] % len(FILES[name])]
        path = f"{scratch}/{place}"
        files = Files((scratch,), scratch)
        files.overlay(path, body)
        job = Job(name, path, head[0] & 0x40 == 0, True)
        found = Discovery(files, (job,), (), frozenset())
        target = targets[head[0] % 3]

        def look(again: Discovery):  # noqa: ANN202
            return run(again, target, chosen, profiles, "2026-11-29T00:00:00Z")

        result = look(found)
        assert not result.broken, result.broken
        for finding in result.findings:
            for label in (finding.primary, *finding.related):
                assert 0 <= label.span.start <= label.span.end <= len(label.span.file.data), finding
        report = Report(result.findings, result.instances, result.files)
        shown = "\n".join([*text.full(report, Style(False)), *text.concise(report)])
        assert not _CONTROLS.search(shown), "a control character reached the terminal"
        if head[0] & 0x80:
            mended = mend(found, result, look, unsafe=True)
            assert mended is not None

    return one


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
    """Small real files as first inputs."""
    place.mkdir(parents=True, exist_ok=True)
    for number, path in enumerate(sorted(folder.glob(f"{name}/**/*"))):
        if path.is_file() and not path.is_symlink() and path.stat().st_size < LONGEST:
            (place / f"seed{number}").write_bytes(bytes([number % 256]) + path.read_bytes())
    if name == "certificates":
        from cryptography.hazmat.primitives.serialization import Encoding
        from cryptography.x509 import load_pem_x509_certificate

        from tests.support.world import certificate

        for number, kind in enumerate(("rsa", "ecdsa", "ed25519")):
            found = load_pem_x509_certificate(certificate(kind, None, "a.test", ("a.test", "*.b.test")))
            (place / f"seed{number}").write_bytes(b"\0" + found.public_bytes(Encoding.DER))
    if name in ("openssl", "gnutls"):
        for number, text in enumerate(
            ("HIGH:!aNULL", "DEFAULT@SECLEVEL=1", "NORMAL:-VERS-ALL:+VERS-TLS1.2", "@STRENGTH:kRSA+AES:!SHA1:+RC4")
        ):
            (place / f"seed{number}").write_bytes(b"\0" + text.encode())


def main() -> int:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in (*FILES, *OTHERS):
        print(f"usage: fuzz.py {'|'.join((*FILES, *OTHERS))} [SECONDS] [FOLDER]", file=sys.stderr)
        return 2
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 60
    folder = Path(sys.argv[3]) if len(sys.argv) > 3 else REPOSITORY.parent / "shared" / "corpus"
    work = REPOSITORY / "build" / "fuzz" / name
    sys.path.insert(0, str(REPOSITORY))
    seeds(name, folder, work / "seeds")
    (work / "seen").mkdir(parents=True, exist_ok=True)
    import atheris

    with atheris.instrument_imports(include=["tlslint"]):
        everything()
        one = format_target(name) if name in FILES else other_target(name)
    counted = {"inputs": 0, "seconds": 0.0}
    began = time.monotonic()

    def counting(data: bytes) -> None:
        counted["inputs"] += 1
        one(data)
        if counted["inputs"] % 500 == 0:
            counted["seconds"] = round(time.monotonic() - began, 1)
            (work / "count.json").write_text(json.dumps(counted))

    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-timeout=10", "-rss_limit_mb=2048", f"-artifact_prefix={work}/"]
    atheris.Setup([sys.argv[0], *options, str(work / "seen"), str(work / "seeds")], counting)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
