"""Writes resize.txt: width height size -> width height, as torchvision's Resize(size) computes them.

The rule is asked of torchvision itself, and checked against int(size * long / short) written out.
"""
import pathlib
import random

from torchvision.transforms import functional

FOLDER = pathlib.Path(__file__).parent


def written_out(width, height, size):
    short, long = sorted((width, height))
    longer = int(size * long / short)
    return (size, longer) if width <= height else (longer, size)


def main():
    random.seed(0)
    cases = {(1, 1, 480), (480, 480, 480), (481, 480, 480), (480, 481, 480), (640, 480, 480), (1, 1000, 7)}
    for size in (8, 16, 224, 480, 518, 1024):
        for _ in range(60):
            cases.add((random.randint(1, 6000), random.randint(1, 6000), size))
    lines = []
    for width, height, size in sorted(cases):
        new_height, new_width = functional._compute_resized_output_size((height, width), [size])
        assert (new_width, new_height) == written_out(width, height, size)
        lines.append(f"{width} {height} {size} {new_width} {new_height}\n")
    (FOLDER / "resize.txt").write_text("".join(lines))


if __name__ == "__main__":
    main()
