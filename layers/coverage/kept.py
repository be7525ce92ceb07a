"""Values that take a while to make: each is made once, by whoever asks first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

Value = TypeVar("Value")
_NOT_YET = object()


@dataclass
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    value: object = _NOT_YET


class Kept(Generic[Value]):
    """The values asked for last, for many threads.

    Who asks for what another one is making waits for that one only; who asks for anything else
    does not wait. A value whose making failed is made anew by who asks next.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._slots: OrderedDict[Hashable, _Slot] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key; ``make`` makes it where there is none."""
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            while len(self._slots) > self._most:
                self._slots.popitem(last=False)
        # The common case, and a value never changes once it is there.
        if slot.value is _NOT_YET:
            with slot.lock:
                if slot.value is _NOT_YET:
                    slot.value = make()
        return cast("Value", slot.value)
