"""Integers of 32 bits for compiled code.

To numba the sum of two 32-bit integers has 64 bits, and twice the width is half the numbers in a vector.
`narrow` values stay as they are under ``+ - |``, comparisons and `select`; who uses them knows that no
result leaves 32 bits.
"""

import operator

from llvmlite import ir
from numba import types
from numba.core.typeconv import Conversion
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, lower_cast, models, register_model

ARITHMETIC = {operator.add: "add", operator.iadd: "add", operator.sub: "sub", operator.or_: "or_"}
COMPARISONS = {operator.lt: "<", operator.gt: ">", operator.eq: "==", operator.ne: "!="}
WIDTH = 32


class Narrow(types.Type):
    """numba's type of these integers; any integer is turned into one where they meet."""

    def __init__(self):
        super().__init__("narrow")

    def can_convert_from(self, context, other):
        return Conversion.safe if isinstance(other, (types.Integer, types.Boolean)) else None

    def unify(self, context, other):
        return self if isinstance(other, types.Integer) else None


NARROW = Narrow()


@register_model(Narrow)
class _Model(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, ir.IntType(WIDTH))


@lower_cast(types.Integer, Narrow)
@lower_cast(types.Boolean, Narrow)
def _from_integer(context, builder, kind, narrow, value):
    if isinstance(kind, types.Boolean):
        return builder.zext(value, ir.IntType(WIDTH))
    if kind.bitwidth > WIDTH:
        return builder.trunc(value, ir.IntType(WIDTH))
    if kind.bitwidth == WIDTH:
        return value
    extend = builder.sext if kind.signed else builder.zext
    return extend(value, ir.IntType(WIDTH))


@intrinsic
def narrow(typing_context, value):
    """``value``, an integer or a condition, as one of these."""
    def generate(context, builder, signature, arguments):
        return context.cast(builder, arguments[0], signature.args[0], NARROW)
    return NARROW(value), generate


@intrinsic
def plain(typing_context, value):
    """``value`` as an int32."""
    def generate(context, builder, signature, arguments):
        return context.cast(builder, arguments[0], signature.args[0], NARROW)
    return types.int32(value), generate


def _define(operation, result, build):
    @infer_global(operation)
    class _Typing(AbstractTemplate):
        def generic(self, arguments, keywords):
            if NARROW in arguments and all(a is NARROW or isinstance(a, types.Integer) for a in arguments):
                return signature(result, *(NARROW for _ in arguments))
            return None

    @lower_builtin(operation, NARROW, NARROW)
    def _lowering(context, builder, signature, arguments):
        return build(builder, *arguments)


for _operation, _name in ARITHMETIC.items():
    _define(_operation, NARROW, lambda builder, a, b, name=_name: getattr(builder, name)(a, b))
for _operation, _name in COMPARISONS.items():
    _define(_operation, types.boolean, lambda builder, a, b, name=_name: builder.icmp_signed(name, a, b))


@infer_global(operator.neg)
class _Negation(AbstractTemplate):
    def generic(self, arguments, keywords):
        return signature(NARROW, NARROW) if arguments == (NARROW,) else None


@lower_builtin(operator.neg, NARROW)
def _negative(context, builder, signature, arguments):
    return builder.neg(arguments[0])
