"""What is installed below a root: the databases of dpkg, rpm, apk, pacman and FreeBSD's pkg, read as files.

dpkg(1) status file and status.d (distroless images); rpm: see `rpmdb`; apk: /lib/apk/db/installed; pacman: one `desc` for each package
below /var/lib/pacman/local; pkg: local.sqlite. Nothing is run, and nothing but these files is read.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from tlslint.data import beside
from tlslint.files import FileProblem, Files
from tlslint.model.struct import Struct


class Package(Struct):
    """`needs` are the words of its dependencies: packages (dpkg) or shared objects (rpm, apk)."""

    name: str
    version: str
    needs: tuple[str, ...]


class Installed(Struct):
    """A package database. `family` names the row of packages.json; `source` is its path as people see it."""

    family: str
    source: str
    packages: dict[str, Package]


def installed(files: Files, is_suse: bool = False) -> Installed | None:
    """The first package database there is; None: none below the scanned root."""
    for family, source, found in (*_dpkg(files), *_apk(files), *_pacman(files), *_pkg(files), *_rpm(files, is_suse)):
        packages = {package.name: package for package in found}
        if packages:
            return Installed(family, source, packages)
    return None


@cache
def families() -> dict[str, Any]:
    """Which packages hold which service, by family."""
    rows: dict[str, Any] = json.loads(beside(__file__, "packages.json"))["families"]
    return rows


def text_of(files: Files, path: str) -> str | None:
    """What a file says, whatever its encoding; None where it cannot be had."""
    try:
        return files.read(path).data.decode("utf-8", "replace")
    except FileProblem:
        return None


def _names(files: Files, path: str) -> list[str]:
    try:
        return files.names(path)
    except FileProblem:
        return []


Found = Iterator[tuple[str, str, Iterator[Package]]]


def _dpkg(files: Files) -> Found:
    text = text_of(files, "/var/lib/dpkg/status")
    if text is not None:
        yield "debian", "var/lib/dpkg/status", _stanzas(text)
    folder = "/var/lib/dpkg/status.d"
    parts = [part for name in _names(files, folder) if not name.endswith(".md5sums") and (part := text_of(files, f"{folder}/{name}"))]
    if parts:
        yield "debian", "var/lib/dpkg/status.d", _stanzas("\n\n".join(parts))


def _stanzas(text: str) -> Iterator[Package]:
    for stanza in text.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Status|Depends): (.*)$", stanza, re.MULTILINE))
        if "Package" in fields and "Version" in fields and fields.get("Status", "install ok installed").endswith(" installed"):
            needs = tuple(word for word in re.split(r"[,| ]+", re.sub(r"\([^)]*\)", "", fields.get("Depends", ""))) if word)
            yield Package(fields["Package"], fields["Version"], needs)


def _apk(files: Files) -> Found:
    for place in ("/usr/lib/apk/db/installed", "/lib/apk/db/installed"):
        text = text_of(files, place)
        if text is not None:
            yield "alpine", place.lstrip("/"), _records(text)


def _records(text: str) -> Iterator[Package]:
    for record in text.split("\n\n"):
        fields = dict(re.findall(r"^([PVD]):(.*)$", record, re.MULTILINE))
        if "P" in fields and "V" in fields:
            yield Package(fields["P"], fields["V"], tuple(fields.get("D", "").split()))


def _pacman(files: Files) -> Found:
    folder = "/var/lib/pacman/local"
    if names := _names(files, folder):
        yield "arch", folder.lstrip("/"), _described(files, folder, names)


def _described(files: Files, folder: str, names: list[str]) -> Iterator[Package]:
    wanted = {name for service in families()["arch"]["services"].values() for name in service["version"]}
    wanted.update(families()["arch"]["libraries"].values())
    for name in names:
        if name.rsplit("-", 2)[0] not in wanted:
            continue
        text = text_of(files, f"{folder}/{name}/desc") or ""
        fields = {key: value.split() for key, value in re.findall(r"^%(\w+)%\n((?:.+\n)*)", text + "\n", re.MULTILINE)}
        if fields.get("NAME") and fields.get("VERSION"):
            yield Package(fields["NAME"][0], fields["VERSION"][0], tuple(fields.get("DEPENDS", ())))


def _pkg(files: Files) -> Found:
    try:
        data = files.read("/var/db/pkg/local.sqlite").data
    except FileProblem:
        return
    from tlslint.targets.rpmdb import query  # noqa: PLC0415 (only where there is such a database)

    rows = query(data, "SELECT name, version FROM packages")
    yield "freebsd", "var/db/pkg/local.sqlite", (Package(str(name), str(version), ()) for name, version in rows)


def _rpm(files: Files, is_suse: bool) -> Found:
    if all(files.kind(folder) == "missing" or files.kind(folder) == "outside" for folder in ("/usr/lib/sysimage/rpm", "/var/lib/rpm")):
        return
    from tlslint.targets import rpmdb  # noqa: PLC0415 (only where there is such a database)

    for place, read in rpmdb.PLACES:
        try:
            data = files.read(place).data
        except FileProblem:
            continue
        family = "suse" if is_suse else "rhel"
        yield family, place.lstrip("/"), (Package(one.name, one.version, one.requires) for one in read(data))
