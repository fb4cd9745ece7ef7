"""Compiling statements into the control-flow graph."""

from __future__ import annotations

import ast

from ovlcheck.lang import declarations as decl
from ovlcheck.lang.context import Loop, Refused
from ovlcheck.lang.diagnostics import Diagnostic
from ovlcheck.lang.expressions import Poisoned, lock_kind
from ovlcheck.lang.flow import LOCAL
from ovlcheck.lang.kinds import NONE, SCALARS, ArrayT, BoolT, IntT, ListT, RecordT, join
from ovlcheck.lang.operations import Operations
from ovlcheck.lang.values import Many, Place, Py, Struct, Val, Value
from ovlcheck.system.expr import Const, Param, walk

_ARITHMETIC = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%",
    ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
}  # fmt: skip

# A loop inside one step must end; this many rounds are far beyond any bound that a type of the language gives.
MOST_ROUNDS = 64


class Statements(Operations):
    """``block`` compiles a list of statements, collecting the errors of each in ``diagnostics``."""

    diagnostics: list[Diagnostic]

    def block(self, statements: list[ast.stmt]) -> None:
        outer = self.frame.optional
        if any(self._is_word(s, decl.may_not_happen) for s in statements):
            self.frame.optional = True
        for statement in statements:
            if not self.exits:
                break
            try:
                self.statement(statement)
            except Refused as refused:
                self.diagnostics.append(refused.diagnostic)
                self._poison(statement)
            except Poisoned:
                self._poison(statement)
        self.frame.optional = outer

    def _is_word(self, statement: ast.stmt, word: object) -> bool:
        match statement:
            case ast.Expr(ast.Call(ast.Name(name))):
                return name not in self.frame.locals and self.frame.function.lookup(name) is word
        return False

    def _poison(self, statement: ast.stmt) -> None:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.frame.poisoned.add(node.id)

    def statement(self, node: ast.stmt) -> None:
        method = getattr(self, f"do_{type(node).__name__.lower()}", None)
        if method is None:
            self.refuse(node, f"{type(node).__name__} statements are not in the language", "see docs/language.md")
        method(node)

    def do_pass(self, node: ast.Pass) -> None:
        pass

    def do_expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return
        if not isinstance(node.value, ast.Call):
            self.refuse(node, "an expression whose value is dropped", "assign it, or delete it")
        value = self.expr(node.value)
        if isinstance(value, Val):
            self.settle(value, node, force=True)

    def do_assign(self, node: ast.Assign) -> None:
        if len(node.targets) != 1:
            self.refuse(node, "a chain of assignments", "write one assignment a line")
        target = node.targets[0]
        if isinstance(target, (ast.Tuple, ast.List)):
            values = self.expr(node.value)
            if not isinstance(values, Many) or len(values.items) != len(target.elts):
                self.refuse(node, "unpacking of something that is no tuple of that length", "assign one by one")
            settled = [self.keep(self._scalar(v, node), node) for v in values.items]
            for each, value in zip(target.elts, settled, strict=True):
                self._assign(each, value, node)
            return
        if isinstance(target, ast.Name):
            self._assign_name(target.id, self._right_side(node.value), node)
            return
        value = self._right_side(node.value)
        if isinstance(value, Val):
            value = self.settle(value, node)
        self._assign(target, value, node)

    def _scalar(self, value: Value, node: ast.AST) -> Val:
        if isinstance(value, Place):
            return self.load(value, node)
        if not isinstance(value, Val):
            self.refuse(node, "this is no scalar", "assign scalars")
        return value

    def _right_side(self, node: ast.expr) -> Value:
        value = self.expr(node)
        if isinstance(value, Place) and isinstance(value.kind, SCALARS):
            return self.load(value, node)
        if isinstance(value, (Val, Many, Struct)):
            return value
        return value if isinstance(value, (Place, Py)) else self.rvalue(node)

    def _assign_name(self, name: str, value: Value, node: ast.stmt) -> None:
        if isinstance(value, Struct):
            fields = []
            for field, inner in value.fields:
                assert isinstance(inner, Val)
                alias = self.frame.stored.get(name) == 1 and self._constant_alias(inner)
                only = self.frame.places.get(name) == 1 and isinstance(inner.expr, Const)
                fields.append((field, inner if alias or only else self.assign_local(f"{name}.{field}", inner, node)))
            self.frame.locals[name] = Struct(value.cls, tuple(fields))
            return
        if not isinstance(value, Val):
            if isinstance(value, Many) or self.frame.stored.get(name, 0) != 1:
                self.refuse(node, f"{name} stands for something that is no scalar", "assign scalars to locals")
            self.frame.locals[name] = value
            return
        current = self.frame.locals.get(name)
        if current is None and self.frame.stored.get(name) == 1 and self._constant_alias(value):
            self.frame.locals[name] = value
            return
        if isinstance(current, Val) and join(current.kind, value.kind) is None:
            self.refuse(node, f"{name} was a {current.kind} and becomes a {value.kind}", "use another name")
        self.frame.locals[name] = self.assign_local(name, value, node)

    def _constant_alias(self, value: Val) -> bool:
        """A local that is assigned once, from values that cannot change before it is read, needs no state."""
        locals_used = [e.name for e in walk(value.expr) if isinstance(e, Param) and e.name[0] == LOCAL]
        return self.stable(value.expr) and all(self._written_once(name) for name in locals_used)

    def _written_once(self, full: str) -> bool:
        frame = self.frame
        own = full.removeprefix(f"{LOCAL}{frame.label}.")
        if own == full:
            return True  # of a calling function, which stands still meanwhile
        return frame.stored.get(own) == 1 and not frame.loops

    def do_annassign(self, node: ast.AnnAssign) -> None:
        if not isinstance(node.target, ast.Name):
            self.refuse(node, "an annotated assignment to a field", "annotate fields in the class")
        before = len(self.schema.diagnostics)
        try:
            annotation = eval(compile(ast.Expression(node.annotation), "", "eval"), self.frame.function.object.__globals__)
        except Exception as error:  # whatever the annotation's expression may raise
            self.refuse(node, f"annotation: {error}", "use a type of the language")
        kind = self.schema.kind(annotation, self.schema.cls, node.target.id)
        if len(self.schema.diagnostics) > before:
            message, remedy = self.schema.diagnostics[-1].message, self.schema.diagnostics[-1].remedy
            del self.schema.diagnostics[before:]
            self.refuse(node, message, remedy)
        if kind is None or not isinstance(kind, SCALARS):
            self.refuse(node, "a local of this type", "locals are scalars")
        if node.value is None:
            return
        value = self.rvalue(node.value)
        expr = self.coerce(value, kind, node)
        self.frame.stored[node.target.id] = 2
        self.frame.locals[node.target.id] = self.assign_local(node.target.id, Val(kind, expr), node)

    def _assign(self, target: ast.expr, value: Value, node: ast.stmt) -> None:
        if isinstance(target, ast.Name):
            self._assign_name(target.id, value, node)
            return
        place = self.expr(target)
        if not isinstance(place, Place):
            self.refuse(target, f"{ast.unparse(target)} cannot be assigned", "assign fields, elements or locals")
        if isinstance(place.kind, ListT) and isinstance(value, Many) and not value.items:
            self.clear_list(place, node)
            return
        if isinstance(place.kind, (ArrayT, RecordT, ListT)):
            self.refuse(node, f"assignment of a whole {place.kind}", "assign its elements or fields one by one")
        if not isinstance(value, Val):
            self.refuse(node, "the right side is no scalar", "assign scalars")
        self.store(place, self.coerce(value, place.kind, node), node)

    def do_augassign(self, node: ast.AugAssign) -> None:
        op = _ARITHMETIC.get(type(node.op))
        if op is None:
            self.refuse(node, "/= and **= are not in the language", "use //= or *=")
        if isinstance(node.target, ast.Name):
            current = self.frame.locals.get(node.target.id)
            if not isinstance(current, Val):
                self.refuse(node, f"{node.target.id} has no value yet", "assign it first")
            value = self.settle(self.rvalue(node.value), node)
            result = self.arithmetic(op, current, value, node)
            if isinstance(current.kind, IntT) and isinstance(result.kind, IntT):
                result = Val(current.kind, result.expr)
                if current.kind.lo == current.kind.hi:
                    name = node.target.id
                    self.refuse(node, f"the range of {name} is not known", f"annotate it where it starts: {name}: Int[lo, hi] = ...")
            self.frame.locals[node.target.id] = self.assign_local(node.target.id, result, node)
            return
        place = self.expr(node.target)
        if not isinstance(place, Place):
            self.refuse(node, f"{ast.unparse(node.target)} cannot be assigned", "assign fields, elements or locals")
        current = self.settle(self.load(place, node), node, force=not self.atomic)
        value = self.settle(self.rvalue(node.value), node)
        result = self.arithmetic(op, current, value, node)
        if isinstance(place.kind, BoolT) and not isinstance(result.kind, BoolT):
            self.refuse(node, f"{op}= on a bool", "assign a truth value")
        self.store(place, result.expr, node)

    def do_if(self, node: ast.If) -> None:
        true, false = self.branch(node.test)
        before = dict(self.frame.locals)
        self.exits = true
        self.block(node.body)
        ends = self.exits
        after = self.frame.locals
        self.frame.locals = before
        self.exits = false
        self.block(node.orelse)
        self.frame.locals = {**after, **self.frame.locals}
        self.exits = ends + self.exits

    def do_while(self, node: ast.While) -> None:
        if node.orelse:
            self.refuse(node, "else of a loop", "test after the loop")
        loop = Loop(len(self.frame.cleanups))
        self.frame.loops.append(loop)
        if self.atomic:
            self._bounded_while(node, loop)
        else:
            head = self.emit("nop", node, name="loop")
            true, false = self.branch(node.test)
            self.exits = true
            self.block(node.body)
            assert self.graph is not None
            self.graph.connect(self.exits + loop.continues, head)
            self.exits = false + loop.breaks
        self.frame.loops.pop()

    def _bounded_while(self, node: ast.While, loop: Loop) -> None:
        """In one step: a counted number of rounds; one more is an error of the model."""
        self.frame.temporaries += 1
        name = f"$rounds{self.frame.temporaries}"
        kind = IntT(0, MOST_ROUNDS)
        rounds = self.assign_local(name, Val(kind, Const(0)), node)
        head = self.emit("nop", node)
        true, false = self.branch(node.test)
        self.exits = true
        from ovlcheck.lang.fold import binary

        if self.exits:
            fits = binary("<", rounds.expr, Const(MOST_ROUNDS))
            self.emit("check", node, value=fits, name="assertion", message=f"a loop in one step runs more than {MOST_ROUNDS} rounds")
            self.assign_local(name, Val(kind, binary("+", rounds.expr, Const(1))), node)
            self.block(node.body)
        assert self.graph is not None
        self.graph.connect(self.exits + loop.continues, head)
        self.exits = false + loop.breaks

    def do_for(self, node: ast.For) -> None:
        if node.orelse:
            self.refuse(node, "else of a loop", "test after the loop")
        if not isinstance(node.target, ast.Name):
            self.refuse(node.target, "this target of a loop", "iterate with a single name")
        name = node.target.id

        def body(element: Value) -> None:
            self.frame.locals[name] = element
            self.block(node.body)

        self.iterate(node.iter, node, body)

    def _unwind(self, height: int) -> None:
        """Leave the ``with`` blocks above ``height``, innermost first, without closing them for the text behind."""
        for cleanup in reversed(self.frame.cleanups[height:]):
            if self.exits:
                cleanup()

    def do_break(self, node: ast.Break) -> None:
        loop = self._loop(node)
        self._unwind(loop.height)
        loop.breaks += self.exits
        self.exits = []

    def do_continue(self, node: ast.Continue) -> None:
        loop = self._loop(node)
        self._unwind(loop.height)
        loop.continues += self.exits
        self.exits = []

    def _loop(self, node: ast.AST) -> Loop:
        if not self.frame.loops:
            self.refuse(node, "break or continue outside a loop", "delete it")
        return self.frame.loops[-1]

    def do_return(self, node: ast.Return) -> None:
        frame = self.frame
        if node.value is not None:
            value = self.rvalue(node.value)
            if value.kind != NONE or (frame.result is not None and frame.result.kind != NONE):
                if frame.result is not None and frame.result.kind != NONE and join(frame.result.kind, value.kind) is None:
                    self.refuse(node, f"returns a {value.kind} here and a {frame.result.kind} elsewhere", "return values of one type")
            frame.result = self.assign_local("$result", value, node)
        self._unwind(0)
        frame.returns += self.exits
        self.exits = []

    def do_assert(self, node: ast.Assert) -> None:
        value = self.rvalue(node.test)
        message = "assert " + ast.unparse(node.test)
        if isinstance(node.msg, ast.Constant) and isinstance(node.msg.value, str):
            message = node.msg.value
        test = self.truth(value, node)
        self.emit("check", node, value=test, name="assertion", message=message, access=self.reads(test) > 0)

    def do_with(self, node: ast.With) -> None:
        self._with(node.items, node)

    def _with(self, items: list[ast.withitem], node: ast.With) -> None:
        if not items:
            self.block(node.body)
            return
        item, rest = items[0], items[1:]
        if item.optional_vars is not None:
            self.refuse(node, "with ... as", "leave out the name")
        value = self.expr(item.context_expr)
        if isinstance(value, Py) and value.value is decl.atomic:
            self._with_atomic(rest, node)
        elif lock_kind(value) is not None and isinstance(value, Place):
            if lock_kind(value) == "RwSemaphore" and not self.atomic:
                self.refuse(node, "with on a semaphore", "use down_read and up_read, or down_write and up_write")
            self._with_lock(value, rest, node)
        else:
            self.refuse(node, "with on something that is neither atomic nor a lock", "write: with atomic:")

    def _with_atomic(self, rest: list[ast.withitem], node: ast.With) -> None:
        self.emit("begin", node)
        self.atomic += 1

        def cleanup() -> None:
            self.emit("end", node)

        self.frame.cleanups.append(cleanup)
        self._with(rest, node)
        self.frame.cleanups.pop()
        self.atomic -= 1
        if self.exits:
            self.emit("end", node)

    def _with_lock(self, lock: Place, rest: list[ast.withitem], node: ast.With) -> None:
        if self.atomic:
            self.pass_lock(lock, node)
            self._with(rest, node)
            return
        self.acquire(lock, "", node)

        def cleanup() -> None:
            self.release(lock, "", node)

        self.frame.cleanups.append(cleanup)
        self._with(rest, node)
        self.frame.cleanups.pop()
        if self.exits:
            self.release(lock, "", node)
