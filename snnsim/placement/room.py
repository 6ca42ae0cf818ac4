"""What an image takes of a core, and whether the core has it."""

from dataclasses import dataclass

from snnsim.errors import UserError


class CapacityError(UserError):
    """An image that a core cannot hold; the message has all numbers that are too large, and the remedies."""


@dataclass(frozen=True)
class Resource:
    """Something of which a core has ``available`` and an image needs ``used``; what to do if that is more."""

    name: str
    used: int
    available: int
    remedy: str


def check_room(resources, at_least=None):
    """Raise `CapacityError` naming every `Resource` of which there is too little.

    ``at_least`` names the one whose use is a lower bound.
    """
    scarce = [r for r in resources if r.used > r.available]
    if not scarce:
        return
    needs = [f"{'at least ' if r.name == at_least else ''}{r.used} {r.name}, the core has {r.available}"
             for r in scarce]
    remedies = dict.fromkeys(r.remedy for r in scarce)
    raise CapacityError(f"the network needs {'; '.join(needs)}: {', '.join(remedies)}, or use a core with "
                        f"more {_listed([r.name for r in scarce])}")


def _listed(names):
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
