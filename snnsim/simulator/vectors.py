"""Vectors of 32-bit integers for compiled code, and conditions of their entries.

They stay what they are under ``+ - * |``, comparisons and `select`, where an integer stands for a vector of
it; who uses them knows that no result leaves 32 bits.
"""

import operator

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import config, types
from numba.core import cgutils
from numba.core.typeconv import Conversion
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, lower_cast, models, register_model

WIDTH = 16
#: States of so many bits are exact as floats of 32 bits.
FLOAT_STATE = 25
#: Decay factors have at most so many bits behind the point.
MOST_DECAY_BITS = 16
ARITHMETIC = {operator.add: "add", operator.iadd: "add", operator.sub: "sub", operator.mul: "mul",
              operator.or_: "or_"}
COMPARISONS = {operator.lt: "<", operator.gt: ">", operator.eq: "==", operator.ne: "!="}
INTEGERS, LONGS, _FLOATS, _CONDITIONS = (
    ir.VectorType(kind, WIDTH) for kind in (ir.IntType(32), ir.IntType(64), ir.FloatType(), ir.IntType(1)))
#: Round toward zero, and raise nothing.
_TOWARD_ZERO = ir.Constant(ir.IntType(32), 3 | 8)


class Vector(types.Type):
    """numba's type of such vectors; any integer is turned into one where they meet."""

    def __init__(self):
        super().__init__("vector")

    def can_convert_from(self, context, other):
        return Conversion.safe if isinstance(other, types.Integer) else None

    def unify(self, context, other):
        return self if isinstance(other, types.Integer) else None


class Mask(types.Type):
    """numba's type of the conditions of a vector's entries."""

    def __init__(self):
        super().__init__("mask")


VECTOR, MASK = Vector(), Mask()


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, INTEGERS)


@register_model(Mask)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager, kind):
        super().__init__(manager, kind, _CONDITIONS)


@lower_cast(types.Integer, Vector)
def _from_integer(context, builder, kind, vector, value):
    return everywhere(builder, context.cast(builder, value, kind, types.int32))


def everywhere(builder, value):
    """A vector all entries of which are ``value``."""
    kind = ir.VectorType(value.type, WIDTH)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, one, ir.Constant(INTEGERS, [0] * WIDTH))  # its entry 0, everywhere


def define(operation, result, build, of, others=types.Integer):
    """Let an operation on ``of``, two or one and one of ``others``, be what ``build`` makes."""
    @infer_global(operation)
    class _Typing(AbstractTemplate):
        def generic(self, arguments, keywords):
            if of in arguments and all(a is of or isinstance(a, others) for a in arguments):
                return signature(result, *(of for _ in arguments))
            return None

    @lower_builtin(operation, of, of)
    def _lowering(context, builder, signature, arguments):
        return build(builder, *arguments)


for _operation, _name in ARITHMETIC.items():
    define(_operation, VECTOR, lambda builder, a, b, name=_name: getattr(builder, name)(a, b), VECTOR)
for _operation, _name in COMPARISONS.items():
    define(_operation, MASK, lambda builder, a, b, name=_name: builder.icmp_signed(name, a, b), VECTOR)
define(operator.and_, MASK, lambda builder, a, b: builder.and_(a, b), MASK, Mask)


@infer_global(operator.neg)
class _Negation(AbstractTemplate):
    def generic(self, arguments, keywords):
        return signature(VECTOR, VECTOR) if arguments == (VECTOR,) else None


@lower_builtin(operator.neg, VECTOR)
def _negative(context, builder, signature, arguments):
    return builder.neg(arguments[0])


@intrinsic
def choose_each(typing_context, condition, then, otherwise):
    """Each entry of ``then`` where the condition of it holds, else that of ``otherwise``."""
    def generate(context, builder, signature, arguments):
        return builder.select(*arguments)
    return VECTOR(MASK, VECTOR, VECTOR), generate


def _of_two(comparison):
    @intrinsic
    def take(typing_context, a, b):
        """Of each two entries the lower, or the higher one."""
        def generate(context, builder, signature, arguments):
            return builder.select(builder.icmp_signed(comparison, *arguments), *arguments)
        return VECTOR(VECTOR, VECTOR), generate
    return take


lower, higher = _of_two("<"), _of_two(">")


@intrinsic
def number(typing_context, value):
    """A vector of ``value``, an integer."""
    def generate(context, builder, signature, arguments):
        return context.cast(builder, arguments[0], signature.args[0], VECTOR)
    return VECTOR(value), generate


