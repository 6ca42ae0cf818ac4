"""Learning rules as text: what people write, to products of factors.

A program is a list of statements, one a line or separated by ``;``::

    @post w += 0.01 * x1            # when the target fires
    @pre  w -= 0.01 * y1            # when the source fires (or its spike arrives)
    e += x1 * g - 2**-6 * e         # in every step
    @command w += m * e             # when the host says so

A statement adds to (or takes from) ``w`` or ``e`` a sum of products of numbers and factors; brackets and
powers are multiplied out. Nothing is evaluated by Python: a small grammar, and no more than it.
"""

import re
from dataclasses import dataclass

from ..values import DescriptionError

TARGETS = ("w", "e")
CONDITIONS = ("pre", "post", "step", "command")
TRACES = ("x1", "x2", "y1", "y2")
MODULATORS = ("M0", "M1", "M2", "M3")
#: ``w_min`` and ``w_max`` are numbers; ``up`` is ``w_max - w``, ``down`` is ``w - w_min``.
BOUNDS = ("w_min", "w_max")
FACTORS = ("pre", "post", *TRACES, *MODULATORS, "m", "g", "sign", "w", "e", "up", "down")
#: Sums of more products than this are no learning rule; multiplying out must end.
MOST_PRODUCTS = 64
MOST_FACTORS = 16
LONGEST_PROGRAM = 4000
DEEPEST = 20

_TOKEN = re.compile(r"""(?P<number>(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?) | (?P<name>[A-Za-z_]\w*)
                        | (?P<sign>\*\*|\+=|-=|[-+*/()@;\n]) | (?P<blank>[ \t\r]+|\#[^\n]*)""", re.VERBOSE)


@dataclass(frozen=True)
class Product:
    """``coefficient`` times ``factors`` (sorted names), added to ``target`` when ``condition`` holds."""

    target: str
    condition: str
    coefficient: float
    factors: tuple

    def __str__(self):
        sign = "-" if self.coefficient < 0 else "+"
        prefix = "" if self.condition == "step" else f"@{self.condition} "
        return f"{prefix}{self.target} {sign}= {' * '.join([f'{abs(self.coefficient):.4g}', *self.factors])}"


def parsed(text, parameters):
    """The `Product`\\ s of a program, those of the same target, condition and factors added up.

    ``parameters``: numbers by name. Raises `DescriptionError` that points at the first character that is
    wrong.
    """
    if not isinstance(text, str) or len(text) > LONGEST_PROGRAM:
        raise DescriptionError(f"a program is a text of at most {LONGEST_PROGRAM} characters, not "
                               f"{text!r:.40}")
    return _Parser(text, parameters).program()


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


