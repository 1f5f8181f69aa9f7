"""What software a scanned root holds: its release, its packages, its openssl.cnf.

Release: os-release(5), else the files distributions keep in /etc themselves (a scan of /etc alone sees no more). Versions: the package
database, else what the release ships. Nothing is run.
"""

import re
from collections.abc import Iterable

from tlslint.files import FileProblem, Files
from tlslint.model.instance import KnownBy, Software
from tlslint.targets import openssl_conf
from tlslint.targets.packages import Installed, families, installed, text_of
from tlslint.targets.target import SERVICES, Target, distribution, family_of, own_level, release

_FAMILIES = {
    "debian": "debian", "ubuntu": "debian", "rhel": "rhel", "fedora": "rhel", "centos": "rhel", "suse": "suse", "alpine": "alpine",
    "arch": "arch", "freebsd": "freebsd",
}  # fmt: skip
_NUMBERS = {"alpine": 2, "freebsd": 1, "arch": 0}
"""How many numbers of VERSION_ID name the release."""


def detect(files: Files, host: str = "/") -> Target | None:
    """The software of one host, every version `detected`; None: nothing tells.

    `host`: the logical path of the folder that is its `/`; in a folder of snapshots each is one (`/srv/hosts/www1`). Links of a snapshot
    mean what they mean on the host it was taken of.
    """
    if host != "/":
        files = files.mounted("/", files.on_disk(host))
    told = _release(files)
    base = distribution(told[0], KnownBy.DETECTED) if told is not None else None
    found = installed(files, is_suse=told is not None and told[1] == "suse")
    if told is None and found is None:
        return None
    family = found.family if found is not None else told[1] if told is not None else ""
    name = told[0] if told is not None else f"{family} host"
    nothing = {service: Software(service, None, KnownBy.DETECTED) for service in SERVICES}
    unnamed = {service: Software("openssl", None, KnownBy.DETECTED) for service in SERVICES}
    target = Target(
        name,
        KnownBy.DETECTED,
        base.software if base is not None else nothing,
        base.libraries if base is not None else unnamed,
        base.openssl_min_version if base is not None else None,
        base.openssl_security_level if base is not None else -1,
        family,
        base.openssl_groups if base is not None else None,
        base.system_ciphers if base is not None else None,
        told[2] if told is not None else "",
    )
    if found is not None:
        target = _from_packages(target, found)
    if target.openssl_security_level < 0:
        versions = (library.version for library in target.libraries.values() if library.name == "openssl")
        target = target._replace(openssl_security_level=own_level(versions))
    target = _from_openssl_conf(target, files)
    return target if found is not None else target._replace(source=f"{target.source}; {_of_the_release(base, files, host)}")


def _of_the_release(base: Target | None, files: Files, host: str) -> str:
    """What to people are versions without a package database, and how the installed ones are read."""
    what = "versions of the release" if base is not None else "versions not known, --target names them"
    try:
        files.names("/var/lib")
    except FileProblem as problem:
        if problem.kind == "outside-root":
            how = "`tlslint --root / /etc` reads those installed" if host == "/" else "those installed lie outside of what was scanned"
            return f"{what}, {how}"
    return f"{what}, no package database was found"


