"""Make parsers/apache/directives.json: every directive of a stock httpd 2.4, its module, arity and context, as httpd itself tells.

    python scripts/build_apache_directives.py /usr/sbin/apache2 /usr/lib/apache2/modules > parsers/apache/directives.json

`httpd -L` prints names, modules and contexts; arity and "cannot occur within <VirtualHost>" come from the error messages of trial runs.
"""

import datetime as dt
import json
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ARITY = (
    (r"takes no arguments", "NO_ARGS"),
    (r"takes one argument(?!s)", "TAKE1"),
    (r"takes two arguments", "TAKE2"),
    (r"takes three arguments", "TAKE3"),
    (r"takes 1-2 arguments", "TAKE12"),
    (r"takes two or three arguments|takes 2-3 arguments", "TAKE23"),
    (r"takes one, two or three arguments|takes 1-3 arguments", "TAKE123"),
    (r"takes one or three arguments", "TAKE13"),
    (r"requires at least two arguments", "ITERATE2"),
    (r"requires at least one argument", "ITERATE"),
    (r"must be On or Off", "FLAG"),
)


def main() -> None:
    """Print the data."""
    httpd, modules = sys.argv[1], Path(sys.argv[2])
    work = Path(tempfile.mkdtemp())
    base = work / "base.conf"
    names = sorted(path.stem.removeprefix("mod_") for path in modules.glob("mod_*.so"))
    names = [name for name in names if not name.startswith("mpm_")]
    lines = [
        f"ServerRoot {work}",
        f"PidFile {work}/pid",
        f"ErrorLog {work}/err",
        f"DefaultRuntimeDir {work}",
        "ServerName x",
        "Listen 127.0.0.1:8099",
    ]
    lines.append(f"LoadModule mpm_event_module {modules}/mod_mpm_event.so")
    order = [name for name in names if name in ("proxy", "dav", "session", "dbd", "cache", "authn_core", "authz_core", "watchdog", "http2")]
    loaded = []
    for name in order + [name for name in names if name not in order]:
        line = f"LoadModule {name}_module {modules}/mod_{name}.so"
        base.write_text("\n".join([*lines, line]) + "\n")
        if "Syntax OK" in run(httpd, base):
            lines.append(line)
            loaded.append(name)
    base.write_text("\n".join(lines) + "\n")
    listing = subprocess.run([httpd, "-f", str(base), "-L"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"Apache/(\S+)", subprocess.run([httpd, "-v"], capture_output=True, text=True, check=True).stdout)
    rows: dict[str, Any] = {}
    for name, module, body in re.findall(r"^(<?[A-Za-z]\S*) \((\S+)\)\n((?:\t.*\n)*)", listing, re.MULTILINE):
        rows[name] = [module, "", contexts(body)]
    with ThreadPoolExecutor(2) as pool:
        plain = [name for name in rows if not name.startswith("<")]
        for name, (arity, in_vhost) in zip(plain, pool.map(lambda name: probe(httpd, work, base, name), plain), strict=True):
            rows[name][1] = arity
            if not in_vhost:
                rows[name][2] = [context for context in rows[name][2] if context != "vhost"]
    # One MPM at a time can be loaded: what only prefork or worker has comes from a listing of their own.
    for other in ("prefork", "worker"):
        if (modules / f"mod_mpm_{other}.so").exists():
            base.write_text("\n".join(lines).replace("mpm_event", f"mpm_{other}") + "\n")
            more = subprocess.run([httpd, "-f", str(base), "-L"], capture_output=True, text=True, check=False).stdout
            for name, module, body in re.findall(rf"^([A-Za-z]\S*) \(({other}\.c)\)\n((?:\t.*\n)*)", more, re.MULTILINE):
                rows.setdefault(name, [module, probe(httpd, work, base, name)[0], [word for word in contexts(body) if word != "vhost"]])
    mpm = [name for name in ("event", "worker", "prefork") if (modules / f"mod_mpm_{name}.so").exists()]
    identifiers = {f"{name}_module": f"mod_{name}.c" for name in names}
    identifiers |= {f"mpm_{name}_module": f"{name}.c" for name in mpm} | {"core_module": "core.c", "http_module": "http_core.c"}
    document = {
        "source": f"httpd {version[1] if version else ''} of Debian: -L and trial runs (scripts/build_apache_directives.py)",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "columns": "name: [module source, arity, contexts (server, vhost, directory, .htaccess), AllowOverride classes]",
        "modules": identifiers,
        "directives": {name: [row[0], row[1], row[2], overrides(listing, name)] for name, row in sorted(rows.items())},
    }
    print(json.dumps(document, indent=None, separators=(",", ":")).replace('],"', '],\n"'))


def run(httpd: str, config: Path) -> str:
    """Output of a syntax check."""
    result = subprocess.run([httpd, "-f", str(config), "-t"], capture_output=True, text=True, check=False, timeout=20)
    return result.stdout + result.stderr


def contexts(body: str) -> list[str]:
    """Where `-L` says the directive may stand."""
    found = []
    if "only outside" in body:
        found = ["server", "vhost"]
    elif "only inside" in body:
        found = ["directory"]
    elif "anywhere" in body:
        found = ["server", "vhost", "directory"]
    if ".htaccess" in body:
        found.append(".htaccess")
    return found


def overrides(listing: str, name: str) -> list[str]:
    """AllowOverride classes that let it into .htaccess; `All` where any does."""
    body = listing.partition(f"\n{name} (")[2].partition("\n\twhen AllowOverride ")
    text = body[2].partition("\n")[0] if "\n<" not in body[0] and re.search(r"\n[A-Za-z]", body[0]) is None else ""
    return re.findall(r"AuthConfig|FileInfo|Indexes|Limit|Options", text) or (["All"] if "isn't None" in text else [])


def probe(httpd: str, work: Path, base: Path, name: str) -> tuple[str, bool]:
    """Arity by error message, and whether it may stand in a virtual host."""
    arity = ""
    for count in (9, 0, 1, 2):
        text = trial(httpd, work, base, f"{name} {' '.join(['x'] * count)}")
        text += trial(httpd, work, base, f"<Directory /x>\n{name} {' '.join(['x'] * count)}\n</Directory>")
        arity = arity or next((word for pattern, word in ARITY if re.search(pattern, text)), "")
    inside = "".join(
        trial(httpd, work, base, f"<VirtualHost *:80>\n{name} {' '.join(['x'] * count)}\n</VirtualHost>") for count in (0, 1, 2)
    )
    return arity, "cannot occur within <VirtualHost>" not in inside


def trial(httpd: str, work: Path, base: Path, line: str) -> str:
    """The error message of one line."""
    with tempfile.NamedTemporaryFile("w", dir=work, suffix=".conf", delete=False) as config:
        config.write(base.read_text() + line + "\n")
    try:
        return run(httpd, Path(config.name))
    finally:
        Path(config.name).unlink()


if __name__ == "__main__":
    main()
