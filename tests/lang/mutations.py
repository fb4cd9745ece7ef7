"""Mutations of model code: one piece of syntax becomes another, so that most results are wrong in some way."""

from __future__ import annotations

import ast
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

EXPRESSIONS = tuple(
    """
    None; True; 0; -1; 3.5; 2 ** 70; 'text'; b'x'; ...; self; self.n; self.nodes; self.s; self.l;
    self.arr; self.r; self.lock; self.w; self.count; self.count.inc; self.nothing; self.n.nothing;
    self.n.v; Node; Colour; Colour.RED; Colour.NONE; Mode.R; Mode; Pair; Pair(1, True); Pair(1);
    Pair(x=self.a, y=self.p); {}; {1: 2}; set(); {1}; {self.n}; {self.n, Colour.RED}; []; [self.a];
    (1, 2); lambda: 0; [x for x in self.s]; {x for x in self.s}; {x: 1 for x in self.s}; (x for x in
    self.s); f'{self.a}'; (z := 3); *self.s; self.a / 2; self.a ** 2; self.a @ 2; self.a // 0;
    self.a % 0; self.a << 99; self.a << self.b; self.a << -1; self.n < self.m; self.n + 1; self.s |
    self.t; self.s & {self.n}; self.w | Colour.RED; ~self.a; ~self.w; -self.n; not self.lock; self.c
    or self.a; self.a or self.b; self.arr[5]; self.arr[-1]; self.arr[self.n]; self.arr[0:1];
    self.arr[Colour.RED]; self.own[self.n]; self.own[0]; self.by[0]; self.l[0]; self.l[99];
    self.n[0]; self.a[0]; self.l + self.l; self.l == []; self.s == []; self.s < self.s; self.l is
    None; self.a is 3; len(self.s); len(self.a); len(); len(self.s, self.s); len(self.l);
    sum(self.s); sum(1 for x in self.s); sum(x.v for x in self.nodes); any(self.s); any(x.on for x
    in self.s); any((self.p, self.n)); all(x for x, y in self.s); min(self.a); min(self.a, self.n);
    max(); abs(self.n); range(3); range(self.a); range(10 ** 9); sorted(self.s); print(self.a);
    open('x'); eval('1'); int('3'); str(self.a); bool(); bool(self.n); tuple(self.s); list(self.s);
    set(self.l); choose(); choose(self.s); choose(self.a); choose(set()); choose(Colour); choose(1,
    None); choose(1, True); choose([]); new(Node); new(Colour); new(); free(self.n); free(3);
    wait(self.p); wait(); atomic; pre(self.a); event('x'); idle(); super(); super().main();
    self.main(); self.helper(); self.helper(1); self.helper(1, 2, 3); self.helper(x=1);
    self.helper(1, x=1); self.helper(*self.s); self.helper(**{}); self.rule(); self.initial();
    self.limit; self.holds(self.lock); self.holds(3); self.holds(); self.lock.acquire();
    self.lock.trylock(); self.lock.down_read(); self.sem.acquire(); self.sem.down_read();
    self.sem.up_write(); self.s.add(self.n); self.s.add(3); self.s.add(); self.s.foo(); self.s.add;
    self.t.add(self.n); self.l.append(self.a); self.l.pop(); self.l.item(); self.l.length();
    self.l.position(); self.count + 1; self.count.get(); self.count.dec_and_lock(self.lock);
    self.count.dec_and_lock(self.a); self.w.set(Mode.R); self.w.set(Colour.RED); self.p.set();
    self.p.test_and_set(3); self.s.take(); undefined; x; self.n.next.next.next; helper; Node.v;
    self.r.x; self.r.z; self.r == self.r; self.n is None; self.n is self.c; None is None; Colour.RED
    < Colour.BLUE; 1 < 2 < self.a; self.n in self.s; self.n in self.l; self.n in self.a; 3 in (1,
    2); self.a in self.s; Colour; Colour.RED.value; Colour.RED.name; Mode(9); Mode('R'); Colour(1);
    Node(); self.nodes[0]; await self.n; (yield 1); __name__; __file__; self.__class__;
    self.__dict__; type(self); isinstance(self.n, Node)
    """.replace("\n", " ").split(";")
)

