"""Speed as ratios, measured side by side in one run (A B A B …, medians): see docs/performance.md.

    python scripts/bench.py [--peers]

`--peers` installs gixy-next and python-augeas into an environment of their own below build/bench (needs the package registries).
"""

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
WORK = REPOSITORY / "build" / "bench"

CIPHERS = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"

# Both are well kept: a tool that has nothing to say is timed against one that has nothing to say.
VHOST = """<VirtualHost *:443>
    ServerName www{number}.example.org
    SSLEngine on
    SSLProtocol -all +TLSv1.2 +TLSv1.3
    SSLCipherSuite {ciphers}
    SSLHonorCipherOrder on
    SSLCertificateFile /etc/ssl/certs/www{number}.pem
    SSLCertificateKeyFile /etc/ssl/private/www{number}.key
    Header always set Strict-Transport-Security "max-age=63072000"
</VirtualHost>
"""
# A server block outside http {} is no nginx configuration, and gixy-next looks at nothing in it.
SERVER_BLOCK = """events {{
}}
http {{
server {{
    listen 443 ssl;
    server_name www{number}.example.org;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers {ciphers};
    ssl_prefer_server_ciphers on;
    ssl_certificate /etc/ssl/certs/www{number}.pem;
    ssl_certificate_key /etc/ssl/private/www{number}.key;
    add_header Strict-Transport-Security "max-age=63072000" always;
}}
}}
"""


def installed() -> Path:
    """An environment with tlslint installed as users have it: an editable install is slower to import."""
    place = WORK / "tlslint"
    if not (place / "bin" / "tlslint").exists():
        venv.create(place, with_pip=True, symlinks=True)
    subprocess.run(
        [place / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "--force-reinstall", "--no-deps", REPOSITORY],
        check=True,
        capture_output=True,
    )
    subprocess.run(
        [place / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "click", "pyparsing"], check=True, capture_output=True
    )
    # Byte code is made at installation, as a package manager does.
    subprocess.run([place / "bin" / "python", "-m", "compileall", "-q", place / "lib"], check=False, capture_output=True)
    return place / "bin"