def _release(files: Files) -> tuple[str, str, str] | None:
    """A name as the table has it (`debian-12`), the family, and the file that says so."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        text = text_of(files, path)
        if text is not None:
            fields = dict(re.findall(r'^(\w+)=["\']?(.*?)["\']?$', text, re.MULTILINE))
            version = fields.get("VERSION_ID", "")
            if family_of(fields.get("ID", "")) == "rhel" and "." not in version:  # CentOS tells its minor release in its own file only
                finer = re.search(r"release (\d+\.\d+)", text_of(files, "/etc/redhat-release") or "")
                version = finer[1] if finer is not None and finer[1].startswith(f"{version}.") else version
            named = _named(fields.get("ID", ""), version, fields.get("ID_LIKE", "").split())
            return (*named, path.lstrip("/")) if named is not None else None
    for path, pattern, identity in (
        ("/etc/lsb-release", r"DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=([\d.]+)", "ubuntu"),
        ("/etc/fedora-release", r"Fedora release (\d+)", "fedora"),
        ("/etc/redhat-release", r"release (\d+(?:\.\d+)?)", "rhel"),
        ("/etc/alpine-release", r"([\d.]+)", "alpine"),
        ("/etc/arch-release", r"()", "arch"),
        ("/etc/debian_version", r"(\d+)", "debian"),
    ):
        text = text_of(files, path)
        matched = re.search(pattern, text) if text is not None else None
        if matched is not None:
            named = _named(identity, matched[1], [])
            return (*named, path.lstrip("/")) if named is not None else None
    return None


def _named(identity: str, version: str, like: Iterable[str]) -> tuple[str, str] | None:
    identity = family_of(identity)
    if identity == "rhel":
        return release(identity, version), "rhel"
    if identity in _NUMBERS:  # `3.22.1` is of branch 3.22, `14.3` of 14
        version = ".".join(re.findall(r"\d+", version)[: _NUMBERS[identity]])
    family = next((_FAMILIES[word] for word in (identity, *like) if word in _FAMILIES), "")
    return (f"{identity}-{version}" if version else identity, family) if family else None


def _from_packages(target: Target, found: Installed) -> Target:
    """Versions of what is installed; what is not keeps the release's."""
    rows = families()[found.family]
    software, libraries = dict(target.software), dict(target.libraries)
    for service, row in rows["services"].items():
        package = next((found.packages[name] for name in row["version"] if name in found.packages), None)
        if package is not None:
            software[service] = Software(service, upstream(package.version), KnownBy.DETECTED)
        needy = next((found.packages[name] for name in row["needs"] if name in found.packages), None)
        needs = needy.needs if needy is not None else ()
        needed = library(needs, libraries[service].name)
        version = _library_version(needed, needs, rows, found) or libraries[service].version
        libraries[service] = Software(needed, version, KnownBy.DETECTED)
    source = f"{target.source}, {found.source}" if target.source else found.source
    return target._replace(software=software, libraries=libraries, source=source)


def library(needs: Iterable[str], otherwise: str) -> str:
    """Which TLS library a package needs: by the names of packages (libssl3) and of shared objects (libssl.so.3)."""
    words = list(needs)
    nss = [word for word in words if word.startswith(("libssl3.so", "libnss3.so"))]
    if any(("libssl" in word or word.startswith("openssl")) and word not in nss for word in words):
        return "openssl"  # Red Hat's libldap of 7.5 to 7.9 needs both: NSS to read old certificate databases only
    if nss:
        return "moznss"
    return "gnutls" if any("gnutls" in word and "-bin" not in word for word in words) else otherwise


def _library_version(library: str, needs: Iterable[str], rows: dict[str, dict[str, str]], found: Installed) -> str | None:
    start = rows["libraries"].get(library, library)
    candidates = [name for name in found.packages if name.startswith(start) and not name.endswith(("-dev", "-devel", "-doc", "-utils"))]
    needed = [name for name in candidates if name in set(needs)]
    wanted = re.search(r"libssl\.so\.(\d+)", " ".join(needs))
    if not needed and wanted is not None:  # two OpenSSL side by side: the one whose shared object is named
        needed = [name for name in candidates if upstream(found.packages[name].version).startswith(wanted[1])]
    chosen = (needed or sorted(candidates, key=len))[:1]
    if not chosen:
        return None
    version = found.packages[chosen[0]].version
    return f"{upstream(version)}-ubuntu" if re.match(_UBUNTUS, version) else upstream(version)


_UBUNTUS = r"1\.1\.1[d-l]-\d+ubuntu"
"""OpenSSL 1.1.1 of Ubuntu 20.04 to 21.10, patched so that level 2 leaves nothing below TLS 1.2 (changelog of 1.1.1d-2ubuntu3)."""


def upstream(version: str) -> str:
    """`1:2.3.19.1+dfsg1-2.1` → `2.3.19.1`: the project's own version, without epoch and packagers' parts."""
    found = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*[a-z]?)", version)
    return found[1] if found else version


def _from_openssl_conf(target: Target, files: Files) -> Target:
    """The host's own openssl.cnf counts over what its release ships, if all of it was seen."""
    said = openssl_conf.read(files)
    profile = text_of(files, "/etc/crypto-policies/back-ends/openssl.config")
    if profile is not None and target.family == "rhel":
        target = target._replace(system_ciphers=profile.strip())
    if said is None or not said.whole:
        return target
    level = target.openssl_security_level if said.security_level is None else said.security_level
    return target._replace(
        openssl_min_version=said.min_version,
        openssl_security_level=level,
        openssl_groups=said.groups,
        source=f"{target.source}, {said.source}",
    )
