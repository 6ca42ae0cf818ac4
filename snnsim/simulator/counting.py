"""How many of some bitmaps have a bit: carry-save counters, whose bits lie in planes of their own."""

import numpy as np

from .rules import inner

#: Rows of bits that are added at a time, and in all before a count could need more than a byte.
AT_A_TIME, MOST = 7, 252
#: Planes of a count of `MOST`, and one for carries.
PLANES = 9
CARRY = PLANES - 1
LANES = np.uint64(0x0101010101010101)


@inner(inline="always")
def count_rows(rows, words, bits, planes):
    """Add bitmaps with carry-save adders, `AT_A_TIME` of them at a time.

    ``rows``: where they begin, a multiple of so many. Returns the number of planes of the counts.
    """
    n_planes = 3
    ones, twos, fours, carry = planes[0], planes[1], planes[2], planes[CARRY]
    for w in range(words):
        ones[w] = twos[w] = fours[w] = 0
    for k in range(0, rows.size, AT_A_TIME):
        r0, r1 = bits[rows[k]:rows[k] + words], bits[rows[k + 1]:rows[k + 1] + words]
        r2, r3 = bits[rows[k + 2]:rows[k + 2] + words], bits[rows[k + 3]:rows[k + 3] + words]
        r4, r5 = bits[rows[k + 4]:rows[k + 4] + words], bits[rows[k + 5]:rows[k + 5] + words]
        r6 = bits[rows[k + 6]:rows[k + 6] + words]
        for w in range(words):
            half = r0[w] ^ r1[w]
            sum_a, carry_a = half ^ r2[w], (r0[w] & r1[w]) | (half & r2[w])
            half = r3[w] ^ r4[w]
            sum_b, carry_b = half ^ r5[w], (r3[w] & r4[w]) | (half & r5[w])
            half = sum_a ^ sum_b
            sum_c, carry_c = half ^ r6[w], (sum_a & sum_b) | (half & r6[w])
            carry_d = ones[w] & sum_c
            ones[w] ^= sum_c
            half = carry_a ^ carry_b
            sum_a, carry_a = half ^ carry_c, (carry_a & carry_b) | (half & carry_c)
            half = sum_a ^ carry_d
            carry_b = (sum_a & carry_d) | (half & twos[w])
            twos[w] ^= half
            half = carry_a ^ carry_b
            carry[w] = (carry_a & carry_b) | (half & fours[w])
            fours[w] ^= half
        for p in range(3, n_planes):
            plane = planes[p]
            for w in range(words):
                also = plane[w] & carry[w]
                plane[w] ^= carry[w]
                carry[w] = also
        if (k + AT_A_TIME) >> n_planes:
            plane = planes[n_planes]
            for w in range(words):
                plane[w] = carry[w]
            n_planes += 1
    return n_planes


@inner(inline="always")
def spread_counts(planes, n_planes, words, counts):
    """Turn planes of bits into a count in each byte."""
    for j in range(8):
        shift, some = np.uint64(j), counts[j * words:(j + 1) * words]
        ones, twos, fours = planes[0], planes[1], planes[2]
        for w in range(words):
            some[w] = (((ones[w] >> shift) & LANES) | (((twos[w] >> shift) & LANES) << np.uint64(1))
                       | (((fours[w] >> shift) & LANES) << np.uint64(2)))
        for p in range(3, n_planes):
            plane, weight = planes[p], np.uint64(p)
            for w in range(words):
                some[w] |= ((plane[w] >> shift) & LANES) << weight