def cpu(command: Sequence[str | Path]) -> float:
    """Processor seconds of one run, children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, env={"PATH": os.environ["PATH"]})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratio(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> float:
    """Median of paired ratios."""
    return statistics.median(ours() / max(theirs(), 1e-4) for _ in range(rounds))


def row(what: str, against: str, measured: str, budget: str, goal: str) -> None:
    """One line of the table."""
    print(f"| {what} | {against} | {measured} | {budget} | {goal} |", flush=True)


def main() -> int:
    """Print the table."""
    WORK.mkdir(parents=True, exist_ok=True)
    bin_ = installed()
    python, tlslint = bin_ / "python", bin_ / "tlslint"
    bare = [python, "-I", "-c", "pass"]
    print("| what | measured against | measured | budget | goal |\n|---|---|---|---|---|")
    row(
        "`tlslint --version`, cold",
        "bare interpreter",
        f"{ratio(lambda: cpu([tlslint, '--version']), lambda: cpu(bare), 25):.1f}×",
        "≤ 5×",
        "≤ 4×",
    )
    with tempfile.TemporaryDirectory(dir=WORK) as directory:
        scratch = Path(directory)
        _files(scratch, tlslint, bare)
        _many(scratch, tlslint, python)
        _linear(scratch, tlslint)
        _hosts(scratch, tlslint, python)
    _stock(python)
    measured = ratio(lambda: cpu([tlslint, "/etc"]), lambda: cpu(["grep", "-rEs", "SSL|TLS", "/etc"]), 5)
    row("`tlslint /etc` on this machine", "`grep -rE 'SSL|TLS' /etc`, warm", f"{measured:.0f}×", "≤ 25×", "≤ 10×")
    sys.path.insert(0, str(REPOSITORY))
    from scripts import bench_ciphers  # noqa: PLC0415

    times = bench_ciphers.measure()
    row("one cipher string, cold cache / warm cache", "–", f"{times.cold:.0f} µs / {times.warm:.1f} µs", "≤ 150 µs / ≤ 2 µs", "≤ 60 µs")
    return 0


def _files(scratch: Path, tlslint: Path, bare: Sequence[str | Path]) -> None:
    vhost = scratch / "one" / "sites-enabled" / "www.conf"
    vhost.parent.mkdir(parents=True)
    vhost.write_text(VHOST.format(number=1, ciphers=CIPHERS))
    main_cf = scratch / "postfix" / "main.cf"
    main_cf.parent.mkdir()
    main_cf.write_text("smtpd_tls_security_level = may\nsmtpd_tls_mandatory_protocols = >=TLSv1.2\n")
    for name, path in (("vhost", vhost), ("main.cf", main_cf)):
        measured = ratio(lambda path=path: cpu([tlslint, path]), lambda: cpu(bare), 15)  # type: ignore[misc]
        row(f"one small {name}, cold, as a commit hook runs it", "bare interpreter", f"{measured:.1f}×", "≤ 7×", "≤ 5.5×")


def _many(scratch: Path, tlslint: Path, python: Path) -> None:
    ours = scratch / "many"
    (ours / "sites-enabled").mkdir(parents=True)
    (ours / "apache2.conf").write_text(
        "ServerName x\nLoadModule mpm_event_module x.so\nLoadModule ssl_module x.so\nLoadModule headers_module x.so\nListen 443\nIncludeOptional sites-enabled/*.conf\n"
    )
    for number in range(1000):
        (ours / "sites-enabled" / f"{number}.conf").write_text(VHOST.format(number=number, ciphers=CIPHERS))
    command = f"import resource, subprocess; subprocess.run([{str(tlslint)!r}, {str(ours)!r}], stdout=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    peak = int(subprocess.run([python, "-c", command], capture_output=True, text=True, check=True).stdout) // 1024
    gixy = _peer("gixy-next", "gixy-next")
    if gixy is None:
        seconds = cpu([tlslint, ours])
        row(
            "1000 copies of one vhost file, one process",
            "gixy-next on 1000 nginx files",
            f"{1000 / seconds:.0f} files/s; peer not installed (--peers)",
            "≥ 2×",
            "≥ 4×",
        )
    else:
        theirs = scratch / "nginx"
        theirs.mkdir()
        for number in range(1000):
            (theirs / f"{number}.conf").write_text(SERVER_BLOCK.format(number=number, ciphers=CIPHERS))
        names = sorted(str(path) for path in theirs.iterdir())
        measured = ratio(lambda: cpu([gixy, *names]), lambda: cpu([tlslint, ours]), 3)
        row("1000 copies of one vhost file, one process", "gixy-next on 1000 nginx files", f"{measured:.1f}× its files/s", "≥ 2×", "≥ 4×")
    row("peak memory, 1000 small files", "–", f"{peak} MB", "≤ 80 MB", "≤ 50 MB")


def _linear(scratch: Path, tlslint: Path) -> None:
    line = "    # a line of comment, as configuration has many of them\nSSLCipherSuite HIGH:!aNULL\n"
    sizes = []
    for megabytes in (5, 50):
        place = scratch / f"size{megabytes}"
        place.mkdir()
        (place / "apache2.conf").write_text("ServerName x\n" + line * (megabytes * 1024 * 1024 // len(line)))
        sizes.append(place)
    measured = ratio(lambda: cpu([tlslint, sizes[1]]), lambda: cpu([tlslint, sizes[0]]), 3)
    row("50 MB of configuration", "itself at 5 MB", f"{measured:.1f}×", "≤ 11×", "≤ 10×")


def _hosts(scratch: Path, tlslint: Path, python: Path) -> None:
    corpus = REPOSITORY.parent / "shared" / "corpus"
    what = "10,000 snapshots of hosts, one process, JSON"
    if not corpus.is_dir():
        row(what, "itself at 1,000", f"no real configurations in {corpus}", "≤ 11×", "≤ 10×")
        return
    sys.path.insert(0, str(REPOSITORY))
    from scripts import make_snapshots  # noqa: PLC0415

    seconds, peaks = [], []
    for count in (1_000, 10_000):
        place = scratch / f"hosts{count}"
        make_snapshots.make(place, count, corpus)
        run = [str(tlslint), "--isolated", "--exit-zero", "--output-format", "json", "--output-file", os.devnull, str(place)]
        told = (
            f"import resource, subprocess; subprocess.run({run!r}); use = resource.getrusage(resource.RUSAGE_CHILDREN); "
            "print(use.ru_utime + use.ru_stime, use.ru_maxrss)"
        )
        time_, peak = subprocess.run([python, "-c", told], capture_output=True, text=True, check=True).stdout.split()
        seconds.append(float(time_))
        peaks.append(int(peak) // 1024)
    measured = f"{seconds[1] / seconds[0]:.1f}× its time, {10_000 / seconds[1]:.0f} hosts/s; peak {peaks[0]} MB, then {peaks[1]} MB"
    row(what, "itself at 1,000", measured, "≤ 11×", "≤ 10×")


def _stock(python: Path) -> None:
    if not Path("/etc/apache2/apache2.conf").exists():
        row("a stock `/etc/apache2`, warm process", "python-augeas", "no /etc/apache2 here", "≤ 2×", "≤ 1×")
        return
    ours = (
        "import time\nfrom tlslint.engine.discover import discover\nfrom tlslint.engine.run import run, selection\nfrom tlslint.targets import load\nfrom tlslint.profiles import load as profile\n"
        "def once():\n    began = time.perf_counter()\n    run(discover(['/etc/apache2']), load('debian-12'), selection([], []), [profile('mozilla-intermediate')])\n    return time.perf_counter() - began\n"
        "once()\nprint(min(once() for _ in range(9)))"
    )
    seconds = float(subprocess.run([python, "-c", ours], capture_output=True, text=True, check=True).stdout)
    augeas = _peer("python-augeas", "python")
    if augeas is None:
        row(
            "a stock `/etc/apache2`, warm process",
            "python-augeas",
            f"{seconds * 1000:.0f} ms; peer not installed (--peers)",
            "≤ 2×",
            "≤ 1×",
        )
        return
    theirs = "import time, augeas\ndef once():\n    began = time.perf_counter()\n    a = augeas.Augeas(flags=augeas.Augeas.NO_MODL_AUTOLOAD)\n    a.add_transform('Httpd.lns', ['/etc/apache2/*.conf', '/etc/apache2/*/*.conf', '/etc/apache2/*/*.load'])\n    a.load()\n    return time.perf_counter() - began\nonce()\nprint(min(once() for _ in range(5)))"
    result = subprocess.run([augeas, "-c", theirs], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        row("a stock `/etc/apache2`, warm process", "python-augeas", f"{seconds * 1000:.0f} ms; the peer does not run here", "≤ 2×", "≤ 1×")
        return
    row("a stock `/etc/apache2`, warm process", "python-augeas", f"{seconds / float(result.stdout):.1f}× its time", "≤ 2×", "≤ 1×")


def _peer(package: str, program: str) -> Path | None:
    """A peer's program in an environment of its own; None when it is not there."""
    place = WORK / package
    if "--peers" in sys.argv and not (place / "bin" / program).exists():
        venv.create(place, with_pip=True, symlinks=True)
        subprocess.run([place / "bin" / "pip", "install", "-q", "--disable-pip-version-check", package], check=False, capture_output=True)
    found = place / "bin" / program
    if not found.exists():
        other = shutil.which("gixy", path=str(place / "bin")) if package == "gixy-next" else None
        return Path(other) if other else None
    return found


if __name__ == "__main__":
    began = time.monotonic()
    code = main()
    print(json.dumps({"seconds": round(time.monotonic() - began)}), file=sys.stderr)
    sys.exit(code)
