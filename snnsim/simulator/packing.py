"""The synapses of projections, each packed for the way in which its spikes are delivered."""

from .blocks import pack_bitmaps, pack_dense, pack_packed
from .choice import Method
from .delivery import Delivery, Scratch
from .rows import pack_constant_rows, pack_rows


def pack_delivery(projections, choices, share, n_sources, weight_dtype):
    """The `Delivery` of ``projections`` onto a `Share`, each as its `Choice` says."""
    def chosen(method, constant=None):
        return [p for p, c in zip(projections, choices, strict=True)
                if c.method is method and constant in (None, c.constant) and p.n_synapses]

    bitmaps, packed = pack_bitmaps(chosen(Method.BITMAPS), share), pack_packed(chosen(Method.PACKED), share)
    return Delivery(
        pack_rows(chosen(Method.ROWS, constant=False), share, n_sources, weight_dtype),
        pack_constant_rows(chosen(Method.ROWS, constant=True), share, n_sources, weight_dtype),
        pack_dense(chosen(Method.DENSE), share, weight_dtype), bitmaps, packed,
        Scratch.of(bitmaps, packed))
