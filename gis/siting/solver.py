"""HiGHS as it is used here: silent, on one thread, and therefore the same every time."""

from __future__ import annotations

import highspy


class Solver(highspy.Highs):
    """A solver of linear and mixed programmes that writes nothing to the terminal."""

    def enableCallbacks(self) -> None:  # noqa: N802 - the library's name
        """Be silent first: enabling them, which the library does at once, prints a banner."""
        self.setOptionValue("output_flag", False)
        # Two planners at once share the machine; and several threads are not the same every time.
        self.setOptionValue("threads", 1)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def solver() -> Solver:
    """Return a new solver without a programme."""
    return Solver()  # type: ignore[no-untyped-call]
