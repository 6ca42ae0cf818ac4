"""Tables in plain text."""

import math


def table(head, rows):
    """Left-aligned names, right-aligned numbers; empty without rows."""
    if not rows:
        return ""
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    lines = [[row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
             for row in (head, *rows)]
    return "\n".join("  ".join(line) for line in lines)


def percent(fraction):
    """``0.12 %`` of two digits, or whole per cents; "lost" for an infinite one."""
    if fraction == 0:
        return "0"
    if math.isinf(fraction):
        return "lost"
    return f"{100 * fraction:.0f} %" if fraction >= 0.095 else f"{100 * fraction:.2g} %"
