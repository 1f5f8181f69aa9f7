"""Mutation testing of an evaluator: is there a test that notices when a line is wrong?

    python scripts/mutate.py MODULE [COUNT] [SEED]      (or `make mutate MODULE=parsers/postfix/server.py COUNT=20 SEED=1`; needs cosmic-ray)

MODULE is changed by cosmic-ray's operators, one small change (a mutant) at a time, in a copy of the tree; for each, the tests that should notice
are run until one fails. COUNT mutants are drawn by SEED, one per place at most, so that a run can be repeated. Printed are a line per mutant, the
difference of every survivor, and the count. A survivor is read by a person: it does what the original does (say why), or a test is missing, or the
line is not needed, or it is wrong.
"""

import ast
import os
import random
import re
import shlex
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.plugins import get_operator, operator_names
from cosmic_ray.testing import run_tests
from cosmic_ray.work_item import MutationSpec, TestOutcome

REPOSITORY = Path(__file__).parents[1]

TESTS = {
    "parsers/apache": ("(httpd or apache) and not fixer", "tests/parsers/apache tests/test_seeds_headers.py"),
    "parsers/postfix": ("postfix or pf-", "tests/parsers/postfix"),
    "parsers/dovecot": ("dovecot and not fixer", "tests/parsers/dovecot"),
    "parsers/courier": ("courier and not fixer", "tests/parsers/courier"),
    "parsers/openldap": ("(ldap or slapd) and not fixer and not hostile", "tests/parsers/openldap"),
    "linter/crypto": ("not (apache-lex or apache-tree or apache-hsts or apache-redir)", "tests/crypto"),
    "linter/profiles": ("not real_server", "tests/profiles tests/test_seeds_of_policy.py tests/cli/test_grade.py"),
    "linter/engine": (
        "not real_server",
        "tests/engine tests/parsers/apache/test_fixer.py tests/parsers/dovecot/test_fixer.py tests/parsers/openldap/test_fixer.py",
    ),
    "linter/files": ("(files or test_run) and not race", "tests/files tests/engine/test_run.py"),
}
"""By folder: pytest's -k, and the tests that are run between the rules' examples and the labelled records. Quick ones, without real servers."""

OPERATORS = re.compile(
    "core/(AddNot|Replace(True|False|And|Or|Break|Continue)With.*|ExceptionReplacer|NumberReplacer|ZeroIterationForLoop|ReplaceUnaryOperator.*"
    "|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Sub_BitOr|Mul_FloorDiv|FloorDiv_Mul|Mod_Mul|BitOr_BitAnd|BitAnd_BitOr|LShift_RShift|RShift_LShift)"
    "|ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is|Lt_LtE|Lt_Gt|LtE_Lt|LtE_Gt|Gt_GtE|Gt_Lt|GtE_Gt|GtE_Lt))"
)
"""Those that make a person's slip. Left out: `==` for `is` and operators that the types rule out, which say nothing about the tests."""


class Mutant(NamedTuple):
    """One change: cosmic-ray's operator, its count within the file, and where."""

    operator: str
    occurrence: int
    start: tuple[int, int]
    end: tuple[int, int]


def mutants(source: str) -> dict[tuple[int, int], list[Mutant]]:
    """All changes of a file that can matter, by place: none in annotations, decorators, type aliases, `__slots__`."""
    tree, silent = get_ast(source), _silent(ast.parse(source))
    found: dict[tuple[int, int], list[Mutant]] = {}
    for name in filter(OPERATORS.fullmatch, operator_names()):
        operator = get_operator(name)()
        places = (place for node in ast_nodes(tree) for place in operator.mutation_positions(node))
        for occurrence, (start, end) in enumerate(places):
            if not any(first <= start < last for first, last in silent):
                found.setdefault(start, []).append(Mutant(name, occurrence, start, end))
    return found


def _silent(tree: ast.Module) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    parts: list[ast.AST | None] = []
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                parts += [*node.decorator_list, getattr(node, "returns", None)]
            case ast.arg() | ast.AnnAssign():
                parts.append(node.annotation)
            case ast.Assign(targets=[ast.Name(id=name)]) if name == "__slots__" or re.fullmatch("_?([A-Z][a-z]+)+", name):
                parts.append(node)
            case ast.Call(func=ast.Name(id="cast"), args=[kind, *_]):
                parts.append(kind)
    return [((part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)) for part in parts if part is not None]


def copy(scratch: Path) -> None:
    """The tree, with the package as Python finds it: `python -m pytest` in the copy imports the copy, whatever else is installed."""
    leave = shutil.ignore_patterns("__pycache__", ".hypothesis")
    shutil.copytree(REPOSITORY / "linter", scratch / "tlslint", ignore=leave)
    for name in ("parsers", "checks"):
        shutil.copytree(REPOSITORY / name, scratch / "tlslint" / name, ignore=leave)
        (scratch / name).symlink_to(f"tlslint/{name}")
    (scratch / "linter").symlink_to("tlslint")
    for name in ("tests", "scripts", "docs", "sample_configs"):
        shutil.copytree(REPOSITORY / name, scratch / name, ignore=leave)
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md", ".pre-commit-hooks.yaml"):
        shutil.copy(REPOSITORY / name, scratch)


def command(module: str, scratch: Path) -> str:
    """The tests for a module, quick killers first."""
    words, tests = TESTS["/".join(module.split("/")[:2])]
    options = f"-qx --tb=line -p no:cacheprovider -p no:randomly -o tmp_path_retention_policy=none --basetemp={scratch}/tmp -k {shlex.quote(words)}"
    return f"{sys.executable} -m pytest {options} tests/checks/test_examples.py {tests} tests/test_agreement.py"


def main(module: str, count: int = 20, seed: int = 1) -> int:
    """Draw, run, print."""
    source = (REPOSITORY / module).read_text(encoding="utf-8")
    places = sorted(mutants(source).items())
    draw = random.Random(f"{module} {seed}")
    drawn = sorted(draw.choice(found) for _, found in draw.sample(places, min(count, len(places))))
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        copy(scratch)
        os.chdir(scratch)
        tests = command(module, scratch)
        began = time.monotonic()
        outcome, output = run_tests(tests, 1800)
        if outcome != TestOutcome.SURVIVED:
            print(output)
            return 2
        limit = 60 + 4 * (time.monotonic() - began)
        survivors = 0
        for mutant in drawn:
            spec = MutationSpec(module, mutant.operator, mutant.occurrence, mutant.start, mutant.end)
            began = time.monotonic()
            result = mutate_and_test([spec], tests, limit)
            survivors += result.test_outcome == TestOutcome.SURVIVED
            where = f"{module}:{mutant.start[0]}:{mutant.start[1] + 1}"
            print(
                f"{result.test_outcome.value if result.test_outcome else 'nothing':<10} {time.monotonic() - began:5.1f} s  {where} {mutant.operator}",
                flush=True,
            )
            if result.test_outcome == TestOutcome.SURVIVED:
                print("\n".join(line for line in (result.diff or "").splitlines()[3:]), flush=True)
    print(f"{module}, seed {seed}: {len(drawn)} mutants of {len(places)} places, {len(drawn) - survivors} killed, {survivors} survived")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
