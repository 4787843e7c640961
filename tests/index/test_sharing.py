"""A lock that threads share, or that one has alone."""

from threading import Barrier, Event, Thread

import pytest

from index.store.sharing import SharedLock


@pytest.fixture
def lock():
    """Held by nobody."""
    return SharedLock()


def start(work):
    """Do something in another thread."""
    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_many_share_it_at_once(lock):
    """All are inside before the first one leaves."""
    meeting, inside = Barrier(4, timeout=30), []

    def share():
        with lock.shared():
            meeting.wait()
            inside.append(lock.holders)
            meeting.wait()

    for thread in [start(share) for _ in range(4)]:
        thread.join(timeout=60)
    assert inside == [4] * 4
    assert lock.holders == 0


@pytest.mark.parametrize("first", ["shared", "alone"])
@pytest.mark.parametrize("second", ["shared", "alone"])
def test_one_has_it_alone(lock, first, second):
    """While one has it alone, or others share it, who comes waits, unless both share it."""
    holding, leave, entered = Event(), Event(), Event()

    def hold():
        with getattr(lock, first)():
            holding.set()
            leave.wait(30)

    def come():
        with getattr(lock, second)():
            entered.set()

    threads = [start(hold)]
    assert holding.wait(30)
    threads.append(start(come))
    assert entered.wait(0.2) == (first == second == "shared")
    leave.set()
    assert entered.wait(30)
    for thread in threads:
        thread.join(timeout=30)


def test_who_wants_it_alone_comes_before_those_after(lock):
    """Else many that share it in turn would keep that one out for good."""
    holding, leave, order = Event(), Event(), []

    def hold():
        with lock.shared():
            holding.set()
            leave.wait(30)

    def take(name, way):
        with way():
            order.append(name)

    threads = [start(hold)]
    assert holding.wait(30)
    threads.append(start(lambda: take("alone", lock.alone)))
    while not lock._waiting:
        pass
    threads.append(start(lambda: take("shared", lock.shared)))
    leave.set()
    for thread in threads:
        thread.join(timeout=30)
    assert order == ["alone", "shared"]


def test_who_has_it_alone_may_take_it_again(lock):
    """Alone or shared; it is free once the first hold has ended."""
    with lock.alone():
        with lock.alone(), lock.shared():
            assert lock.holders == 0
        entered = Event()

        def come():
            with lock.shared():
                entered.set()

        thread = start(come)
        assert not entered.wait(0.2)
    assert entered.wait(30)
    thread.join(timeout=30)


def test_error_inside_frees_it(lock):
    """However it was held."""
    for way in (lock.shared, lock.alone):
        with pytest.raises(ZeroDivisionError), way():
            raise ZeroDivisionError
    with lock.alone():
        pass
