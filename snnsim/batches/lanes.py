"""Vectors of 16-bit integers that compiled code holds in registers over a loop: numba has no such type.

LLVM cuts a vector into pieces as long as the processor's.
"""

from typing import NamedTuple

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model


class Lanes(types.Type):
    """The type of a vector of ``size`` unsigned integers, which wrap."""

    def __init__(self, size):
        super().__init__(name=f"Lanes({size})")
        self.size = size


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, ir.VectorType(ir.IntType(16), kind.size))


class Operations(NamedTuple):
    """What can be done with vectors of one size.

    ``zeros()``. ``loaded(array, k)``: the integers of a uint16 array from ``k`` on. ``added(a, b)``.
    ``high_bytes(a)``: of each. ``low_sums(whole, high)``: the sums of low bytes, from those of the whole
    integers and of their high bytes. ``put(a, less, scale, array, k)`` adds ``(a - less) * scale`` to the
    integers of an int32 array from ``k`` on.
    """

    zeros: object
    loaded: object
    added: object
    high_bytes: object
    low_sums: object
    put: object


def operations(size):
    """The `Operations` on vectors of ``size`` integers."""
    kind = Lanes(size)

    @intrinsic
    def zeros(typing_context):
        def generate(context, builder, signature, arguments):
            return _same(0, 16, size)
        return kind(), generate

    @intrinsic
    def loaded(typing_context, array, k):
        def generate(context, builder, signature, arguments):
            place = _place(context, builder, signature, arguments, 0, 16, size)
            return builder.load(place, align=2)
        return kind(array, types.int64), generate

    @intrinsic
    def added(typing_context, a, b):
        def generate(context, builder, signature, arguments):
            return builder.add(*arguments)
        return kind(kind, kind), generate

    @intrinsic
    def high_bytes(typing_context, a):
        def generate(context, builder, signature, arguments):
            return builder.lshr(arguments[0], _same(8, 16, size))
        return kind(kind), generate

    @intrinsic
    def low_sums(typing_context, whole, high):
        def generate(context, builder, signature, arguments):
            return builder.sub(arguments[0], builder.shl(arguments[1], _same(8, 16, size)))
        return kind(kind, kind), generate

    @intrinsic
    def put(typing_context, a, less, scale, array, k):
        def generate(context, builder, signature, arguments):
            sums, less, scale = arguments[:3]
            wide = ir.VectorType(ir.IntType(32), size)
            signed = builder.sub(builder.zext(sums, wide), _spread(builder, less, size))
            place = _place(context, builder, signature, arguments, 3, 32, size)
            product = builder.mul(signed, _spread(builder, scale, size))
            builder.store(builder.add(builder.load(place, align=4), product), place, align=4)
            return context.get_dummy_value()
        return types.none(kind, types.int32, types.int32, array, types.int64), generate

    return Operations(zeros, loaded, added, high_bytes, low_sums, put)


def _same(value, bits, size):
    return ir.Constant(ir.VectorType(ir.IntType(bits), size), [value] * size)


def _spread(builder, value, size):
    """A vector of ``size`` times ``value``."""
    kind = ir.VectorType(value.type, size)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.IntType(32)(0))
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), _same(0, 32, size))


def _place(context, builder, signature, arguments, at, bits, size):
    """Where the argument ``at``, an array, has the integers from the last argument on, as a vector."""
    array = context.make_array(signature.args[at])(context, builder, arguments[at])
    first = cgutils.gep_inbounds(builder, array.data, arguments[-1])
    return builder.bitcast(first, ir.VectorType(ir.IntType(bits), size).as_pointer())
