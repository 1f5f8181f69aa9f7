"""Write docs/screenshot.svg: what a terminal shows, taken from a real run. `tests/test_docs.py` holds it current.

python -m scripts.build_screenshot
"""

import io
import os
import shlex
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

REPOSITORY = Path(__file__).parents[1]
SCREENSHOT = REPOSITORY / "docs" / "screenshot.svg"
COMMAND = "tlslint --select TLS103,TLS814 sample_configs/apache/weak"

THEME = TerminalTheme(
    (24, 26, 31), (222, 220, 215),
    [(60, 64, 74), (240, 113, 104), (120, 190, 130), (230, 178, 90), (110, 165, 225), (190, 140, 210), (110, 190, 200), (222, 220, 215)],
)  # fmt: skip
FORMAT = """<svg xmlns="http://www.w3.org/2000/svg" class="rich-terminal" viewBox="0 0 {width} {height}" role="img" aria-label="tlslint in a terminal">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: system-ui, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""Rich's own, without the fonts it would fetch."""


def svg() -> str:
    """The picture."""
    arguments = [sys.executable, "-m", "tlslint", "--color", "always", "--exit-zero", *shlex.split(COMMAND)[1:]]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    ran = subprocess.run(arguments, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)
    console = Console(record=True, width=118, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text("$ ", style="bold") + Text(COMMAND))
    console.print(Text.from_ansi(ran.stdout.rstrip("\n")))
    picture = console.export_svg(title="tlslint", theme=THEME, code_format=FORMAT, unique_id="t")
    return "\n".join(line.rstrip() for line in picture.splitlines()) + "\n"


if __name__ == "__main__":
    SCREENSHOT.write_text(svg(), encoding="utf-8")
