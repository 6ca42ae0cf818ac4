"""Weights that lie close together, spread out over the bits of a mask: one instruction where there is one."""

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

#: Bits of a mask.
WIDTH = 32
_BYTES, _WORDS = (ir.VectorType(ir.IntType(bits), WIDTH) for bits in (8, 16))
_MASK = ir.VectorType(ir.IntType(1), WIDTH)


def is_fast():
    """Whether the processor that numba compiles for has the instruction (AVX-512 VBMI2)."""
    if config.CPU_FEATURES is not None:
        return "+avx512vbmi2" in config.CPU_FEATURES
    return not config.CPU_NAME and get_host_cpu_features().get("avx512vbmi2", False)


@intrinsic
def add_spread(typing_context, sums, at, mask, weight, begin):
    """Add ``weight[begin]``, ``weight[begin + 1]``, ... (int8) to those of the 32 ``sums`` (int16) from
    ``at`` on whose bits are set in ``mask`` (uint32).

    Up to 32 weights from ``begin`` on must be there to be read.
    """
    def generate(context, builder, signature, arguments):
        arrays = [context.make_array(signature.args[k])(context, builder, arguments[k]) for k in (0, 3)]
        mask = builder.bitcast(arguments[2], _MASK)
        first = builder.gep(arrays[1].data, [arguments[4]])
        spread = (_spread_in_register if is_fast() else _spread_from_memory)(builder, first, mask)
        place = builder.bitcast(builder.gep(arrays[0].data, [arguments[1]]), _WORDS.as_pointer())
        before = builder.load(place, align=2)
        builder.store(builder.add(before, spread), place, align=2)
        return context.get_dummy_value()
    return types.void(sums, types.int64, types.uint32, weight, types.int64), generate


def _spread_in_register(builder, first, mask):
    values = builder.load(builder.bitcast(first, _BYTES.as_pointer()), align=1)
    kind = ir.FunctionType(_WORDS, [_WORDS, _WORDS, _MASK])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.mask.expand.v32i16")
    return builder.call(function, [builder.sext(values, _WORDS), ir.Constant(_WORDS, [0] * WIDTH), mask])


def _spread_from_memory(builder, first, mask):
    kind = ir.FunctionType(_BYTES, [cgutils.voidptr_t, _MASK, _BYTES])
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.expandload.v{WIDTH}i8")
    address = builder.bitcast(first, cgutils.voidptr_t)
    return builder.sext(builder.call(function, [address, mask, ir.Constant(_BYTES, [0] * WIDTH)]), _WORDS)


@intrinsic
def bits_set(typing_context, mask):
    """How many bits of ``mask`` (uint32) are set."""
    def generate(context, builder, signature, arguments):
        return builder.zext(builder.ctpop(arguments[0]), ir.IntType(64))
    return types.int64(types.uint32), generate
