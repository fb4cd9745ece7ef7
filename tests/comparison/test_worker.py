"""What workers are told and tell: whole messages or none, and one clear reason where there is no answer."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ovlcheck.comparison import worker
from ovlcheck.comparison.job import Job
from ovlcheck.comparison.worker import Failed, attempt, receive, send
from ovlcheck.comparison.workers import Workers
from ovlcheck.prepare import Options


@pytest.fixture
def interrupt() -> Iterator[worker._Interrupt]:
    before = signal.getsignal(signal.SIGINT)
    yield worker._Interrupt()
    signal.signal(signal.SIGINT, before)


def job(model: Path) -> Job:
    return Job(model, Options(engine="reference"), ())


def test_messages_arrive_whole_and_in_order() -> None:
    stream = io.BytesIO()
    messages = [{"a": 1}, "x" * 100_000, None]
    for message in messages:
        send(stream, message)
    stream.seek(0)
    assert [receive(stream) for _ in messages] == messages
    with pytest.raises(EOFError):
        receive(stream)


def test_a_message_that_breaks_off_is_none() -> None:
    stream = io.BytesIO()
    send(stream, "message")
    for length in range(len(stream.getvalue())):
        with pytest.raises(EOFError):
            receive(io.BytesIO(stream.getvalue()[:length]))


def test_what_the_user_got_wrong_is_an_error_and_what_went_wrong_a_problem(
    interrupt: worker._Interrupt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = attempt(job(tmp_path / "missing.py"), interrupt)
    assert isinstance(missing, Failed)
    assert "missing.py: no such model" in missing.error
    for raised, says in (
        (MemoryError(), "out of memory"),
        (KeyboardInterrupt(), "interrupted"),
        (AssertionError("no such thing"), "internal error: AssertionError: no such thing"),
    ):

        def fail(_: object, raised: BaseException = raised) -> None:
            raise raised

        monkeypatch.setattr("ovlcheck.comparison.job.work_on", fail)
        failed = attempt(job(tmp_path), interrupt)
        assert (failed.error, failed.problem) == ("", says)


def test_an_interrupt_between_two_searches_ends_the_next_before_it_begins(
    interrupt: worker._Interrupt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[object] = []
    monkeypatch.setattr("ovlcheck.comparison.job.work_on", begun.append)
    os.kill(os.getpid(), signal.SIGINT)
    assert attempt(job(tmp_path), interrupt).problem == "interrupted"
    assert begun == []


def test_further_jobs_of_an_answer_are_done_as_well(tmp_path: Path) -> None:
    taken: list[str] = []

    def take(done: Job, answer: object) -> list[Job]:
        assert isinstance(answer, Failed) and "no such model" in answer.error
        taken.append(done.model.name)
        return [job(tmp_path / "second.py")] if done.model.name == "first.py" else []

    workers: Workers[Job, object] = Workers(2)
    assert workers.run([job(tmp_path / "first.py")], take)
    assert taken == ["first.py", "second.py"]
