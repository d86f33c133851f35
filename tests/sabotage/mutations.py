"""Source text -> every way to break one line of it: what a test that looks must notice.

Left alone: docstrings, type annotations, log lines and the texts of errors, which say something and
do nothing.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_SAYING = ("log", "logger", "warnings")
"""Names whose calls only say something."""
_OPPOSITES: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: ">=",
    ast.LtE: ">",
    ast.Gt: "<=",
    ast.GtE: "<",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change: the text from `start` to `end` (offsets in characters) becomes `text`. line: from
    1."""

    line: int
    start: int
    end: int
    text: str
    kind: str

    def apply(self, source: str) -> str:
        """The broken source."""
        return source[: self.start] + self.text + source[self.end :]


def mutations(source: str) -> Iterator[Mutation]:
    """Every mutation of a module's functions, in the order of their places."""
    found = _Finder(source)
    found.visit(ast.parse(source))
    return iter(sorted(found.found, key=lambda m: (m.start, m.kind)))


class _Finder(ast.NodeVisitor):
    """Collects the mutations of statements inside functions."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._lines = source.splitlines()
        self._inside = 0
        self.found: list[Mutation] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        """A call for its effect is left out; what only says something stays."""
        calls = node.value.value if isinstance(node.value, ast.Await) else node.value
        if not isinstance(calls, ast.Call) or _says(calls):
            return
        self._add(node, "pass", "statement left out")
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self.generic_visit(node)  # a negated loop condition mostly hangs, which proves little

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._add(node, "pass", "error not raised")

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._add(node, "pass", "statement left out")

    def visit_Compare(self, node: ast.Compare) -> None:
        """One comparison turned round, inside a larger condition."""
        if len(node.ops) == 1 and type(node.ops[0]) in _OPPOSITES:
            left, right = (
                ast.get_source_segment(self._source, n) for n in (node.left, node.comparators[0])
            )
            self._add(
                node, f"({left} {_OPPOSITES[type(node.ops[0])]} {right})", "comparison turned round"
            )
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._add(node, str(not node.value), "true and false swapped")

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._inside += 1
        for statement in node.body:
            self.visit(statement)
        self._inside -= 1

    def _negate(self, test: ast.expr) -> None:
        if not isinstance(test, ast.Compare):
            text = ast.get_source_segment(self._source, test)
            self._add(test, f"(not ({text}))", "condition turned round")

    def _add(self, node: ast.stmt | ast.expr, text: str, kind: str) -> None:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        if self._inside:
            start = self._offset(node.lineno, node.col_offset)
            end = self._offset(node.end_lineno, node.end_col_offset)
            self.found.append(Mutation(node.lineno, start, end, text, kind))

    def _offset(self, line: int, column: int) -> int:
        """ast counts columns in octets of UTF-8."""
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())


def _says(call: ast.Call) -> bool:
    target = call.func
    while isinstance(target, ast.Attribute):
        target = target.value
    return isinstance(target, ast.Name) and target.id in _SAYING
