"""Compiling statements into the control-flow graph."""

from __future__ import annotations

import ast

from ovlcheck.lang import declarations as decl
from ovlcheck.lang.context import Loop
from ovlcheck.lang.diagnostics import Diagnostic
from ovlcheck.lang.expressions import Poisoned, has_call
from ovlcheck.lang.fold import binary
from ovlcheck.lang.kinds import SCALARS, ArrayT, IntT, Kind, ListT, RecordT, join
from ovlcheck.lang.locks import Locks, lock_kind
from ovlcheck.lang.operators import ARITHMETIC
from ovlcheck.lang.source import Refused
from ovlcheck.lang.values import Many, Objects, Place, Py, Struct, Val, Value
from ovlcheck.system.expr import Const

# A loop inside one step must end; this many rounds are far beyond any bound that a type of the language gives.
MOST_ROUNDS = 64


class Statements(Locks):
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
            self.refuse(
                node, f"{type(node).__name__} statements are not in the language", "see docs/language.md"
            )
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
            self.hold(value, node)

    def do_assign(self, node: ast.Assign) -> None:
        if len(node.targets) != 1:
            self.refuse(node, "a chain of assignments", "write one assignment a line")
        target = node.targets[0]
        if isinstance(target, (ast.Tuple, ast.List)):
            values = self.expr(node.value)
            if not isinstance(values, Many) or len(values.items) != len(target.elts):
                self.refuse(
                    node, "unpacking of something that is no tuple of that length", "assign one by one"
                )
            held = [self.keep(self.scalar(v, node.value), node) for v in values.items]
            for each, value in zip(target.elts, held, strict=True):
                self._assign(each, value, node)
            return
        found = self._right_side(node.value)
        if isinstance(found, Val) and not isinstance(target, ast.Name):
            found = self.hold(found, node) if has_call(target) else self.settle(found, node)
        self._assign(target, found, node)

    def _field(self, value: Value, node: ast.AST) -> Val:
        if not isinstance(value, Val):
            self.refuse(node, "a record whose fields are no scalars", "keep such a record in a field")
        return value

    def _right_side(self, node: ast.expr) -> Value:
        value = self.expr(node)
        if isinstance(value, Place) and isinstance(value.kind, SCALARS):
            return self.load(value, node)
        if isinstance(value, Objects):
            return self.members(value)
        if isinstance(value, Many) and not value.items:
            return value
        if isinstance(value, (Val, Struct, Place, Py)):
            return value
        self.refuse(
            node, f"{ast.unparse(node)} is no value of the language", "use a scalar: see docs/language.md"
        )

    def assign_name(self, name: str, value: Value, node: ast.AST) -> None:
        """``name = value`` for a local."""
        frame = self.frame
        current = frame.locals.get(name)
        once = frame.uses.stored.get(name) == 1 and current is None
        if isinstance(value, Struct):
            if (isinstance(current, Struct) and current.cls is not value.cls) or isinstance(current, Val):
                self.refuse(node, f"{name} becomes a {value.cls.__name__}", "use another name")
            fields: list[tuple[str, Value]] = []
            for field, inner in value.fields:
                known = (
                    isinstance(inner, Val)
                    and isinstance(inner.expr, Const)
                    and frame.uses.places.get(name) == 1
                )
                if known or (isinstance(inner, Val) and once and self.constant_alias(inner)):
                    fields.append((field, inner))
                else:
                    fields.append(
                        (field, self.assign_local(f"{name}.{field}", self._field(inner, node), node))
                    )
            frame.locals[name] = Struct(value.cls, tuple(fields))
        elif not isinstance(value, Val):
            if not once or not isinstance(value, (Place, Py)):
                self.refuse(
                    node, f"{name} stands for something that is no scalar", "assign scalars to locals"
                )
            frame.locals[name] = self.fixed_place(value, node) if isinstance(value, Place) else value
        elif once and self.constant_alias(value):
            self.look(value.expr, node)
            frame.locals[name] = value
        elif current is not None and not isinstance(current, Val):
            self.refuse(node, f"{name} was no scalar and becomes one", "use another name")
        else:
            frame.locals[name] = self.assign_local(name, value, node)

    def do_annassign(self, node: ast.AnnAssign) -> None:
        if not isinstance(node.target, ast.Name):
            self.refuse(node, "an annotated assignment to a field", "annotate fields in the class")
        name, frame = node.target.id, self.frame
        kind = self.annotation(node.annotation, name, node)
        if name in frame.kinds and frame.kinds[name] != kind and isinstance(kind, IntT):
            self.refuse(node, f"{name} was a {frame.kinds[name]}", "annotate it where it is assigned first")
        if isinstance(kind, IntT):
            frame.annotated.add(name)
            frame.kinds[name] = kind
        if node.value is not None:
            value = self.rvalue(node.value)
            expr = self.coerce(value, kind, node)
            kept = value.kind if isinstance(kind, IntT) else join(kind, value.kind) or kind
            frame.locals[name] = self.assign_local(name, Val(kept, expr), node)

    def annotation(self, annotation: ast.expr, name: str, node: ast.AST) -> Kind:
        """The scalar kind that the annotation of a local means."""
        before = len(self.schema.diagnostics)
        try:
            code = compile(ast.Expression(annotation), "<annotation>", "eval")
            found = eval(code, self.frame.function.object.__globals__)
        except Exception as error:  # whatever the annotation's expression may raise
            self.refuse(node, f"annotation: {error}", "use a type of the language")
        kind = self.schema.kind(found, self.schema.cls, name)
        if len(self.schema.diagnostics) > before:
            message, remedy = self.schema.diagnostics[-1].message, self.schema.diagnostics[-1].remedy
            del self.schema.diagnostics[before:]
            self.refuse(node, message, remedy)
        if kind is None or not isinstance(kind, SCALARS):
            self.refuse(node, "a local of this type", "locals are scalars")
        return kind

    def _assign(self, target: ast.expr, value: Value, node: ast.stmt) -> None:
        if isinstance(target, ast.Name):
            self.assign_name(target.id, value, node)
            return
        place = self.expr(target)
        if not isinstance(place, Place):
            self.refuse(
                target, f"{ast.unparse(target)} cannot be assigned", "assign fields, elements or locals"
            )
        if isinstance(place.kind, ListT) and isinstance(value, Many) and not value.items:
            self.clear_list(place, node)
            return
        if isinstance(place.kind, (ArrayT, RecordT, ListT)):
            self.refuse(
                node, f"assignment of a whole {place.kind}", "assign its elements or fields one by one"
            )
        if not isinstance(value, Val):
            self.refuse(node, "the right side is no scalar", "assign scalars")
        self.store(place, self.coerce(value, place.kind, node), node)

    def do_augassign(self, node: ast.AugAssign) -> None:
        op = ARITHMETIC.get(type(node.op))
        if op is None:
            self.refuse(node, "/=, **= and @= are not in the language", "use //= or *=")
        if isinstance(node.target, ast.Name):
            current: Value = self.expr(node.target)
            if not isinstance(current, Val):
                self.refuse(node, f"{node.target.id} is no scalar", "assign its parts")
            if has_call(node.value):
                current = self.hold(current, node)
            result = self.arithmetic(op, current, self.settle(self.rvalue(node.value), node), node)
            self.assign_name(node.target.id, result, node)
            return
        place = self.expr(node.target)
        if not isinstance(place, Place):
            self.refuse(
                node, f"{ast.unparse(node.target)} cannot be assigned", "assign fields, elements or locals"
            )
        before = self.load(place, node)
        before = self.hold(before, node) if has_call(node.value) else self.settle(before, node)
        result = self.arithmetic(op, before, self.settle(self.rvalue(node.value), node), node)
        self.store(place, self.coerce(result, place.kind, node), node)

    def do_if(self, node: ast.If) -> None:
        true, false = self.branch(node.test)
        before = dict(self.frame.locals)
        self.exits = true
        self.block(node.body)
        ends, after = self.exits, self.frame.locals
        self.frame.locals = before
        self.exits = false
        self.block(node.orelse)
        if ends and self.exits:
            otherwise = self._kept_beside(after, node)
            others, self.exits = self.exits, ends
            self.frame.locals, after = after, self.frame.locals
            then = self._kept_beside(after, node)
            ends, self.exits = self.exits, others
            self.frame.locals = self.merged(then, otherwise)
        elif ends:
            self.frame.locals = after
        self.exits = ends + self.exits

    def _kept_beside(self, other: dict[str, Value], node: ast.AST) -> dict[str, Value]:
        """The names of this way; those that ``other`` has not become locals, which have no value on the other way."""
        here = self.frame.locals
        for name, value in here.items():
            private = name in self.frame.uses.private or name in self.frame.storage
            if name not in other and isinstance(value, Val) and not private:
                here = {**here, name: self.assign_local(name, value, node)}
        return here

    def do_while(self, node: ast.While) -> None:
        if node.orelse:
            self.refuse(node, "else of a loop", "test after the loop")
        loop = Loop(len(self.frame.cleanups))
        self.frame.loops.append(loop)
        with self.back_edge(node):
            if self.atomic:
                self._bounded_while(node, loop)
            else:
                head = self.emit("nop", node, name="loop")
                true, false = self.branch(node.test)
                self.exits = true
                self.block(node.body)
                self.connect(self.exits + loop.continues, head)
                self.exits = false + loop.breaks
        self.frame.loops.pop()

    def _bounded_while(self, node: ast.While, loop: Loop) -> None:
        """In one step: a counted number of rounds; one more is an error of the model."""
        name, kind = self.temporary("$rounds"), IntT(0, MOST_ROUNDS)
        rounds = self.assign_local(name, Val(kind, Const(0)), node)
        head = self.emit("nop", node)
        true, false = self.branch(node.test)
        self.exits = true
        if self.exits:
            fits = binary("<", rounds.expr, Const(MOST_ROUNDS))
            message = f"a loop in one step runs more than {MOST_ROUNDS} rounds"
            self.emit("check", node, value=fits, name="assertion", message=message)
            self.assign_local(name, Val(kind, binary("+", rounds.expr, Const(1))), node)
            self.block(node.body)
        self.connect(self.exits + loop.continues, head)
        self.exits = false + loop.breaks

    def do_for(self, node: ast.For) -> None:
        if node.orelse:
            self.refuse(node, "else of a loop", "test after the loop")
        if not isinstance(node.target, ast.Name):
            self.refuse(node.target, "this target of a loop", "iterate with a single name")
        name = node.target.id

        def body(element: Value) -> None:
            if name in self.frame.uses.private:
                self.frame.locals[name] = element
            else:
                self.assign_name(name, element, node)
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
        if node.value is None:
            self._unwind(0)
            frame.plain_returns += self.exits
        else:
            value = self.rvalue(node.value)
            self.assign_local("$result", value, node)
            frame.returns_value = True
            self._unwind(0)
            frame.returns += self.exits
        self.exits = []

    def do_assert(self, node: ast.Assert) -> None:
        test = self.condition(node.test)
        message = "assert " + ast.unparse(node.test)
        if isinstance(node.msg, ast.Constant) and isinstance(node.msg.value, str):
            message = node.msg.value
        elif node.msg is not None:
            self.refuse(node.msg, "a message that is no plain text", "write a string")
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
                self.refuse(
                    node, "with on a semaphore", "use down_read and up_read, or down_write and up_write"
                )
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
        lock = self.same_place(lock, node)
        self.acquire(lock, "", node)

        def cleanup() -> None:
            self.release(lock, "", node)

        self.frame.cleanups.append(cleanup)
        self._with(rest, node)
        self.frame.cleanups.pop()
        if self.exits:
            self.release(lock, "", node)
