"""Whatever a file contains, it becomes a system or clear errors: place, source line, and what to write instead."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from ovlcheck.lang.build import build
from ovlcheck.lang.diagnostics import CompileError, Diagnostic
from ovlcheck.lang.loading import load_model
from ovlcheck.system.semantics import Semantics
from tests.examples import examples
from tests.lang.models import HEAD, refusals
from tests.lang.mutations import mutants

EVERYTHING = Path(__file__).with_name("everything.py").read_text()


def test_the_model_that_mutations_start_from_compiles(tmp_path: Path) -> None:
    assert refusals(tmp_path, EVERYTHING) == ()


@settings(max_examples=examples(80, 250), deadline=None, suppress_health_check=list(HealthCheck))
@given(mutants(EVERYTHING))
def test_no_mutation_of_a_model_ends_in_anything_but_a_system_or_clear_errors(text: str) -> None:
    note(text)
    with TemporaryDirectory() as directory:
        path = Path(directory) / "mutant.py"
        path.write_text(text)
        try:
            Semantics(build(load_model(path)))
        except CompileError as error:
            assert error.diagnostics
            assert all(complete(d) for d in error.diagnostics)


def complete(diagnostic: Diagnostic) -> bool:
    known = bool(diagnostic.file) and diagnostic.line > 0 and diagnostic.column > 0
    return known and bool(diagnostic.message and diagnostic.remedy and diagnostic.text)


@settings(max_examples=examples(60, 250), deadline=None)
@given(st.text(max_size=40) | st.binary(max_size=40).map(lambda b: b.decode("latin-1")))
def test_any_text_as_a_model_is_refused_in_order(text: str) -> None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "text.py"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        with pytest.raises(CompileError) as error:
            load_model(path)
        assert error.value.diagnostics[0].message


# What the body of a process may not contain, with a part of the message.
IN_A_PROCESS = {
    "x = (y := 3)": ":= inside an expression",
    "for i in range():\n    pass": "range() is no range",
    "for i in range(1, 5, 0):\n    pass": "range(1, 5, 0) is no range",
    "for i in range(1, 2, 3, 4):\n    pass": "is no range",
    "for i in range(None):\n    pass": "bounds that are not constant",
    "for i in range(-1, 9223372036854775807):\n    pass": "a range of more than",
    "a, *b = 1, 2": "* of a sequence",
    "x = lambda: 0": "Lambda expressions are not in the language",
    "try:\n    self.x = 1\nexcept ValueError:\n    pass": "Try statements are not in the language",
    "global g": "Global statements",
    "del self.x": "Delete statements",
    "match self.x:\n    case 1:\n        pass": "Match statements",
    "self.x = self.y = 1": "chain of assignments",
    "def inner():\n    pass": "FunctionDef statements",
    "import os": "Import statements",
    "raise ValueError": "Raise statements",
    "self.x = self.n < self.n": "have no order",
    "self.x = self.arr[self.n]": "arithmetic is for integers",
    "self.x = self.x / 2": "/ and ** are not in the language",
    "self.x /= 2": "are not in the language",
    "self.x = 'text'": "no scalar",
    "self.x = f'{self.x}'": "JoinedStr expressions",
    "self.x = 1.5": "no value of the language",
    "self.x = self.nothing": "no attribute nothing",
    "self.x = nothing": "nothing is not defined",
    "self.helper()": "misses a",
    "self.helper(1, 2)": "too many arguments",
    "self.helper(1, b=2)": "no free parameter b",
    "self.helper(*self.s)": "* of a sequence",
    "self.helper(**{})": "** in a call",
    "self.size = 3": "cannot be assigned",
    "self.x = x\nx = 1": "x may have no value here",
    "if self.p:\n    x = 1\nself.x = x": "x may have no value here",
    "while self.p:\n    x = 1\nself.x = x": "x may have no value here",
    "self.x = self.s | self.t": "of one type",
    "self.s = self.s & {1}": "a set of Int",
    "self.x = self.some(self.x)": "on some paths only",
    "self.x = self.x or 3": "and and or give one of their operands",
    "x = self.n or self.n": "and and or give one of their operands",
    "self.x = 3 if self.p else None": "both branches must be of one type",
    "self.x = self.x * 9 ** 9": "/ and ** are not in the language",
    "x = self.x\nx = x * 3000000000 * 3000000000": "64 bits",
    "self.x = 2 << self.y": "may be negative or shift too far",
    "self.x = 9223372036854775808": "64 bits",
    "wait(self.x > 0 and self.y > 0)": "more than one access",
    "x = 0\nwhile self.p:\n    x += 1": "range of x grows",
    "self.recursive()": "calls itself",
    "x = 1\nx = self.n": "x was a Int[1, 1] and becomes",
    "for x in self.s:\n    pass\nelse:\n    pass": "else of a loop",
    "for x, y in self.s:\n    pass": "target of a loop",
    "for x in self.x:\n    pass": "iteration over",
    "x = sorted(self.s)": "no order",
    "print(self.x)": "cannot be compiled",
    "self.x = pre(self.x)": "pre outside a handler",
    "self.lock.down_read()": "not taken for reading or writing",
    "self.sem.acquire()": "taken for reading or for writing",
    "with self.lock as x:\n    pass": "with ... as",
    "with self.x:\n    pass": "neither atomic nor a lock",
    "self.x = self.l.item(0)": "has no operation item",
    "self.x is 1": "whose value is dropped",
    "self.p = self.x is 1": "numbers compared by identity",
    "self.p = self.x is None": "never None",
    "self.l = [1]": "[1] is no value",
    "self.p = self.x in self.l": "more than one access",
    "self.x += self.p and 1": "and and or give one of their operands",
    "choose(1, True)": "both values must be of one type",
    "x = choose([])": "choice among nothing",
    "new(Node)": "without a dynamic population",
    "free(self.n)": "not dynamic",
    "self.changes(set())": "add of a parameter",
    "x: Int[3, 1] = 2": "no integer lies in",
    "yield 1": "whose value is dropped",
    "break_ = [x for x in self.s]": "ListComp expressions",
    "self.x = {1: 2}": "Dict expressions",
    "self.x = self.arr[0:1]": "Slice expressions",
    "self.x = self.arr[7]": "index 7 of an array of 2",
}

MODEL = """
class Node(Object):
    v: bool


