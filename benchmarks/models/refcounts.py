"""Writers that count themselves on inodes, and a flusher that takes clean inodes without a writer off a list.

The protocol of the shipped designs without the kernel around it: its states fit into one machine word.  What is
measured is how fast states are made and looked up.
"""

from enum import Flag, auto

from ovlcheck import (
    Constant,
    Object,
    Population,
    Refcount,
    System,
    atomic,
    choose,
    daemon,
    idle,
    process,
    wait,
)


class InodeState(Flag):
    I_DIRTY = auto()
    I_SYNC = auto()


class Inode(Object):
    i_state: InodeState
    i_count: Refcount
    i_writecount: Refcount
    page_writeback: bool
    listed: bool


class Refcounts(System):
    inodes = Constant(3, "inodes that a task may open")
    writers = Constant(4, "tasks that open, write and close")
    icache = Population(Inode, size="inodes")

    @process(instances="writers")
    def writer(self) -> None:
        while True:
            idle()
            inode = choose(self.icache)
            inode.i_count.inc()
            if choose():
                inode.i_writecount.inc()
                inode.listed = True
                while choose():
                    inode.i_state.set(InodeState.I_DIRTY)
                inode.i_writecount.dec()
            inode.i_count.dec()

    @daemon(instances=1)
    def flusher(self) -> None:
        while True:
            idle()
            with atomic:
                inode = choose(self.icache)
                wait(inode.i_state & InodeState.I_DIRTY)
                inode.i_state.set(InodeState.I_SYNC)
                inode.i_state.clear(InodeState.I_DIRTY)
                inode.i_count.inc()
            inode.page_writeback = True
            inode.page_writeback = False
            inode.i_state.clear(InodeState.I_SYNC)
            with atomic:
                if inode.i_writecount.get() == 0 and not inode.i_state & InodeState.I_DIRTY:
                    inode.listed = False
            inode.i_count.dec()
