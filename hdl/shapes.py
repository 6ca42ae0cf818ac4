"""The contract's formats and layouts as Amaranth shapes."""

from amaranth import Shape
from amaranth.lib import data


def shape_of(format):
    """The shape that holds every value of a `Format`."""
    return Shape(format.width, format.signed)


def struct_of(layout):
    """The ``StructLayout`` with the fields of a `Layout`, at the same bits."""
    return data.StructLayout({field.name: Shape(field.width, field.signed) for field in layout.fields})
