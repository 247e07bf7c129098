"""Loads a file with torch.load(weights_only=True) and prints what is in it, one value a line, for
pickle_writer_test to compare."""

import sys
from collections import OrderedDict

import torch


def describe(path, value):
    if isinstance(value, torch.Tensor):
        assert value.is_contiguous() and not value.requires_grad
        raw = value.contiguous().view(-1).view(torch.uint8) if value.numel() else value.new_zeros(0)
        total = int((raw.to(torch.int64) * (torch.arange(raw.numel()) % 251 + 1)).sum())
        print(f"{path} tensor {value.dtype} {list(value.shape)} {total}")
    elif isinstance(value, dict):
        kind = "OrderedDict" if isinstance(value, OrderedDict) else "dict"
        print(f"{path} {kind} {len(value)}")
        for key, item in value.items():
            describe(f"{path}/{key!r}", item)
    elif isinstance(value, (list, tuple)):
        print(f"{path} {type(value).__name__} {len(value)}")
        for index, item in enumerate(value):
            describe(f"{path}/{index}", item)
    else:
        print(f"{path} {type(value).__name__} {value!r}")


for options in ({}, {"mmap": True}):
    describe("", torch.load(sys.argv[1], map_location="cpu", weights_only=True, **options))
