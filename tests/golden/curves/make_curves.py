#!/usr/bin/env python3
"""Makes average.txt: exponential averages as their defining sums, in exact fractions.

A line each: span, then pairs "value average"; "gap" where there is no number. The definition is that of pandas'
DataFrame.ewm(span=span, adjust=True, ignore_na=True).mean().
"""
import math
import pathlib
from fractions import Fraction


def averages(values, span):
    weight = Fraction(span - 1) / Fraction(span + 1)
    for n, value in enumerate(values):
        if value is None:
            yield None
            continue
        seen = [Fraction(v) for v in values[: n + 1] if v is not None]
        weights = [weight ** (len(seen) - 1 - i) for i in range(len(seen))]
        yield float(sum(w * v for w, v in zip(weights, seen)) / sum(weights))


def main():
    lines = []
    wave = [round(10 * math.sin(i * 0.7) + i * 0.3, 6) for i in range(40)]
    gaps = list(wave)
    gaps[0] = gaps[7] = gaps[8] = gaps[39] = None
    for span in (1, 2, 10, 30):
        for values in (wave, gaps):
            pairs = []
            for value, average in zip(values, averages(values, span)):
                pairs.append("gap gap" if value is None else f"{value!r} {average!r}")
            lines.append(f"{span} " + " ".join(pairs))
    pathlib.Path(__file__).with_name("average.txt").write_text("\n".join(lines) + "\n")


main()
