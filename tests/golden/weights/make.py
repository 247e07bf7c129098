#!/usr/bin/env python3
"""Writes the checkpoints beside it with torch and safetensors: python3 make.py

Every number in them follows from value() below, which the tests repeat, so that no second dump is needed. All are
multiples of 1/64 within (-2, 2): exact in every floating-point type used. (The legacy format names its storages by
their addresses in memory: those two files differ at every run.)
"""
import argparse
import collections
import os
import pickle
import zipfile

import torch
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))


def path(name):
    return os.path.join(HERE, name)


def value(name, shape, seed=0, dtype=torch.float32):
    base = seed + sum((i + 1) * byte for i, byte in enumerate(name.encode()))
    count = 1
    for size in shape:
        count *= size
    numbers = (base + 7 * torch.arange(count, dtype=torch.int64)) % 251 - 125
    return (numbers.to(torch.float64) / 64).to(dtype).reshape(shape)


def vit(dim, depth, patch, grid, ratio):
    shapes = {
        "cls_token": (1, 1, dim),
        "pos_embed": (1, grid * grid + 1, dim),
        "patch_embed.proj.weight": (dim, 3, patch, patch),
        "patch_embed.proj.bias": (dim,),
    }
    for i in range(depth):
        block = f"blocks.{i}."
        shapes.update({
            block + "norm1.weight": (dim,), block + "norm1.bias": (dim,),
            block + "attn.qkv.weight": (3 * dim, dim), block + "attn.qkv.bias": (3 * dim,),
            block + "attn.proj.weight": (dim, dim), block + "attn.proj.bias": (dim,),
            block + "norm2.weight": (dim,), block + "norm2.bias": (dim,),
            block + "mlp.fc1.weight": (ratio * dim, dim), block + "mlp.fc1.bias": (ratio * dim,),
            block + "mlp.fc2.weight": (dim, ratio * dim), block + "mlp.fc2.bias": (dim,),
        })
    shapes.update({"norm.weight": (dim,), "norm.bias": (dim,)})
    return shapes


SMALL = vit(24, 2, 4, 3, 2)


def state(shapes, seed=0, prefix="", dtype=torch.float32):
    return collections.OrderedDict((prefix + k, value(k, s, seed, dtype)) for k, s in shapes.items())


def head(prefix, dim, seed, parametrized):
    last = "last_layer.parametrizations.weight.original" if parametrized else "last_layer.weight_"
    names = {"mlp.0.weight": (16, dim), "mlp.0.bias": (16,), "mlp.2.weight": (8, 16), "mlp.2.bias": (8,),
             last + ("0" if parametrized else "g"): (32, 1), last + ("1" if parametrized else "v"): (32, 8)}
    return collections.OrderedDict((prefix + "head." + k, value(k, s, seed)) for k, s in names.items())


def training_checkpoint():
    shapes = vit(24, 1, 4, 3, 2)
    student = state(shapes, 2, "module.backbone.")
    student.update(head("module.", 24, 2, True))
    teacher = state(shapes, 1, "backbone.")
    teacher.update(head("", 24, 1, False))
    parameters = [torch.nn.Parameter(t.clone()) for t in list(student.values())[:3]]
    optimizer = torch.optim.AdamW(parameters, lr=0.0005)
    for parameter in parameters:
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    args = argparse.Namespace(arch="vit_small", patch_size=4, lr=0.0005, use_fp16=True, local_crops_scale=(0.05, 0.4),
                              data_path="/data/imagenet", resume=None, epochs=100)
    return {"student": student, "teacher": teacher, "optimizer": optimizer.state_dict(), "epoch": 42, "args": args,
            "dino_loss": {"center": value("center", (1, 32))}, "fp16_scaler": {"scale": 65536.0}}


def odd_tensors():
    """What a state dict may hold besides contiguous float32."""
    grid = value("grid", (6, 5))
    shared = value("shared", (10,))
    return collections.OrderedDict([
        ("transposed", grid.t()),
        ("column", grid[:, 2]),
        ("first", shared[:5]),
        ("second", shared[5:]),
        ("parameter", torch.nn.Parameter(value("parameter", (2, 3)))),
        ("buffer", torch.nn.Parameter(value("buffer", (3,)), requires_grad=False)),
        ("half", value("half", (7,), dtype=torch.float16)),
        ("brain", value("brain", (7,), dtype=torch.bfloat16)),
        ("double", value("double", (7,), dtype=torch.float64)),
        ("scalar", torch.tensor(1.5)),
        ("empty", torch.empty(0, 4)),
        ("long", torch.tensor([-1, 2**40])),
        ("int", torch.tensor([-7, 8], dtype=torch.int32)),
        ("short", torch.tensor([-7, 8], dtype=torch.int16)),
        ("byte", torch.tensor([7, 255], dtype=torch.uint8)),
        ("bool", torch.tensor([True, False, True])),
        ("expanded", torch.tensor([2.0]).expand(1000)),
    ])


def pickled_values():
    return [None, True, False, 0, 255, 65535, -1, 2**31 - 1, -(2**31), 2**40, -(2**63), 2**70, 0.1, -1e300, "", "plain",
            "Zürich \u2192 \U0001f995", b"\x00\xff bytes", [], [1, [2, [3]]], (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4),
            {}, {"a": 1, 2: "b", (3,): None}, collections.OrderedDict([("z", 1), ("a", 2)]),
            argparse.Namespace(depth=12)]


def main():
    torch.save(state(SMALL), path("backbone.pth"))
    torch.save(state(SMALL), path("legacy.pth"), _use_new_zipfile_serialization=False)
    torch.save(state(SMALL), path("protocol4.pth"), pickle_protocol=4)
    torch.save(training_checkpoint(), path("training.pth"))
    torch.save(odd_tensors(), path("odd.pth"))
    torch.save(odd_tensors(), path("odd_legacy.pth"), _use_new_zipfile_serialization=False)
    save_file(dict(state(SMALL)), path("backbone.safetensors"), metadata={"source": "make.py"})
    save_file(dict(state(vit(64, 1, 4, 2, 1), dtype=torch.bfloat16)), path("bf16.safetensors"))
    for protocol in range(6):
        with open(path(f"values.p{protocol}.pkl"), "wb") as file:
            pickle.dump(pickled_values(), file, protocol=protocol)

    # Packed anew by a common zip program: once with the pickle alone compressed, once with everything.
    with zipfile.ZipFile(path("odd.pth")) as source:
        for name, everything in (("repacked.pth", False), ("compressed.pth", True)):
            with zipfile.ZipFile(path(name), "w") as target:
                for entry in source.namelist():
                    deflate = everything or entry.endswith("data.pkl")
                    info = zipfile.ZipInfo(entry, (2024, 1, 1, 0, 0, 0))
                    info.compress_type = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
                    target.writestr(info, source.read(entry))


if __name__ == "__main__":
    main()
