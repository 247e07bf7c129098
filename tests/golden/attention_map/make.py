"""Writes mass.txt: what visualize_attention.py of facebookresearch/dino keeps with --threshold.

The rule in double precision: sort rising, divide by the sum, keep where the running sum exceeds 1 - mass.
A line a case: count, mass, the values, the mask.
"""
import pathlib
import random

import torch

FOLDER = pathlib.Path(__file__).parent


def kept(values, mass):
    value, index = torch.sort(torch.tensor(values, dtype=torch.float64), stable=True)
    value = value / value.sum()
    above = torch.cumsum(value, dim=0) > (1 - mass)
    return above[torch.argsort(index)].int().tolist()


def main():
    random.seed(0)
    lines = []
    for count in (1, 2, 9, 64):
        for kind in ("spread", "peaked", "halves", "sparse"):
            for mass in (0.1, 0.333, 0.6, 0.95):
                values = {
                    "spread": [random.random() for _ in range(count)],
                    "peaked": [random.random() ** 8 for _ in range(count)],
                    # Powers of two: exact sums, many ties.
                    "halves": [2.0 ** -random.randint(1, 4) for _ in range(count)],
                    "sparse": [random.random() if random.random() < 0.3 else 0.0 for _ in range(count)],
                }[kind]
                values = torch.tensor(values).tolist()  # float32, as attention is
                if sum(values) == 0:
                    continue
                mask = kept(values, mass)
                numbers = " ".join(f"{value!r}" for value in values)
                lines.append(f"{count} {mass} {numbers} {' '.join(map(str, mask))}\n")
    (FOLDER / "mass.txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
