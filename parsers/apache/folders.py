"""Folders that a server serves, as far as they are part of what is scanned: which of them have an .htaccess."""

import posixpath
from collections.abc import Iterator

from tlslint.model import Problem
from tlslint.parsers.apache.request import Host, admitted, htaccess, override_at
from tlslint.parsers.apache.tree import Section
from tlslint.parsers.carried import file_name

NAME = ".htaccess"
MAX_ENTRIES = 50_000
"""A bound of ours on what is listed below one document root: sites with more files than that keep their .htaccess near the top."""


def root_of(host: Host) -> str:
    """The server's document root, "" where it sets none."""
    if "documentroot" not in host.mentions:
        return ""
    for section in reversed(host.levels):
        for node in reversed(section.named("documentroot")):
            if node.words and not node.condition and not node.unknown:
                return posixpath.normpath(file_name(node.words[0].text))
    return ""


def below(host: Host) -> Iterator[tuple[str, "Section | Problem"]]:
    """Every .htaccess at and below the document root with what is in it, or why httpd could not read it."""
    root = root_of(host)
    if not root.startswith("/") or root == "/":
        return
    if root not in host.around.walked:
        found: list[str] = []
        if host.files.kind(root) == "directory":
            for count, path in enumerate(host.files.walk(root)):
                if count > MAX_ENTRIES:
                    break
                if posixpath.basename(path) == NAME:
                    found.append(path)
        host.around.walked[root] = found
    for path in host.around.walked[root]:
        section = htaccess(host.around, path)
        if section is not None:
            yield path, section


def read_below(host: Host) -> Iterator[tuple[str, Section]]:
    """Those of them that are read and taken, by the URL path of their folder (ending in `/`)."""
    root = root_of(host)
    for path, section in below(host):
        override = override_at(host, posixpath.dirname(path))
        if isinstance(section, Section) and not override.is_none:
            taken = admitted(host.reading, section, override).section
            if taken is not None:
                yield posixpath.dirname(path).removeprefix(root) + "/", taken
