"""Vectors of 32-bit words for compiled code: what hashes are computed with; and of products with these.

Words stay words under ``+ << >> & ^``, modulo 2**32, and products, of 64 bits with a sign, under ``- * >>``.
An integer stands for a vector of it. There are as many in a vector as in those of `vectors`.
"""

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typeconv import Conversion
from numba.extending import intrinsic, lower_cast, models, register_model

from .vectors import INTEGERS, LONGS, VECTOR, WIDTH, address, define, everywhere, rounds_toward_zero

OF_WORDS = {operator.add: "add", operator.lshift: "shl", operator.rshift: "lshr", operator.and_: "and_",
            operator.xor: "xor"}
OF_PRODUCTS = {operator.sub: "sub", operator.mul: "mul", operator.rshift: "ashr"}
#: Entries of a table in which a vector of words is looked up.
ENTRIES = 64


class _Kind(types.Type):
    """numba's type of such vectors; any integer is turned into one where they meet."""

    def can_convert_from(self, context, other):
        return Conversion.safe if isinstance(other, types.Integer) else None


class Words(_Kind):
    def __init__(self):
        super().__init__("words")


class Products(_Kind):
    def __init__(self):
        super().__init__("products")


WORDS, PRODUCTS = Words(), Products()


@register_model(Words)
class _WordsModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, INTEGERS)


@register_model(Products)
class _ProductsModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, LONGS)


@lower_cast(types.Integer, Words)
def _words_of(context, builder, kind, words, value):
    return everywhere(builder, context.cast(builder, value, kind, types.int32))


@lower_cast(types.Integer, Products)
def _products_of(context, builder, kind, products, value):
    return everywhere(builder, context.cast(builder, value, kind, types.int64))


for _kind, _operations in (WORDS, OF_WORDS), (PRODUCTS, OF_PRODUCTS):
    for _operation, _name in _operations.items():
        define(_operation, _kind, lambda builder, a, b, name=_name: getattr(builder, name)(a, b), _kind)


@intrinsic
def as_words(typing_context, vector):
    """The same bits as words."""
    return WORDS(VECTOR), _same


@intrinsic
def as_vector(typing_context, words):
    """The same bits as signed integers."""
    return VECTOR(WORDS), _same


def _same(context, builder, signature, arguments):
    return arguments[0]


@intrinsic
def as_products(typing_context, values):
    """Words, or signed integers, that products can be computed of."""
    def generate(context, builder, signature, arguments):
        extend = builder.zext if values is WORDS else builder.sext
        return extend(arguments[0], LONGS)
    return PRODUCTS(values), generate


@intrinsic
def as_short(typing_context, products):
    """Signed integers of 32 bits."""
    def generate(context, builder, signature, arguments):
        return builder.trunc(arguments[0], INTEGERS)
    return VECTOR(PRODUCTS), generate


@intrinsic
def numbered(typing_context, first):
    """The words ``first``, ``first + 1``, ..."""
    def generate(context, builder, signature, arguments):
        steps = ir.Constant(INTEGERS, list(range(WIDTH)))
        return builder.add(context.cast(builder, arguments[0], signature.args[0], WORDS), steps)
    return WORDS(first), generate


def is_fast():
    """Whether the processor that numba compiles for looks up words in registers (AVX-512)."""
    return rounds_toward_zero()


@intrinsic
def look_up(typing_context, table, at, index):
    """Entry ``table[at + index]``, int32, for each word ``index``, below `ENTRIES`. Only where `is_fast`."""
    def generate(context, builder, signature, arguments):
        index = arguments[2]
        parts = [builder.load(address(context, builder, signature, [arguments[0], place]), align=4)
                 for first in range(0, ENTRIES, WIDTH)
                 for place in [builder.add(arguments[1], ir.Constant(ir.IntType(64), first))]]
        kind = ir.FunctionType(INTEGERS, [INTEGERS] * 3)
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.vpermi2var.d.512")
        low, high = (builder.call(function, [a, index, b]) for a, b in (parts[:2], parts[2:]))
        half = ir.Constant(INTEGERS, [ENTRIES // 2] * WIDTH)
        return builder.select(builder.icmp_unsigned("<", index, half), low, high)
    return VECTOR(table, types.int64, WORDS), generate
