"""Profiles of one's own: YAML or JSON in tlslint's shape (docs/schemas/profile.schema.json), or Mozilla's guideline JSON.

Of Mozilla's shape both the whole file (`configurations` by name, chosen with `#modern`) and one configuration by itself are taken, as
sslyze's `--custom_tls_config` takes it. Suites and groups may be spelt as OpenSSL or IANA spell them.
"""

import os
import re
from collections.abc import Callable
from typing import Any

from tlslint.crypto import groups, suites
from tlslint.model.versions import BY_WORD
from tlslint.profiles.profile import HASHES, Profile, UnknownProfileError, from_row

MOST_BYTES = 1 << 20
_KEYS = {
    "name": str, "edition": str, "date": str, "source": str, "versions": list, "suites": list, "groups": list, "rsa_bits": int,
    "dh_bits": int, "hsts_seconds": int, "key_types": list, "curves": list, "signatures": list, "lifetime_days": int, "until": str,
    "until_why": str,
}  # fmt: skip
_KINDS: dict[type, str] = {str: "a text", int: "a number", list: "a list"}
_KEY_TYPES = {name.lower(): name for name in ("RSA", "RSA-PSS", "ECDSA", "Ed25519", "Ed448")}


def read(name: str) -> Profile:
    """The profile in a file; `guidelines.json#modern` chooses among several. Raises `UnknownProfileError`, one sentence with the place."""
    path, _, chosen = name.partition("#")
    document = _document(path)
    if not isinstance(document, dict):
        raise UnknownProfileError(f"{path} holds no profile: keys and values are wanted, such as versions: [TLSv1.2, TLSv1.3]")
    label = os.path.basename(path).rpartition(".")[0] or path
    configurations = document.get("configurations")
    if isinstance(configurations, dict):
        if chosen not in configurations:
            there = ", ".join(map(str, configurations))
            raise UnknownProfileError(f"{path} holds several profiles: choose with {path}#NAME from {there}")
        row = _mozilla(path, configurations[chosen], f"{label}-{chosen}")
        return from_row({**row, "edition": str(document.get("version", "")), "source": str(document.get("href", path))})
    if chosen:
        raise UnknownProfileError(f"{path} holds one profile only, so #{chosen} chooses nothing")
    if "tls_versions" in document:
        return from_row({**_mozilla(path, document, label), "edition": "", "source": path})
    return from_row({"edition": "", "date": "", "source": path, **_checked(path, document, label)})


def _document(path: str) -> Any:  # noqa: ANN401 (whatever the file holds)
    try:
        with open(path, "rb") as stream:
            data = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnknownProfileError(f"the profile {path} cannot be read: {(error.strerror or str(error)).lower()}") from None
    if len(data) > MOST_BYTES:
        raise UnknownProfileError(f"the profile {path} is larger than a megabyte")
    if path.endswith(".json"):
        import json  # noqa: PLC0415

        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise UnknownProfileError(f"{path} is no JSON: {error}") from None
    from ruamel.yaml import YAML  # noqa: PLC0415 (slow to load)
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        return YAML(typ="safe", pure=True).load(data)
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        raise UnknownProfileError(f"{path}{place} is no YAML: {getattr(error, 'problem', None) or error}") from None


def _mozilla(path: str, row: Any, name: str) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(row, dict) or "tls_versions" not in row:
        raise UnknownProfileError(f"{path}: {name} has no tls_versions, so it is none of Mozilla's configurations")
    ciphers = row.get("ciphers", {})
    below = _list(ciphers, "openssl", "iana") if isinstance(ciphers, dict) else []
    translated = {
        "name": name,
        "date": "",
        "versions": ["TLSv1.0" if word == "TLSv1" else word for word in row["tls_versions"]],
        "suites": _list(row, "ciphersuites", "openssl_ciphersuites") + (_list(row, "openssl_ciphers") or below),
        "groups": row.get("tls_curves"),
        "rsa_bits": row.get("rsa_key_size"),
        "dh_bits": row.get("dh_param_size"),
        "hsts_seconds": row.get("hsts_min_age"),
        "key_types": row.get("certificate_types") or None,
        "curves": row.get("certificate_curves"),
        "signatures": row.get("certificate_signatures"),
        "lifetime_days": row.get("maximum_certificate_lifespan"),
    }
    return _checked(path, {key: value for key, value in translated.items() if value is not None}, name)


def _list(row: dict[str, Any], *keys: str) -> list[Any]:
    return next((row[key] for key in keys if isinstance(row.get(key), list)), [])


def _checked(path: str, row: dict[str, Any], name: str) -> dict[str, Any]:
    for key, value in row.items():
        kind = _KEYS.get(key)
        if kind is None:
            from difflib import get_close_matches  # noqa: PLC0415 (only for a slip of the pen)

            near = get_close_matches(str(key), _KEYS, 1)
            raise UnknownProfileError(f"{path}: a profile has no {key!r}; {f'did you mean {near[0]}?' if near else 'see the schema'}")
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
            raise UnknownProfileError(f"{path}: {key} takes {_KINDS[kind]}, and {value!r} is none")
    if not row.get("versions"):
        raise UnknownProfileError(f"{path}: versions is missing: list what is allowed, such as [TLSv1.2, TLSv1.3]")
    return {
        **row,
        "name": row.get("name", name),
        "versions": _named(path, row["versions"], "version", lambda word: word if word in BY_WORD else None),
        "suites": _named(path, row.get("suites"), "cipher suite", lambda word: getattr(suites.named(word), "iana", None)),
        "groups": _named(path, row.get("groups"), "group", lambda word: getattr(groups.named(word), "iana", None)),
        "curves": _named(path, row.get("curves"), "curve", lambda word: getattr(groups.named(word), "iana", None)),
        "key_types": _named(path, row.get("key_types"), "type of key", lambda word: _KEY_TYPES.get(word.lower())),
        "signatures": _named(path, row.get("signatures"), "hash", _hash),
    }


def _hash(word: str) -> str | None:
    """`SHA-256`, `sha256`, `ecdsa-with-SHA256` or `sha256WithRSAEncryption` → `SHA-256`."""
    found = re.search(r"(?i)(?:SHA-?(\d+)|MD(\d))(?![\d-])", word)
    name = (f"SHA-{found[1]}" if found[1] else f"MD{found[2]}") if found is not None else ""
    return name if name in HASHES else None


def _named(path: str, words: list[Any] | None, what: str, name: Callable[[str], str | None]) -> list[str] | None:
    if words is None:
        return None
    found = []
    for word in words:
        known = name(word) if isinstance(word, str) else None
        if known is None:
            raise UnknownProfileError(f"{path}: no {what} is called {word!r}")
        found.append(known)
    return found
