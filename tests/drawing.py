"""Which cases of a large grid one run takes: some, drawn by its seed; `make thorough` takes all."""

import random
from collections.abc import Hashable, Sequence

EVERY = "every"
"""In place of a seed: nothing is left out."""


def drawn(strata: Sequence[Hashable], count: int, seed: str) -> set[int]:
    """Return the positions of the cases that the run with this seed takes, in any order.

    Args:
        strata: For each case what it is a case of; of each such kind `count` cases are taken.
        count: Where there are fewer, all of them are taken.
        seed: Any word; EVERY leaves nothing out.
    """
    if seed == EVERY:
        return set(range(len(strata)))
    kinds: dict[Hashable, list[int]] = {}
    for position, kind in enumerate(strata):
        kinds.setdefault(kind, []).append(position)
    taken: set[int] = set()
    for kind, positions in kinds.items():
        chance = random.Random(f"{seed} {kind}")
        taken |= set(chance.sample(positions, min(count, len(positions))))
    return taken