class Model(System):
    nodes = Population(Node, size=2)
    size = Constant(2)
    x: Int[0, 3]
    y: Int[-1, 3]
    p: bool
    n: Node | None
    s: Set[Node]
    t: Set[Colour]
    l: List[Int[0, 3], 2]
    arr: Array[Int[0, 3], 2]
    lock: SpinLock
    sem: RwSemaphore

    def helper(self, a):
        return a

    def recursive(self):
        self.recursive()

    def some(self, a):
        if a:
            return 1

    def changes(self, s):
        s.add(self.n)

    @rule
    def anything(self):
        self.x, self.y, self.p, self.n, self.s = 1, 1, True, choose(self.nodes), choose(set(), {choose(self.nodes)})

    @process
    def main(self):
"""


@pytest.mark.parametrize("code", IN_A_PROCESS)
def test_what_is_not_in_the_language_is_refused_where_it_stands(code: str, tmp_path: Path) -> None:
    body = "".join(f"        {line}\n" for line in code.splitlines())
    found = refusals(tmp_path, HEAD + MODEL + body)
    assert [d.message for d in found if IN_A_PROCESS[code] in str(d)], [str(d) for d in found]
    assert all(complete(d) for d in found)


# Declarations of a model that cannot be understood, with a part of the message.
DECLARATIONS = {
    "x: int": "no type of the language",
    "x: Int[3, 1]": "no integer lies in Int[3, 1]",
    "x: Int['nothing', 3]": "'nothing' is no size",
    "x: Int[0, 'none']": "is None where a size is needed",
    "x: Int[0]": "must be an iterable",
    "x: Set[bool]": "sets hold objects",
    "x: List[Pair, 2]": "lists hold scalars",
    "x: List[bool, 0]": "has 0 elements",
    "x: Array[bool, 1000]": "has 1000 elements",
    "x: bool | None": "only a reference can be None",
    "x: Lonely": "no population of Lonely",
    "x: Endless": "inside itself",
    "x: Nothing": "no type of the language",
    "x: Int[0, 3] = 9": "starts as 9",
    "x: Colour = Mode.R": "starts as",
    "x: undefined": "not defined",
    "many = Population(Lonely, size=-1)": "has -1 elements",
    "many = Population(bool, size=1)": "a population of",
    "first = Population(Lonely, size=1)\n    second = Population(Lonely, size=1)": "a second population",
    "one = Constant('text')": "cannot be understood",
    "expected_violations = 'text'": "cannot be understood",
    "expected_vacuous = 'text'": "cannot be understood",
    "configurations = {'small': 3}": "cannot be understood",
    "@process(instances='nothing')\n    def p(self):\n        pass": "is no size",
    "@process(instances=-1)\n    def p(self):\n        pass": "has -1 instances",
    "@process(instances=10 ** 20)\n    def p(self):\n        pass": "has 100000000000000000000 instances",
    "@process\n    def p(self, x):\n        pass": "parameter x has no finite type",
    "@process\n    def p(self, x: bool, y: bool):\n        pass": "at most one parameter",
    "@rule(fair='sometimes')\n    def r(self):\n        pass": "this rule cannot be understood",
    "@rule(when='nothing')\n    def r(self):\n        pass": "this rule cannot be understood",
    "p = process(lambda self: None)": "no text that can be compiled",
    "def initial(self):\n        wait(False)": "no initial state",
    "lonely: Lonely2\n    lonelies = Population(Lonely, size=1)": "two variables are called lonely.v",
}


@pytest.mark.parametrize("text", DECLARATIONS)
def test_declarations_that_make_no_sense_are_refused(text: str, tmp_path: Path) -> None:
    classes = (
        "class Lonely(Object):\n    v: bool\n\n\nclass Lonely2(Record):\n    v: bool\n\n\n"
        "class Pair(Record):\n"
        "    x: bool\n"
        "\n"
        "\n"
        "class Endless(Record):\n"
        "    x: 'Endless'\n"
        "\n"
        "\n"
        "class Nothing:\n"
        "    pass\n"
        "\n"
        "\n"
    )
    found = refusals(
        tmp_path, f"{HEAD}{classes}class Model(System):\n    none = Constant(None)\n    {text}\n"
    )
    assert [d.message for d in found if DECLARATIONS[text] in str(d)], [str(d) for d in found]
    assert all(d.file.endswith("model.py") and d.line > 1 and d.remedy for d in found)


def test_several_errors_come_out_of_one_run_and_what_follows_from_one_is_not_repeated(tmp_path: Path) -> None:
    text = (
        "class Model(System):\n    x: bool\n\n    @process\n    def one(self):\n        y = self.nothing\n"
        "        self.x = y\n"
        "        self.x = undefined\n"
        "\n"
        "    @process\n"
        "    def two(self):\n"
        "        self.x = 1.5\n"
    )
    found = refusals(tmp_path, HEAD + text)
    assert [d.message.split()[0] for d in found] == ["Model", "undefined", "1.5"]


def test_a_place_is_shown_with_its_line_and_a_caret(tmp_path: Path) -> None:
    text = (
        "class Model(System):\n"
        "    x: bool\n"
        "\n"
        "    @process\n"
        "    def one(self):\n"
        "        self.x = not undefined\n"
    )
    (found,) = refusals(tmp_path, HEAD + text)
    lines = str(found).splitlines()
    assert lines[1].strip() == "self.x = not undefined"
    assert lines[1].index("undefined") == lines[2].index("^")


def test_an_expression_that_nests_too_deeply_is_an_error_of_the_model(tmp_path: Path) -> None:
    deep = "self.x = " + "not (" * 80 + "self.x" + ")" * 80
    longer = "self.x = self.x" + " and self.x == self.x" * 300
    text = (
        f"class Model(System):\n"
        f"    x: bool\n"
        f"\n"
        f"    @process\n"
        f"    def one(self):\n"
        f"        {deep}\n"
        f"        {longer}\n"
    )
    assert all("too deeply" in d.message for d in refusals(tmp_path, HEAD + text))


@pytest.mark.parametrize(
    "text",
    ["import sys\nsys.exit(3)", "open('/nowhere/at/all')", "1 / 0", "x = ", "assert False"],
)
def test_a_module_that_does_not_import_is_refused(text: str, tmp_path: Path) -> None:
    (found,) = refusals(tmp_path, text)
    assert found.message and found.line


def test_a_file_without_a_model_or_with_two_is_refused(tmp_path: Path) -> None:
    assert "no model" in refusals(tmp_path, HEAD)[0].message
    two = "class A(System):\n    pass\n\n\nclass B(System):\n    pass\n"
    assert "2 models" in refusals(tmp_path, HEAD + two)[0].message


def test_a_file_that_cannot_be_read_is_an_ordinary_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        load_model(tmp_path / "nothing.py")


def test_constants_that_do_not_exist_or_fit_are_refused(tmp_path: Path) -> None:
    text = "class Model(System):\n    n = Constant(1, choices=(1, 2))\n"
    assert refusals(tmp_path, HEAD + text, {"n": "2"}) == ()
    assert "no constant m" in refusals(tmp_path, HEAD + text, {"m": 1})[0].message
    assert "one of 1, 2" in refusals(tmp_path, HEAD + text, {"n": 3})[0].message
