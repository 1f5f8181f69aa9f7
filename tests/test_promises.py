"""What the package never does, read off its own source."""

import ast
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
FORBIDDEN_MODULES = {"socket", "ssl", "subprocess", "http", "urllib", "asyncio", "ctypes", "pickle", "marshal", "shelve", "multiprocessing"}
EXCEPTIONS = {("linter/files/exchange.py", "ctypes")}
"""Two names swapped in one step is a system call that `os` lacks; the module makes that call and no other, and only a fix imports it."""
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "system", "popen"}


def test_no_network_no_processes_no_eval() -> None:
    found: list[tuple[str, str]] = []
    for folder in ("linter", "parsers", "checks"):
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                names: list[str] = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom):
                    names = [node.module or ""]
                elif isinstance(node, ast.Call):
                    called = node.func
                    bare = called.id if isinstance(called, ast.Name) else ""
                    dotted = (
                        f"{called.value.id}.{called.attr}"
                        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)
                        else ""
                    )
                    if bare in FORBIDDEN_CALLS or dotted in ("os.system", "os.popen", "os.exec", "os.spawn"):
                        found.append((f"{path}:{node.lineno}", f"calls {bare or dotted}"))
                found += [(str(path.relative_to(REPOSITORY)), name) for name in names if name.split(".")[0] in FORBIDDEN_MODULES]
    assert set(found) == EXCEPTIONS


def test_only_the_door_opens_files_of_the_scanned_host() -> None:
    """Data files of the package itself are opened beside their module; nothing else calls open but the door and --output-file."""
    found = [
        f"{path}:{node.lineno}"
        for folder in ("parsers", "checks", "linter/engine", "linter/reports")
        for path in sorted((REPOSITORY / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open" and "__file__" not in ast.unparse(node)
    ]
    assert not found
