"""Arrays whose users are not counted.

Compiled code counts who uses the memory of an array, with an atomic instruction whenever one is looked up in
a tuple or sliced. All memory of a run is held by its caller for as long as the run lasts.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


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
