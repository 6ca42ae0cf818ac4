"""The arithmetic contract: the integers and the order of a time step that every machine obeys.

Standard library only. The rules in `arithmetic`, `neuron`, `plasticity` and `noise` use nothing but
``+ - *``, shifts, comparisons, ``&``, ``|``, ``~`` on conditions, one function, `arithmetic.select`, and in
`noise` ``&`` and ``^`` on integers, so the very same text runs on Python integers, on numba integers and,
elaborated into gates, on Amaranth values. ``docs/contract.md`` says the same in prose.
"""

from .config import CONTRACT_VERSION, ConfigError, CoreConfig, Formats
from .formats import Format, FormatError
from .layout import Field, Layout, Memory
from .schedule import Phase

__all__ = [
    "CONTRACT_VERSION", "ConfigError", "CoreConfig", "Field", "Format", "FormatError", "Formats",
    "Layout", "Memory", "Phase",
]
