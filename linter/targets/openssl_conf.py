"""What a host's openssl.cnf sets for every program: the section that `ssl_conf` names as `system_default`.

Grammar: config(5ssl); the commands are those of SSL_CONF_cmd(3ssl), applied to every context by SSL_CTX_new() (ssl_do_config() in
ssl/ssl_mcnf.c). Red Hat's file includes the crypto policy's back end, whose lines carry a `TLS.` before the name.
"""

import re

from tlslint.files import FileProblem, Files
from tlslint.model.struct import Struct
from tlslint.model.versions import BY_WORD, SSL30, TLS10, TlsVersion

PLACES = ("/etc/pki/tls/openssl.cnf", "/etc/ssl/openssl.cnf", "/etc/ssl1.1/openssl.cnf")
"""Red Hat's, everybody else's, Alpine's 1.1."""
MOST_INCLUDES = 16


class SystemDefault(Struct):
    """What it says. None: nothing. `source`: the file as people see it. `whole` False: a file it includes was not seen."""

    min_version: TlsVersion | None
    security_level: int | None
    cipher_string: str | None
    groups: str | None
    source: str
    whole: bool


def read(files: Files) -> SystemDefault | None:
    """The first openssl.cnf there is below the scanned root; None: there is none."""
    for place in PLACES:
        sections: dict[str, dict[str, str]] = {"": {}}
        if (state := _take(files, place, "", sections, 0)) is not None:
            return _meaning(sections, place.lstrip("/"), state[1])
    return None


def _take(files: Files, path: str, section: str, sections: dict[str, dict[str, str]], depth: int) -> tuple[str, bool] | None:
    """Read one file into `sections`; the section it ends in, and whether all it includes was seen. None: the file itself was not."""
    try:
        text = files.read(path).data.decode("utf-8", "replace")
    except FileProblem:
        return None
    whole = True
    for line in re.sub(r"\\\r?\n", "", text).splitlines():
        bare = re.sub(r"(?<!\\)#.*", "", line).strip()
        if found := re.fullmatch(r"\[\s*([^\]\s]+)\s*\]", bare):
            section = found[1]
            sections.setdefault(section, {})
        elif found := re.fullmatch(r"\.include\s*=?\s*(\S+)", bare):
            inner = _take(files, found[1], section, sections, depth + 1) if depth < MOST_INCLUDES else None
            section, seen = inner or (section, False)
            whole = whole and seen
        elif found := re.fullmatch(r"([^=]+?)\s*=\s*(.*)", bare):
            sections[section][found[1]] = found[2].strip("\"'")
    return section, whole


def _meaning(sections: dict[str, dict[str, str]], source: str, whole: bool) -> SystemDefault:
    start = sections[""].get("openssl_conf", "")
    ssl = sections.get(start, {}).get("ssl_conf", "")
    said = sections.get(sections.get(ssl, {}).get("system_default", ""), {})
    by_name = {name.lower().removeprefix("tls."): value for name, value in said.items() if not name.lower().startswith("dtls.")}
    ciphers = by_name.get("cipherstring")
    level = re.search(r"@SECLEVEL=([0-5])", ciphers) if ciphers else None
    return SystemDefault(
        _version(by_name.get("minprotocol", "")),
        int(level[1]) if level else None,
        ciphers,
        by_name.get("groups") or by_name.get("curves"),
        source,
        whole,
    )


def _version(word: str) -> TlsVersion | None:
    if word in ("", "None"):
        return None
    return {"TLSv1": TLS10, "SSLv3": SSL30}.get(word) or BY_WORD.get(word)
