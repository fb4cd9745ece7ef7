"""A tree of merged edges as one C function that hands on every successor of a state.

The function is a flat run of statements as far as it can be: a condition that fails leaves the innermost
block, and all but the last of several continuations get a block of their own.  A state is copied just before
it is first changed in a block, so that what comes after the block still sees it as it was.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ovlcheck.explore.native.blocks import Block
from ovlcheck.explore.native.expressions import Expressions, Scope
from ovlcheck.explore.native.merge import Leaf, Loop, Node, expressions, opposite
from ovlcheck.explore.native.names import comment
from ovlcheck.explore.native.steps import StepNumbers
from ovlcheck.explore.native.terms import Term, literal
from ovlcheck.explore.native.vocabulary import Vocabulary
from ovlcheck.system.expr import Expr, Temp, walk
from ovlcheck.system.transition_system import Assign, Assume, Check, Cover, Edge, Let
from ovlcheck.system.types import Count


class StepFunction:
    """The function ``name`` for the edges in ``tree``; its parameter ``self``, of which there are
    ``instances``, is left out (None) for rules.  With ``steps`` it says of every step which one it is.
    """

    def __init__(
        self,
        words: Vocabulary,
        name: str,
        note: str,
        tree: Node,
        instances: int | None,
        steps: StepNumbers | None = None,
    ) -> None:
        self._words = words
        self._name = name
        self._note = note
        self._tree = tree
        self._instances = instances
        self._steps = steps
        self._edges: list[int] = []
        self._serial = 0

    def text(self) -> str:
        """The C definition.  Raises ``NotSupported`` and ``ValueError`` as ``Expressions.term`` does."""
        parameters: dict[str, Term] = {}
        if self._instances is not None:
            parameters["self"] = (
                literal(0) if self._instances == 1 else Term("self", 0, self._instances - 1, atom=True)
            )
        block = Block("return n", 1, Scope("s", parameters, {}))
        self._continue(self._tree, block)
        signature = "struct worker *x, const state *s"
        if self._instances is not None:
            signature += ", int64_t self"
        head = [comment(self._note), f"STEP {self._name}({signature})", "{"]
        body = "\n".join(block.lines)
        if self._edges:
            numbers = ", ".join(str(e) for e in self._edges)
            head.append(f"\tstatic const int edges[] = {{ {numbers} }};")
        head.append("\tuint64_t n = 0;")
        for parameter in ("x", "s", "self"):
            if re.search(rf"\b{parameter}\b", signature) and not re.search(rf"\b{parameter}\b", body):
                head.append(f"\t(void){parameter};")
        return "\n".join([*head, "", body, "\treturn n;", "}", ""])

    def _new(self, stem: str) -> str:
        self._serial += 1
        return f"{stem}{self._serial}"

    def _continue(self, node: Node, block: Block) -> None:
        """What follows ``node``: edges that end here, then children, opposite conditions as if and else."""
        parts: list[Leaf | Node | tuple[Node, Node]] = [*node.leaves, *_paired(node.children)]
        for number, part in enumerate(parts):
            if number == len(parts) - 1:
                self._part(part, block)
            else:
                self._in_own_block(part, block)

    def _part(self, part: Leaf | Node | tuple[Node, Node], block: Block) -> None:
        match part:
            case Leaf():
                self._end(part, block)
            case Node():
                self._node(part, block)
            case (then, orelse):
                self._either(then, orelse, block)

    def _in_own_block(self, part: Leaf | Node | tuple[Node, Node], outer: Block) -> None:
        inner = outer.inner("break")
        self._part(part, inner)
        outer.put("do {" if inner.left else "{")
        outer.lines += inner.lines
        outer.put("} while (0);" if inner.left else "}")

    def _either(self, then: Node, orelse: Node, block: Block) -> None:
        assert isinstance(then.op, Assume)
        term = self._term(then.op.condition, block)
        condition = term.condition
        if term.faults:
            name = self._new("holds")
            self._declare_fault(block)
            block.put(f"TRUTH {name} = {condition};")
            self._stop_at_fault(_both(then, orelse), block)
            condition = name
        for head, node in ((f"if ({condition}) {{", then), ("} else {", orelse)):
            inner = block.inner()
            self._continue(node, inner)
            block.put(head)
            block.lines += inner.lines
            block.left |= inner.left
        block.put("}")

    @property
    def _expressions(self) -> Expressions:
        return self._words.expressions

    def _term(self, expr: Expr, block: Block) -> Term:
        term = self._expressions.term(expr, block.scope)
        self._declare_held(term, block)
        return term

    def _declare_held(self, term: Term, block: Block) -> None:
        for name in self._expressions.variables_of(term):
            block.put(f"int64_t {name};")

    def _node(self, node: Node, block: Block) -> None:
        match node.op:
            case Loop(parameter):
                self._loop(node, block, parameter.name, parameter.size)
                return
            case Let(temp, value):
                self._let(node, block, temp, self._term(value, block))
            case Assume(condition):
                term = self._term(condition, block)
                if term.constant == 0:
                    return
                if term.constant is None:
                    self._guard(node, block, term)
            case Check(condition, name, _, fatal):
                self._check(node, block, self._term(condition, block), name, fatal)
            case Cover(name, condition):
                term = self._term(condition, block)
                note = f"x->covered[{self._words.covers[name]}] = 1;"
                self._note_condition(node, block, term, term.nested_condition, "meets", note)
            case Assign():
                self._assign(node, block, node.op)
        self._continue(node, block)

    def _loop(self, node: Node, block: Block, name: str, size: int) -> None:
        if size == 1:
            block.scope = block.scope.with_parameter(name, literal(0))
            self._continue(node, block)
            return
        variable = self._words.identifiers.of("p_", name)
        inner = block.inner("continue")
        inner.scope = inner.scope.with_parameter(name, Term(variable, 0, size - 1, atom=True))
        self._continue(node, inner)
        block.put(f"for (int64_t {variable} = 0; {variable} < {size}; {variable}++) {{")
        block.lines += inner.lines
        block.put("}")

    def _guard(self, node: Node, block: Block, term: Term) -> None:
        if term.faults:
            name = self._new("holds")
            self._declare_fault(block)
            block.put(f"TRUTH {name} = {term.condition};")
            self._stop_at_fault(node, block)
            block.exit_if(f"!{name}")
        else:
            block.exit_if(term.text[1:] if term.negates else f"!({term.condition})")

    def _let(self, node: Node, block: Block, temp: str, term: Term) -> None:
        if term.constant is not None:
            block.scope = block.scope.with_temp(temp, term)
            return
        name = self._words.identifiers.of("t_", temp)
        used = _uses_temp(node, temp)
        if used or term.faults:
            if term.faults:
                self._declare_fault(block)
            block.put(f"VALUE {name} = {term.text};")
            if term.faults:
                self._stop_at_fault(node, block)
        block.scope = block.scope.with_temp(temp, Term(name, term.lo, term.hi, atom=True))

    def _check(self, node: Node, block: Block, term: Term, name: str, fatal: bool) -> None:
        violation = self._words.violations[name]
        if not fatal:
            note = f"violated(x, {violation}, true);"
            self._note_condition(node, block, term, f"!{term.nested_condition}", "fails", note)
            return
        if term.constant:
            return
        condition = f"!{term.nested_condition}"
        if term.faults:
            passes = self._new("passes")
            self._declare_fault(block)
            block.put(f"TRUTH {passes} = {term.condition};")
            self._stop_at_fault(node, block)
            condition = f"!{passes}"
        block.put(f"if ({condition}) {{")
        self._fail(node, block, violation)
        block.put("}")

    def _note_condition(
        self, node: Node, block: Block, term: Term, condition: str, stem: str, statement: str
    ) -> None:
        """Runs ``statement`` if ``condition`` holds now, as soon as it is known that the path exists."""
        if term.faults:
            self._declare_fault(block)
        if not term.faults and not node.can_block:
            block.put(f"if ({condition})")
            block.put(f"\t{statement}")
            return
        name = self._new(stem)
        block.put(f"TRUTH {name} = {condition};")
        if term.faults:
            self._stop_at_fault(node, block)
        block.late += (f"if ({name}) {statement}",)

    def _assign(self, node: Node, block: Block, op: Assign) -> None:
        type_ = self._words.system.variable[op.variable].type
        value = self._term(op.value, block)
        cell = self._expressions.cell(op.variable, op.index, block.scope)
        self._declare_held(cell, block)
        fits = type_.lo <= value.lo and value.hi <= type_.hi
        if not fits or value.faults or cell.faults:
            value = self._held(block, "v", value)
            cell = self._held(block, "at", cell)
            if not fits:
                self._declare_fault(block)
                if isinstance(type_, Count):
                    number = self._words.counts[op.variable]
                    block.put(f"check_count({value.text}, {type_.hi}, {number}, &fault);")
                else:
                    block.put(f"check_range({value.text}, {type_.lo}, {type_.hi}, &fault);")
            self._stop_at_fault(node, block)
        if type_.bits:
            self._store(block, op.variable, cell if op.index else None, value.text)

    def _held(self, block: Block, stem: str, term: Term) -> Term:
        if term.constant is not None:
            return term
        if term.faults:
            self._declare_fault(block)
        name = self._new(stem)
        block.put(f"VALUE {name} = {term.text};")
        return Term(name, term.lo, term.hi, atom=True)

    def _store(self, block: Block, variable: str, cell: Term | None, value: str) -> None:
        self._words.written.add(variable)
        if not block.writable:
            name = self._new("next")
            block.put(f"state {name} = {block.state or '*s'};")
            block.state, block.writable = name, True
            block.scope = replace(block.scope, state=f"&{name}")
        index = [cell.text] if cell is not None else []
        setter = self._words.identifiers.of("set_", variable)
        block.put(f"{setter}({', '.join([f'&{block.state}', *index, value])});")

    def _declare_fault(self, block: Block) -> None:
        if not block.fault_declared:
            block.put("int fault = 0;")
            block.fault_declared = True

    def _stop_at_fault(self, node: Node, block: Block) -> None:
        block.put("if (fault) {")
        self._fail(node, block, "fault")
        block.put("}")

    def _fail(self, node: Node, block: Block, violation: str) -> None:
        first = len(self._edges)
        here = sorted({leaf.edge for leaf in node.below})
        self._edges += here
        for late in block.late:
            block.put(f"\t{late}")
        block.put(f"\tfaulted(x, {violation}, edges + {first}, {len(here)});")
        if self._steps is not None:
            self._say_that_they_fail(self._steps, here, first, block)
        block.put(f"\t{block.leave};")
        block.left = True

    def _end(self, leaf: Leaf, block: Block) -> None:
        edge: Edge = self._words.system.edges[leaf.edge]
        block.put(comment(f"{edge.name}, line {edge.source.line}"))
        process = self._words.system.process[edge.process] if edge.process is not None else None
        if process is not None and process.pc is not None and edge.origin != edge.target:
            pc = self._words.system.variable[process.pc]
            here = block.scope.parameters["self"] if pc.shape else None
            self._store(block, pc.name, here, str(edge.target))
        for late in block.late:
            block.put(late)
        block.put(f"x->fired[{leaf.edge}] = 1;")
        block.put(f"n += {leaf.actions};")
        if self._steps is None:
            block.put(f"emit(x, {block.scope.state});")
        else:
            self._say(self._steps, leaf.edge, f"step_to(x, %s, {block.scope.state});", block)

    def _say_that_they_fail(self, steps: StepNumbers, edges: list[int], first: int, block: Block) -> None:
        """The same of steps that end in a violation: those of ``edges``, in C from place ``first`` on."""
        inside = replace(block, indent=block.indent + 1)
        if self._instances is None:
            for edge in edges:
                self._say(steps, edge, "step_fails(x, %s);", inside)
        else:
            inside.put(f"for (int k = {first}; k < {first + len(edges)}; k++)")
            inside.put("\tstep_fails(x, first_step[edges[k]] + (unsigned)self);")

    def _say(self, steps: StepNumbers, edge: int, statement: str, block: Block) -> None:
        """``statement`` with the number of the step for %s, once for each value of parameters that no loop binds."""
        number, inside = str(steps.first[edge]), block
        for parameter, factor in steps.factors(edge):
            value = block.scope.parameters.get(parameter.name)
            text = value.text if value is not None else self._new("every")
            if value is None:
                inside.put(f"for (unsigned {text} = 0; {text} < {parameter.size}; {text}++)")
                inside = replace(inside, indent=inside.indent + 1)
            number += f" + {factor} * (unsigned){text}" if factor > 1 else f" + (unsigned){text}"
        inside.put(statement % number)


def _paired(children: list[Node]) -> list[Node | tuple[Node, Node]]:
    """The children in order, those with opposite conditions together."""
    left = list(children)
    parts: list[Node | tuple[Node, Node]] = []
    while left:
        node = left.pop(0)
        other = next((c for c in left if _opposed(node, c)), None)
        if other is None:
            parts.append(node)
        else:
            left = [c for c in left if c is not other]
            parts.append((node, other))
    return parts


def _opposed(a: Node, b: Node) -> bool:
    return isinstance(a.op, Assume) and isinstance(b.op, Assume) and opposite(a.op.condition, b.op.condition)


def _both(then: Node, orelse: Node) -> Node:
    return Node(None, [then, orelse])


def _uses_temp(node: Node, temp: str) -> bool:
    return any(
        any(isinstance(e, Temp) and e.name == temp for expr in expressions(child.op) for e in walk(expr))
        or _uses_temp(child, temp)
        for child in node.children
    )
