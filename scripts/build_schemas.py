"""Write docs/schemas/settings.schema.json from the settings themselves. `tests/test_docs.py` holds it current.

python -m scripts.build_schemas
"""

import json
from pathlib import Path

from tlslint.settings import KEYS

SETTINGS = Path(__file__).parents[1] / "docs" / "schemas" / "settings.schema.json"


def settings() -> str:
    """The schema of `.tlslint.yaml` and of `[tool.tlslint]`."""
    words = {"type": "array", "items": {"type": "string"}}
    properties = {}
    for name, key in KEYS.items():
        kind: dict[str, object]
        if key.kind == "table":
            kind = {"type": "object", "additionalProperties": words}
        elif key.kind == "list":
            kind = {"anyOf": [{"type": "string"}, words]}
        else:
            kind = {"enum": list(key.words)} if key.words else {"type": "string"}
        properties[name] = {"description": key.summary, **kind}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": ".tlslint.yaml",
        "type": ["object", "null"],
        "additionalProperties": False,
        "properties": properties,
    }
    return json.dumps(document, indent=2) + "\n"


if __name__ == "__main__":
    SETTINGS.write_text(settings(), encoding="utf-8")
