"""Two-phase commit: Gray and Lamport's TwoPhase.tla (tlaplus/Examples, transaction_commit), message by
message."""

import enum

from ovlcheck import Constant, Object, Population, Set, System, rule, wait


class State(enum.Enum):
    WORKING = "working"
    PREPARED = "prepared"
    COMMITTED = "committed"
    ABORTED = "aborted"


class Decision(enum.Enum):
    INIT = "init"
    COMMITTED = "committed"
    ABORTED = "aborted"


class Manager(Object):
    state: State


class TwoPhase(System):
    managers = Constant(3, "resource managers")
    rms = Population(Manager, size="managers")
    decision: Decision
    heard: Set[Manager]
    prepared_sent: Set[Manager]
    commit_sent: bool
    abort_sent: bool

    @rule
    def tm_rcv_prepared(self, rm: Manager) -> None:
        wait(self.decision == Decision.INIT and rm in self.prepared_sent)
        self.heard.add(rm)

    @rule
    def tm_commit(self) -> None:
        wait(self.decision == Decision.INIT and len(self.heard) == self.managers)
        self.decision = Decision.COMMITTED
        self.commit_sent = True

    @rule
    def tm_abort(self) -> None:
        wait(self.decision == Decision.INIT)
        self.decision = Decision.ABORTED
        self.abort_sent = True

    @rule
    def rm_prepare(self, rm: Manager) -> None:
        wait(rm.state == State.WORKING)
        rm.state = State.PREPARED
        self.prepared_sent.add(rm)

    @rule
    def rm_choose_to_abort(self, rm: Manager) -> None:
        wait(rm.state == State.WORKING)
        rm.state = State.ABORTED

    @rule
    def rm_rcv_commit(self, rm: Manager) -> None:
        wait(self.commit_sent)
        rm.state = State.COMMITTED

    @rule
    def rm_rcv_abort(self, rm: Manager) -> None:
        wait(self.abort_sent)
        rm.state = State.ABORTED
