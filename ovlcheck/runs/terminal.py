"""The dialogue of ``ovlcheck explore``: commands are read line by line, from a terminal or a script.

A script is echoed, so that its output reads like the dialogue that it would have been.  What cannot be done is said in
one message on stderr, and the dialogue goes on.
"""

from __future__ import annotations

import cmd
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TextIO

import click

from ovlcheck.errors import UsageError, did_you_mean
from ovlcheck.failures import failure_of
from ovlcheck.lang.questions import Question, Questions
from ovlcheck.messages import say
from ovlcheck.runs import listing
from ovlcheck.runs.chance import EvenHanded, Taken
from ovlcheck.runs.find import Goal, TooManyStates, shortest_way
from ovlcheck.runs.moves import GrowsWithoutEnd, Instance, Moves
from ovlcheck.runs.recorded import Narrator, recall
from ovlcheck.runs.walk import Walk
from ovlcheck.system.evaluation import Fault
from ovlcheck.system.step import Failure, Outcome
from ovlcheck.trace.saved import load, save

_RUN = 10
"""Random steps that ``run`` takes unless told."""


class _Say:
    """Stdout as ``cmd.Cmd`` wants it: whoever stops reading is told apart from other errors."""

    def write(self, text: str) -> None:
        say(text)

    def flush(self) -> None:
        return