_SIMPLE = tuple(
    """
    pass; break; continue; return; return 3; return None; return self.a; return self.n, 1; del
    self.a; del x; global g; nonlocal g; import os; from os import path; raise ValueError; assert
    self.a; assert; x = y = 3; x = 3; x += 1; x: int = 3; x: Int[0, 3] = 9; x: Int[3, 0] = 1; x:
    'Nope' = 1; x: Node = None; x: Set[Node] = set(); x: Array[bool, 3] = 1; x: bool; self.a: int =
    3; self.a = self.b = 1; self.a += True; self.a /= 2; self.a **= 2; self.p += 1; self.limit = 3;
    self.nodes = set(); self.helper = 3; self.n.bright = 3; self.lock = 3; self.r = Pair(1, True);
    self.arr = 3; self.l = []; self.l = [1]; self.s = {}; self.s = set(); self.s += {self.n}; Node.v
    = 3; Colour.RED = 3; limit = 3; self = 3; a, b = 1, 2; a, b = self.a, self.b; a, *b = 1, 2; (a,
    b), c = 1, 2; [a, b] = self.s; self.a, self.b = self.b, self.a; x = self.s.take(); x = []; x =
    (1, 2); x = self.lock; x = self.arr; x = self.helper; x = Pair(1, True); x = Node; x = wait;
    'text'; 3; self.a; x; self.s.add(self.n); await x; yield; yield 1
    """.replace("\n", " ").split(";")
)

STATEMENTS = (
    *_SIMPLE,
    "try:\n    pass\nexcept ValueError:\n    pass",
    "with self.lock:\n    pass",
    "with self.lock as x:\n    pass",
    "with atomic, self.lock:\n    pass",
    "with self.sem:\n    pass",
    "with self.a:\n    pass",
    "with open('x') as f:\n    pass",
    "def inner():\n    pass",
    "class Inner:\n    pass",
    "async def inner():\n    pass",
    "async with atomic:\n    pass",
    "match self.a:\n    case 1:\n        pass",
    "while True:\n    pass",
    "while self.p:\n    x = 1\n    x += 1",
    "while True:\n    with atomic:\n        pass",
    "while self.p:\n    pass\nelse:\n    pass",
    "for x in self.s:\n    pass\nelse:\n    pass",
    "for x, y in self.s:\n    pass",
    "for self.a in self.s:\n    pass",
    "for x in self.a:\n    pass",
    "for x in range(10**6):\n    pass",
    "for x in 3:\n    pass",
    "for x in (self.lock, self.other):\n    with x:\n        pass",
    "for x in Colour:\n    pass",
    "for x in {1: 2}:\n    pass",
    "if self.p:\n    x = 1\nself.a = x",
    "if self.p:\n    x = None\nelse:\n    x = 1",
    "with atomic:\n    while self.p:\n        self.q = True",
    "with atomic:\n    wait(False)",
    "with atomic:\n    with self.lock:\n        self.lock.acquire()",
    "with atomic:\n    idle()",
    "with atomic:\n    return",
    "x = self.n\nwhile True:\n    x = x.next",
    "self.lock.acquire()\nself.mutex.acquire()",
    "x = None\nx = 3",
    "x = set()\nx.add(self.n)\nx.add(Colour.RED)",
    "x = set()\nx |= {self.n}",
    "x = self.s\nx.clear()",
)


def _parsed(text: str, statement: bool) -> list[ast.stmt] | ast.expr | None:
    try:
        tree = ast.parse(text.strip())
    except SyntaxError:
        return None
    if statement:
        return tree.body
    return tree.body[0].value if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr) else None


class _Mutation(ast.NodeTransformer):
    """Replaces the ``target``-th expression or statement inside functions."""

    def __init__(self, target: int, new: Any, statements: bool) -> None:
        self.count = -1
        self.target = target
        self.new = new
        self.statements = statements
        self.inside = 0

    def visit(self, node: ast.AST) -> Any:
        function = isinstance(node, ast.FunctionDef)
        wanted = ast.stmt if self.statements else ast.expr
        plain = not isinstance(getattr(node, "ctx", None), (ast.Store, ast.Del))
        if self.inside and isinstance(node, wanted) and plain and not function:
            self.count += 1
            if self.count == self.target:
                return self.new
        self.inside += function
        result = self.generic_visit(node)
        self.inside -= function
        return result


@st.composite
def mutants(draw: DrawFn, text: str) -> str:
    """``text`` with one to three pieces replaced; it still parses."""
    for _ in range(draw(st.integers(1, 3))):
        statements = draw(st.booleans())
        new = _parsed(draw(st.sampled_from(STATEMENTS if statements else EXPRESSIONS)), statements)
        if new is None:
            continue
        tree = ast.parse(text)
        counter = _Mutation(-2, None, statements)
        counter.visit(tree)
        mutated = _Mutation(draw(st.integers(0, max(counter.count, 0))), new, statements).visit(tree)
        try:
            changed = ast.unparse(ast.fix_missing_locations(mutated))
            ast.parse(changed)
        except (SyntaxError, ValueError, AttributeError, TypeError):
            continue
        text = changed
    return text