class _Parser:
    """Recursive descent. Sums are dicts: from a sorted tuple of factors to their coefficient."""

    def __init__(self, text, parameters):
        self.text, self.parameters = text, parameters
        self.tokens, self.k, self.depth = self._tokens(), 0, 0

    def program(self):
        sums = {}
        while self._next.kind != "end":
            if self._next.text in (";", "\n"):
                self.k += 1
                continue
            for product in self._statement():
                key = (product.target, product.condition, product.factors)
                sums[key] = sums.get(key, 0.0) + product.coefficient
                self._limit(len(sums), MOST_PRODUCTS, "products", self._next)
        found = tuple(Product(target, condition, c, factors)
                      for (target, condition, factors), c in sums.items() if c)
        if not found:
            raise DescriptionError(f"the program {self.text!r} changes nothing; write one like "
                                   "'@post w += 0.01 * x1'")
        return found

    def _statement(self):
        given = None
        if self._next.text == "@":
            self.k += 1
            given = self._take("name", CONDITIONS, "a condition").text
        target = self._take("name", TARGETS, "what changes").text
        operator = self._take("sign", ("+=", "-="), "a change")
        total = self._sum()
        if self._next.kind != "end" and self._next.text not in (";", "\n"):
            self._fail(self._next, "expected +, -, *, / or the end of the statement")
        sign = -1.0 if operator.text == "-=" else 1.0
        return [_conditional(target, given, sign * c, factors) for factors, c in total.items()]

    def _sum(self):
        total = {}
        sign = 1.0
        if self._next.text in ("+", "-"):
            sign = -1.0 if self._advance().text == "-" else 1.0
        while True:
            begin = self._next
            for factors, c in self._product().items():
                total[factors] = total.get(factors, 0.0) + sign * c
            self._limit(len(total), MOST_PRODUCTS, "products", begin)
            if self._next.text not in ("+", "-"):
                return _with_distances(total)
            sign = -1.0 if self._advance().text == "-" else 1.0

    def _product(self):
        total = self._power()
        while self._next.text in ("*", "/"):
            operator, begin = self._advance(), self._next
            other = self._power()
            if operator.text == "/":
                divisor = self._constant(other, begin, "can be divided by")
                if not divisor:
                    self._fail(begin, "cannot divide by 0")
                other = {(): 1 / divisor}
            total = self._times(total, other, begin)
        return total

    def _power(self):
        begin = self._next
        if begin.text in ("+", "-"):
            sign = -1.0 if self._advance().text == "-" else 1.0
            return {factors: sign * c for factors, c in self._power().items()}
        base = self._atom()
        if self._next.text != "**":
            return base
        self._advance()
        sign = -1 if self._next.text == "-" and self._advance() else 1
        token = self._take("number", None, "a whole exponent")
        if not token.text.isdecimal():
            self._fail(token, "an exponent must be a whole number")
        exponent = sign * int(token.text)
        if set(base) <= {()}:
            return {(): self._number_power(base.get((), 0.0), exponent, token)}
        if not 1 <= exponent <= MOST_FACTORS:
            self._fail(token, f"a power of factors must be 1 to {MOST_FACTORS}")
        total = base
        for _ in range(exponent - 1):
            total = self._times(total, base, begin)
        return total

    def _number_power(self, base, exponent, token):
        try:
            return base ** exponent
        except (OverflowError, ZeroDivisionError):
            self._fail(token, "a number that is too large")

    def _atom(self):
        token = self._advance()
        if token.kind == "number":
            value = float(token.text)
            if value == float("inf"):
                self._fail(token, "a number that is too large")
            return {(): value}
        if token.text == "(":
            self.depth += 1
            self._limit(self.depth, DEEPEST, "brackets in brackets", token)
            total = self._sum()
            if self._next.text != ")":
                self._fail(self._next, "expected +, -, *, / or )")
            self._advance()
            self.depth -= 1
            return total
        if token.kind != "name":
            self._fail(token, "expected a number, a factor or (")
        if token.text in self.parameters:
            return {(): self.parameters[token.text]}
        if token.text not in FACTORS and token.text not in BOUNDS:
            known = ", ".join((*FACTORS, *BOUNDS, *self.parameters))
            self._fail(token, f"there is no {token.text!r}, only {known}")
        return {(token.text,): 1.0}

    def _times(self, a, b, token):
        total = {}
        for x, c in a.items():
            for y, d in b.items():
                factors = tuple(sorted((*x, *y)))
                self._limit(len(factors), MOST_FACTORS, "factors", token)
                total[factors] = total.get(factors, 0.0) + c * d
        self._limit(len(total), MOST_PRODUCTS, "products", token)
        if not all(abs(c) < float("inf") for c in total.values()):
            self._fail(token, "a number that is too large")
        return total

    def _constant(self, total, token, what):
        if not set(total) <= {()}:
            self._fail(token, f"only numbers {what}")
        return total.get((), 0.0)

    def _tokens(self):
        tokens, at, brackets = [], 0, 0
        while at < len(self.text):
            match = _TOKEN.match(self.text, at)
            if match is None:
                self._fail(_Token("", self.text[at], at), f"what is {self.text[at]!r}?")
            kind = match.lastgroup
            brackets += (match[0] == "(") - (match[0] == ")")
            if kind != "blank" and not (match[0] == "\n" and brackets > 0):
                tokens.append(_Token(kind, match[0], at))
            at = match.end()
        return [*tokens, _Token("end", "", len(self.text))]

    @property
    def _next(self):
        return self.tokens[self.k]

    def _advance(self):
        token = self._next
        if token.kind != "end":
            self.k += 1
        return token

    def _take(self, kind, choices, what):
        token = self._advance()
        if token.kind != kind or (choices and token.text not in choices):
            wanted = f", one of {', '.join(choices)}" if choices else ""
            self._fail(token, f"expected {what}{wanted}")
        return token

    def _limit(self, n, most, what, token):
        if n > most:
            self._fail(token, f"more than {most} {what}")

    def _fail(self, token, problem):
        """Raise with the line of the program that is wrong, and an arrow before the character."""
        begin = self.text.rfind("\n", 0, token.at) + 1
        end = self.text.find("\n", token.at)
        end = len(self.text) if end < 0 else end
        line = self.text[begin:token.at] + "-->" + self.text[token.at:end]
        number = self.text.count("\n", 0, token.at) + 1
        place = f"line {number}, character {token.at - begin + 1}"
        raise DescriptionError(f"{problem}: {place}: {line.strip()!r}")


def _with_distances(total):
    """A sum in which ``w_max - w`` and ``w - w_min`` are factors of their own."""
    total = dict(total)
    for name, plus, minus in (("up", "w_max", "w"), ("down", "w", "w_min")):
        for factors in list(total):
            if plus not in factors or factors not in total:
                continue
            rest = _without(factors, plus)
            other = tuple(sorted((*rest, minus)))
            if total.get(other) == -total[factors]:
                distance = tuple(sorted((*rest, name)))
                total[distance] = total.get(distance, 0.0) + total.pop(factors)
                del total[other]
    return total


def _without(factors, name):
    k = factors.index(name)
    return (*factors[:k], *factors[k + 1:])


def _conditional(target, given, coefficient, factors):
    """The `Product`, its condition taken from its factors where none is given."""
    factors = tuple(f for k, f in enumerate(factors) if f not in ("pre", "post") or f not in factors[:k])
    condition = given or "step"
    if condition == "step":
        condition = next((f for f in ("pre", "post") if f in factors), "step")
    return Product(target, condition, coefficient, tuple(f for f in factors if f != condition))
