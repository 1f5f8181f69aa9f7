"""Write .pre-commit-hooks.yaml from the formats' layouts. `tests/live/test_hooks.py` holds it current.

python -m scripts.build_hooks
"""

from pathlib import Path

from tlslint.engine.discover import layouts

HOOKS = Path(__file__).parents[1] / ".pre-commit-hooks.yaml"

HEAD = """# Made by `make docs` from the formats' layouts (parsers/*/layout.py); a test holds it to them.
# Both hooks run in one process: pre-commit would otherwise deal the files out over several, and none would see a server as a whole.
"""
HOOK = """
- id: {id}
  name: tlslint
  description: {description}
  entry: tlslint
  language: python
  require_serial: true
  pass_filenames: {pass_filenames}
  files: |
    (?x)
{patterns}
"""


def text() -> str:
    """The file. Blanks count for nothing in the pattern, so each format has its own lines."""
    lines = []
    for name, layout in layouts():
        pattern = layout.HOOK.replace(" ", r"\ ").replace("#", r"\#")
        lines.append(f"    {'  ' if not lines else '| '}(?:{pattern})  # {name}")
    patterns = "\n".join(lines)
    both = (
        ("tlslint", "reports what the files of the commit cause; each server is judged as a whole", "true"),
        ("tlslint-all", "reports everything in the repository when a file of a server changes", "false"),
    )
    hooks = (HOOK.format(id=name, description=said, pass_filenames=given, patterns=patterns) for name, said, given in both)
    return HEAD + "".join(hooks)


if __name__ == "__main__":
    HOOKS.write_text(text(), encoding="utf-8")
