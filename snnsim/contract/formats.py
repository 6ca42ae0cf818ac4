"""Number formats: the range of integers that a quantity may take, and what one unit is worth."""

from dataclasses import dataclass


class FormatError(ValueError):
    """A value lies outside its format."""


@dataclass(frozen=True)
class Format:
    """The integers ``lo .. hi``, each worth ``2**-fraction``.

    The width in bits and the sign follow from the range; they are what hardware stores.
    """

    lo: int
    hi: int
    fraction: int = 0

    def __post_init__(self):
        if self.lo > 0 or self.hi < 0:
            raise FormatError(f"a format must contain 0, not {self.lo} .. {self.hi}")

    @classmethod
    def of_width(cls, width, *, signed):
        """All integers of ``width`` bits, in two's complement if ``signed``."""
        if signed:
            return cls(-(1 << (width - 1)), (1 << (width - 1)) - 1)
        return cls(0, (1 << width) - 1)

    @property
    def signed(self):
        return self.lo < 0

    @property
    def width(self):
        magnitude = max(self.hi, -self.lo - 1)
        return magnitude.bit_length() + self.signed

    def check(self, value, name):
        """Return ``value``, or raise `FormatError` naming it and the limit."""
        if not self.lo <= value <= self.hi:
            raise FormatError(f"{name} must be between {self.lo} and {self.hi}, not {value}")
        return value