@intrinsic
def load(typing_context, values, at):
    """The entries of an array from ``at`` on, integers of up to 32 bits."""
    def generate(context, builder, signature, arguments):
        place = address(context, builder, signature, arguments)
        entries = builder.load(place, align=values.dtype.bitwidth // 8)
        return builder.sext(entries, INTEGERS) if values.dtype.bitwidth < 32 else entries
    return VECTOR(values, types.int64), generate


@intrinsic
def store(typing_context, values, at, vector):
    """Set the entries of an array of int32 from ``at`` on."""
    def generate(context, builder, signature, arguments):
        builder.store(arguments[2], address(context, builder, signature, arguments), align=4)
        return context.get_dummy_value()
    return types.void(values, types.int64, VECTOR), generate


def address(context, builder, signature, arguments):
    """Where the vector from an index on begins; array and index are the first ``arguments``."""
    data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
    kind = ir.VectorType(ir.IntType(signature.args[0].dtype.bitwidth), WIDTH)
    return builder.bitcast(builder.gep(data, [arguments[1]]), kind.as_pointer())


@intrinsic
def bits(typing_context, mask):
    """A bit for each condition: whether it holds."""
    def generate(context, builder, signature, arguments):
        return builder.zext(builder.bitcast(arguments[0], ir.IntType(WIDTH)), ir.IntType(64))
    return types.uint64(MASK), generate


@intrinsic
def count(typing_context, mask):
    """How many conditions hold."""
    def generate(context, builder, signature, arguments):
        return builder.zext(builder.ctpop(builder.bitcast(arguments[0], ir.IntType(WIDTH))), ir.IntType(64))
    return types.int64(MASK), generate


def rounds_toward_zero():
    """Whether the processor that numba compiles for has products rounded toward zero (AVX-512)."""
    if config.CPU_FEATURES is not None:
        return "+avx512f" in config.CPU_FEATURES
    return not config.CPU_NAME and get_host_cpu_features().get("avx512f", False)


@intrinsic
def decay_as_floats(typing_context, x, keep, decay_bits):
    """``trunc(x * keep / 2**decay_bits)`` for states of up to `FLOAT_STATE` bits.

    ``x``, at most 2**24, and ``keep / 2**decay_bits``, of 17 bits, are exact as floats. Their product, at
    most 2**24, is rounded toward zero to its 24 highest bits: what is lost so weighs less than 1. The rest of
    what weighs less is lost where the float becomes an integer, toward zero again.
    """
    def generate(context, builder, signature, arguments):
        x, keep, decay_bits = arguments
        exponent = builder.shl(builder.sub(ir.Constant(ir.IntType(64), 127), decay_bits),
                               ir.Constant(ir.IntType(64), 23))
        scale = builder.bitcast(builder.trunc(exponent, ir.IntType(32)), ir.FloatType())  # 2**-decay_bits
        factor = builder.fmul(builder.sitofp(keep, _FLOATS), everywhere(builder, scale))
        kind = ir.FunctionType(_FLOATS, [_FLOATS, _FLOATS, ir.IntType(32)])
        multiply = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.mul.ps.512")
        product = builder.call(multiply, [builder.sitofp(x, _FLOATS), factor, _TOWARD_ZERO])
        return builder.fptosi(product, INTEGERS)
    return VECTOR(VECTOR, VECTOR, types.int64), generate


@intrinsic
def decay_by_halves(typing_context, x, keep, decay_bits):
    """``trunc(x * keep / 2**decay_bits)``.

    With k = keep * 2**(16 - decay_bits), at most 2**16, and x = high * 2**16 + low it is the sum of high * k
    and floor((low * k + c) / 2**16), where c = 2**16 - 1 for negative x rounds up. No product leaves 32 bits:
    the first is no farther from 0 than high * 2**16, low * k + c at most (2**16 - 1) * 2**16 + 2**16 - 1.
    """
    def generate(context, builder, signature, arguments):
        def of(value):
            return ir.Constant(INTEGERS, [value] * WIDTH)

        x, keep, decay_bits = arguments
        missing = builder.sub(ir.Constant(ir.IntType(64), MOST_DECAY_BITS), decay_bits)
        keep = builder.shl(keep, everywhere(builder, builder.trunc(missing, ir.IntType(32))))
        high, low = builder.ashr(x, of(16)), builder.and_(x, of(0xFFFF))
        up = builder.lshr(builder.ashr(x, of(31)), of(16))
        return builder.add(builder.mul(high, keep),
                           builder.lshr(builder.add(builder.mul(low, keep), up), of(16)))
    return VECTOR(VECTOR, VECTOR, types.int64), generate
