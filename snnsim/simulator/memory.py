"""Memory of arrays: where it begins, and who holds it.

Compiled code counts who uses the memory of an array, with an atomic instruction whenever one is looked up in
a tuple or sliced. All memory of a run is held by its caller for as long as the run lasts.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

#: Bytes that processors move at once.
LINE = 64


def aligned(array):
    """A copy that begins where a line of memory does: none of its vectors lies in two lines."""
    memory = np.empty(array.nbytes + LINE, np.uint8)
    first = -memory.ctypes.data % LINE
    copy = memory[first:first + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


@intrinsic
def borrowed(typing_context, value):
    """``value``, an array or a tuple of such and of tuples, whose memory the caller holds."""
    def generate(context, builder, signature, arguments):
        return _without_owner(context, builder, signature.args[0], arguments[0])
    return value(value), generate


def _without_owner(context, builder, kind, value):
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = ir.Constant(array.meminfo.type, None)
        array.parent = ir.Constant(array.parent.type, None)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for k, part in enumerate(kind):
            part = _without_owner(context, builder, part, builder.extract_value(value, k))
            value = builder.insert_value(value, part, k)
    return value


@intrinsic
def prefetch(typing_context, array, index):
    """Fetch the line of memory in which an entry of a one-dimensional array lies, which will be read soon."""
    def generate(context, builder, signature, arguments):
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(data, [arguments[1]]), cgutils.voidptr_t)
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, word, word, word])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        # To be read, to be kept in all caches, data.
        builder.call(fetch, [address, *(ir.Constant(word, value) for value in (0, 3, 1))])
        return context.get_dummy_value()
    return types.void(array, types.int64), generate