class Terminal(cmd.Cmd):
    """A dialogue about ``walk``.

    ``script`` is where lines come from if that is no terminal.  ``most`` states are looked at by one search, and
    ``seed`` is what random steps are drawn from.  ``refused`` counts the commands that could not be done.
    """

    prompt = "> "

    def __init__(
        self,
        walk: Walk,
        narrator: Narrator,
        questions: Callable[[], Questions],
        script: TextIO | None,
        most: int,
        seed: int,
    ) -> None:
        super().__init__(stdin=script, stdout=_Say())  # type: ignore[arg-type]
        self.use_rawinput = script is None
        self.refused = 0
        self._scripted = script is not None
        self._walk = walk
        self._narrator = narrator
        self._make_questions = questions
        self._questions: Questions | None = None
        self._most = most
        self._chance = random.Random(seed)
        self._seen = Taken()

    @property
    def _moves(self) -> Moves:
        return self._walk.moves

    def run(self, begin: str) -> None:
        """The dialogue, to its end; ``begin`` is said first."""
        say(begin)
        if not self._scripted:
            self._list()
        while True:
            try:
                self.cmdloop()
            except KeyboardInterrupt:
                if self._scripted:
                    raise
                say("\ninterrupted; quit, or Ctrl-D, ends\n")
            else:
                return

    def precmd(self, line: str) -> str:
        if self._scripted:
            say("\n" if line == "EOF" else f"{line.rstrip()}\n")
        line = line.strip()
        return "" if line.startswith("#") else line

    def onecmd(self, line: str) -> bool:
        try:
            return bool(super().onecmd(line))
        except (UsageError, OSError) as error:
            self._refuse(error)
        except GrowsWithoutEnd as why:
            self._refuse(UsageError(f"{why}", "the model seems to count without end; take another step"))
        return False

    def _refuse(self, error: Exception) -> None:
        self.refused += 1
        click.echo(failure_of(error).text, err=True)

    def emptyline(self) -> bool:
        if not self._scripted:
            self._list()
        return False

    def default(self, line: str) -> None:
        name, _, argument = line.partition(" ")
        if name.isdecimal():
            self._choose(line)
        elif name.startswith("?"):
            self.do_eval(line[1:])
        else:
            known = [n for n in self._verbs() if n.startswith(name)]
            if len(known) != 1:
                also = f": {', '.join(known)}" if known else did_you_mean(name, self._verbs())
                why = "could be several commands" if known else "is no command"
                raise UsageError(f"{name} {why}{also}", "help lists the commands")
            getattr(self, f"do_{known[0]}")(argument.strip())

    def parseline(self, line: str) -> tuple[str | None, str | None, str]:
        """Without the shorthands of ``cmd.Cmd``: ? asks for a value here, and there is no shell."""
        if line.startswith(("?", "!")):
            return None, None, line
        return super().parseline(line)

    def _verbs(self) -> list[str]:
        return [name[3:] for name in vars(Terminal) if name.startswith("do_") and name != "do_EOF"]

    def do_list(self, _: str) -> None:
        """list: what can happen next, with what it changes (an empty line does the same at a terminal)"""
        self._list()

    def do_where(self, _: str) -> None:
        """where: where every task stands, and what those wait for that cannot move"""
        self._print(listing.places(self._moves, self._walk.state, self._walk.choices()))

    def do_state(self, argument: str) -> None:
        """state [WORD...]: the values of all variables, or of those (ghosts, too) with a WORD in their name"""
        shown = self._narrator.values(self._walk.state, ghosts=bool(argument))
        self._print(listing.values(shown, argument.split()))

    def do_diff(self, argument: str) -> None:
        """diff [STEP]: what is otherwise now than after that step; unless told, than before the last"""
        walk = self._walk
        step = _number(argument, max(len(walk.taken) - 1, 0))
        old, new = self._narrator.values(walk.state_after(step)), self._narrator.values(walk.state)
        self._print(listing.differences(old, new))

    def do_eval(self, argument: str) -> None:
        """eval EXPRESSION, or ? EXPRESSION: its value now, as in  ? inode0 in suspects and upper0.is_dirty"""
        question = self._ask(argument)
        try:
            value = self._moves.semantics.evaluate(question.expr, self._walk.state)
        except Fault as fault:
            raise UsageError(f"{question.text}: has no value here: {fault.kind}: {fault.message}") from None
        self._print([f"  {question.show(value)}"])

    def do_check(self, argument: str) -> None:
        """check [PROPERTY...]: which properties hold now, and which the last step broke"""
        infos = {p.name: p for p in self._moves.system.properties}
        for name in argument.split():
            if name not in infos:
                raise UsageError(f"no property is called {name!r}{did_you_mean(name, infos)}")
        broken = {failure.name: failure for failure in (*self._walk.broken, *self._broken_now())}
        always = {invariant.name for invariant in self._moves.system.invariants}
        about_events: list[str] = []
        for name, info in infos.items():
            failure = broken.get(info.check or name)
            if argument and name not in argument.split():
                continue
            if failure is not None:
                self._print(listing.wrapped(f"!! {name}: {failure.message}", "  ", "    "))
            elif name in always:
                self._print([f"  {name}: holds"])
            else:
                about_events.append(name)
        if about_events:
            text = f"about events, of which the last step broke none: {', '.join(about_events)}"
            self._print(listing.wrapped(text, "  ", "    "))

    def do_undo(self, argument: str) -> None:
        """undo [N]: take back the last step, or the last N"""
        self._walk.undo(_number(argument, 1))
        self._here()

    def do_redo(self, argument: str) -> None:
        """redo [N]: take again a step that was taken back (or one of a loaded trace), or N of them"""
        before = len(self._walk.taken)
        self._walk.redo(_number(argument, 1))
        self._history(before)
        self._here()

    def do_goto(self, argument: str) -> None:
        """goto STEP: back to the state after that step, or forward to it again; goto 0 is the start"""
        self._walk.goto(_number(argument, None))
        self._here()

    def do_history(self, _: str) -> None:
        """history: the steps taken so far"""
        self._history(0)
        if self._walk.ahead:
            self._print([f"  and {len(self._walk.ahead)} more to redo"])

    def do_run(self, argument: str) -> None:
        """run [N] | run TASK: N random steps; or the steps of TASK alone until it rests, waits or has a choice"""
        before = len(self._walk.taken)
        if argument and not argument.isdecimal():
            self._run_alone(argument)
        else:
            chooser = EvenHanded(self._chance, self._moves.actor, self._seen)
            for _ in range(_number(argument, _RUN)):
                outcomes = self._walk.choices()
                if not outcomes:
                    break
                if self._walk.take(chooser.choose(self._walk.state, outcomes).action).broken:
                    break
        self._history(before)
        self._here()

    def do_until(self, argument: str) -> None:
        """until EXPRESSION | until broken [PROPERTY]: the shortest way to where it is true, or to a violation"""
        word, _, name = argument.partition(" ")
        goal = self._breaking(name.strip()) if word == "broken" else Goal(self._ask(argument).expr)
        try:
            way = None if self._walk.over else shortest_way(self._moves, self._walk.state, goal, self._most)
        except TooManyStates:
            hint = "come nearer first, name one property, or start explore with a larger --max-states"
            raise UsageError(f"none of the next {self._most:,} states is such a one", hint) from None
        if way is None:
            self._print(["  no way from here leads there"])
            return
        before = len(self._walk.taken)
        for action in way:
            self._walk.take(action)
        self._history(before)
        self._here()

    def do_start(self, argument: str) -> None:
        """start [N]: begin again, in the N-th initial state"""
        starts = self._walk.starts
        number = _number(argument, 1)
        if not 1 <= number <= len(starts):
            raise UsageError(f"there is no initial state {number}", f"there are {len(starts)}")
        self._walk.restart(starts[number - 1])
        self._here()

    def do_trace(self, argument: str) -> None:
        """trace FILE: begin again where that saved trace begins; redo, goto and until go along it"""
        self.follow(Path(_file(argument)))

    def do_save(self, argument: str) -> None:
        """save FILE: the walk as a trace, for ovlcheck trace FILE"""
        file = Path(_file(argument))
        trace = self._narrator.trace(self._walk)
        save(trace, file)
        self._print([f"  {file}: {trace.headline}"])

    def do_help(self, argument: str) -> None:
        """help [COMMAND]: what it does, or all of them"""
        names = [n for n in self._verbs() if n.startswith(argument)]
        if not names:
            raise UsageError(f"{argument} is no command{did_you_mean(argument, self._verbs())}")
        if not argument:
            self._print(["  NUMBER: take that step"])
        for name in names:
            self._print(listing.wrapped(str(getattr(self, f"do_{name}").__doc__), "  ", "      "))

    def do_quit(self, _: str) -> bool:
        """quit: the end (so is Ctrl-D)"""
        return True

    def do_EOF(self, _: str) -> bool:
        if not self._scripted:
            say("\n")
        return True

    def complete_run(self, text: str, *_: object) -> list[str]:
        return [name for name in self._tasks() if name.startswith(text)]

    def complete_check(self, text: str, *_: object) -> list[str]:
        return [info.name for info in self._moves.system.properties if info.name.startswith(text)]

    def complete_until(self, text: str, *_: object) -> list[str]:
        return [name for name in ("broken", *self.complete_check("")) if name.startswith(text)]

    def follow(self, file: Path) -> None:
        """Begins again at the start of the trace in ``file``, with its steps ahead.  Raises ``UsageError``."""
        trace = load(file)
        try:
            start, actions = recall(self._moves, self._narrator, trace)
        except UsageError as error:
            raise UsageError(f"{file}: {error.message}", error.remedy) from None
        self._walk.restart(start, actions)
        self._print([f"  {file}: {trace.headline}", f"  redo, or goto 1 to {len(actions)}, goes along it"])

    def _choose(self, line: str) -> None:
        outcomes = self._walk.choices()
        for word in line.split():
            number = _number(word, None)
            if not 1 <= number <= len(outcomes):
                raise UsageError(
                    f"there is no step {word} to choose", f"list shows the {len(outcomes)} that there are"
                )
            state, before = self._walk.state, self._walk.broken
            taken = self._walk.take(outcomes[number - 1].action)
            step = self._narrator.step(state, taken.outcome.action)
            self._print(listing.numbered(len(self._walk.taken), step, taken.broken, before))
            outcomes = self._walk.choices()
        self._here()

    def _run_alone(self, task: str) -> None:
        """Takes the steps of ``task`` as long as there is one and no other, at least one and until it is at rest."""
        instances = self._tasks()
        if task not in instances:
            known = ", ".join(instances)
            raise UsageError(f"there is no task {task}{did_you_mean(task, instances)}", f"there are: {known}")
        own = self._own(task)
        if len(own) != 1:
            how_many = f"has {len(own)} steps to choose from" if own else "cannot move"
            raise UsageError(f"{task} {how_many}", "list shows what can happen")
        met = set()
        while len(own) == 1 and (self._walk.state, own[0].action) not in met:
            met.add((self._walk.state, own[0].action))
            broken = self._walk.take(own[0].action).broken
            if broken or self._walk.over or self._moves.semantics.at_rest(self._walk.state, *instances[task]):
                return
            own = self._own(task)

    def _tasks(self) -> dict[str, Instance]:
        return {f"{process}{i}": (process, i) for process, i in self._moves.semantics.instances}

    def _own(self, task: str) -> list[Outcome]:
        return [o for o in self._walk.choices() if self._moves.actor(o.action) == task]

    def _breaking(self, name: str) -> Goal:
        checks = {p.name: p.check or p.name for p in self._moves.system.properties}
        if name and name not in checks:
            raise UsageError(f"no property is called {name!r}{did_you_mean(name, checks)}")
        return Goal(checks=(checks[name],) if name else tuple(checks.values()))

    def _ask(self, text: str) -> Question:
        if self._questions is None:
            self._questions = self._make_questions()
        return self._questions.compile(text)

    def _list(self) -> None:
        walk = self._walk
        if walk.over:
            self._print(["  a violation ended the last step: nothing comes after it; undo goes back"])
            return
        outcomes = walk.choices()
        if not outcomes:
            failure = self._moves.deadlock(walk.state)
            said = (
                f"!! deadlock: {failure.message}"
                if failure
                else "nothing can happen any more; all are at rest"
            )
            self._print(listing.wrapped(said, "  ", "    "))
            return
        self._print(listing.choices(self._moves, self._narrator, walk.state, outcomes, walk.broken))

    def _here(self) -> None:
        """Says where the walk is, and lists what comes next for who sits at a terminal."""
        walk = self._walk
        ahead = f", {len(walk.ahead)} to redo" if walk.ahead else ""
        self._print([f"after step {len(walk.taken)}{ahead}"])
        if not self._scripted:
            self._list()

    def _history(self, since: int) -> None:
        """The steps after the first ``since`` ones, a line each, with what they broke."""
        for number, taken in enumerate(self._walk.taken[since:], since + 1):
            step = self._narrator.step(self._walk.state_after(number - 1), taken.outcome.action)
            self._print([listing.in_one_line(number, step)])
            before = self._walk.taken[number - 2].broken if number > 1 else ()
            known = {failure.name for failure in before}
            news = [failure for failure in taken.broken if failure.name not in known]
            self._print(listing.breaks(news, (), " " * 5))

    def _broken_now(self) -> tuple[Failure, ...]:
        return () if self._walk.over else self._moves.broken_in(self._walk.state)

    def _print(self, lines: Iterable[str]) -> None:
        for line in lines:
            say(f"{line}\n")


def _number(text: str, instead: int | None) -> int:
    """``text`` as a number; ``instead`` of none.  Raises ``UsageError``."""
    if not text and instead is not None:
        return instead
    if not text.isdecimal():
        raise UsageError(f"{text!r} is no number" if text else "a number is missing")
    return int(text)


def _file(text: str) -> str:
    if not text:
        raise UsageError("no file is named")
    return text
