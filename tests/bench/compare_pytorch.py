#!/usr/bin/env python3
"""The same work in plain PyTorch and timm, for dino_bench (needs torch, torchvision, timm, Pillow, numpy; `attend` matplotlib).

  compare_pytorch.py attention --image FILE [--arch vit_small] [--patch 8] [--size 480] [--repeat 3] [--save FILE]
      Attention of the last layer: full matrices by timm, the same in the order in which facebookresearch/dino
      computes them (the matrix is scaled, and the last block's values are attended to as well), and fused attention
      (SDPA) before the last block. Prints one JSON document: seconds (median) and peak memory. --save keeps the weights.
  compare_pytorch.py attend --image FILE --weights FILE --output DIR …
      A whole script in dino's order: load, decode, run, write what `dino attend` writes: the map of each head and of their mean, in
      viridis (matplotlib) and over the image. Time it from outside.
  compare_pytorch.py train --data DIR [--arch vit_small] [--patch 16] [--batch 8] [--crops 224,2,96,6] [--out-dim 65536]
      Steps of self-distillation from image files, by compare_train.py: images a second.
  compare_pytorch.py extract --data DIR [--arch vit_small] [--patch 16] [--images 400] [--device cpu]
      Features of image files: torchvision's transforms in a DataLoader with two workers (on a card one a core), a timm ViT in fp32.
  compare_pytorch.py augment --image FILE [--crops 224,2,96,6] [--repeat 9]
      Decoding and augmenting one image as compare_train.py does. Prints one JSON document: median seconds of one
      core's time an image.
"""
import argparse
import json
import os
import resource
import statistics
import time

import numpy as np
import torch
from PIL import Image
from timm.models.vision_transformer import VisionTransformer

SHAPES = {"vit_tiny": (192, 3), "vit_small": (384, 6), "vit_base": (768, 12)}
MEAN = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
DEVIATION = torch.tensor([0.229, 0.224, 0.225])[:, None, None]


def make_network(arguments, fused):
    dim, heads = SHAPES[arguments.arch]
    network = VisionTransformer(img_size=224, patch_size=arguments.patch, embed_dim=dim, depth=12,
                                num_heads=heads, num_classes=0, dynamic_img_size=True)
    for block in network.blocks:
        block.attn.fused_attn = fused
    return network.eval()


def read_image(arguments):
    image = Image.open(arguments.image).convert("RGB").resize((arguments.size, arguments.size), Image.BILINEAR)
    pixels = torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1).float() / 255
    return ((pixels - MEAN) / DEVIATION)[None]


@torch.no_grad()
def cls_attention(network, image):
    """Every block in full, then the [CLS] row of the last one's matrix."""
    x = network._pos_embed(network.patch_embed(image))
    for block in network.blocks[:-1]:
        x = block(x)
    attention = network.blocks[-1].attn
    tokens = network.blocks[-1].norm1(x)
    batch, count, dim = tokens.shape
    qkv = attention.qkv(tokens).reshape(batch, count, 3, attention.num_heads, dim // attention.num_heads)
    queries, keys, _ = qkv.permute(2, 0, 3, 1, 4)
    matrix = (queries @ keys.transpose(-2, -1)) * attention.scale
    return matrix.softmax(dim=-1)[0, :, 0, 1:]


@torch.no_grad()
def dino_attention(network, image):
    """What get_last_selfattention of facebookresearch/dino computes, in its order."""
    x = network._pos_embed(network.patch_embed(image))
    for block in network.blocks:
        attention = block.attn
        tokens = block.norm1(x)
        batch, count, dim = tokens.shape
        qkv = attention.qkv(tokens).reshape(batch, count, 3, attention.num_heads, dim // attention.num_heads)
        queries, keys, values = qkv.permute(2, 0, 3, 1, 4)
        matrix = (queries @ keys.transpose(-2, -1)) * attention.scale
        matrix = matrix.softmax(dim=-1)
        attended = attention.proj((matrix @ values).transpose(1, 2).reshape(batch, count, dim))
        if block is network.blocks[-1]:
            return matrix[0, :, 0, 1:]
        x = x + attended
        x = x + block.mlp(block.norm2(x))


def median_seconds(work, repeat):
    work()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def attention(arguments):
    image = read_image(arguments)
    plain = make_network(arguments, fused=False)
    fused = make_network(arguments, fused=True)
    report = {"torch": torch.__version__, "threads": torch.get_num_threads(),
              "sdpa_seconds": median_seconds(lambda: cls_attention(fused, image), arguments.repeat)}
    report["plain_seconds"] = median_seconds(lambda: cls_attention(plain, image), arguments.repeat)
    report["dino_seconds"] = median_seconds(lambda: dino_attention(plain, image), arguments.repeat)
    if arguments.save:
        torch.save(plain.state_dict(), arguments.save)
    report["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(report))


def attend(arguments):
    from matplotlib import colormaps
    network = make_network(arguments, fused=False)
    network.load_state_dict(torch.load(arguments.weights))
    rows = dino_attention(network, read_image(arguments))
    side = arguments.size // arguments.patch
    image = Image.open(arguments.image).convert("RGB")
    maps = {f"head{head}": values for head, values in enumerate(rows)}
    for name, values in {**maps, "mean": rows.mean(dim=0)}.items():
        values = ((values - values.min()) / (values.max() - values.min())).reshape(side, side)
        colours = Image.fromarray((colormaps["viridis"](values.numpy())[..., :3] * 255).astype(np.uint8))
        colours.resize((arguments.size, arguments.size), Image.NEAREST).save(f"{arguments.output}/{name}.png")
        if name != "mean":
            over = Image.blend(image, colours.resize(image.size, Image.BILINEAR), 0.6)
            over.save(f"{arguments.output}/overlay-{name}.png")


def train(arguments):
    import compare_train
    compare_train.run(arguments, SHAPES)


@torch.inference_mode()
def extract(arguments):
    from torchvision import datasets, transforms
    view = transforms.Compose([transforms.Resize(256, interpolation=transforms.InterpolationMode.BICUBIC),
                               transforms.CenterCrop(224), transforms.ToTensor(),
                               transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    images = datasets.ImageFolder(arguments.data, transform=view)
    count = min(arguments.images, len(images))
    images = torch.utils.data.Subset(images, [i * len(images) // count for i in range(count)])
    network = make_network(arguments, fused=True).to(arguments.device)
    network(torch.zeros(16, 3, 224, 224, device=arguments.device))
    on_card = arguments.device != "cpu"
    start = time.perf_counter()
    for batch, _ in torch.utils.data.DataLoader(images, batch_size=32, num_workers=os.cpu_count() if on_card else 2,
                                                pin_memory=on_card):
        torch.nn.functional.normalize(network(batch.to(arguments.device, non_blocking=True)), dim=1).cpu()
    print(json.dumps({"images_per_second": count / (time.perf_counter() - start)}))


def augment(arguments):
    from compare_train import MultiCrop
    images = 20
    torch.set_num_threads(1)
    views = MultiCrop(*map(int, arguments.crops.split(",")))
    times = []
    for _ in range(arguments.repeat + 1):
        start = time.process_time()
        for _ in range(images):
            views(Image.open(arguments.image).convert("RGB"))
        times.append((time.process_time() - start) / images)
    print(json.dumps({"seconds": statistics.median(times[1:])}))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=["attention", "attend", "augment", "extract", "train"])
    parser.add_argument("--image")
    parser.add_argument("--data")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--crops", default="224,2,96,6")
    parser.add_argument("--out-dim", type=int, default=65536)
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--arch", default="vit_small")
    parser.add_argument("--patch", type=int, default=8)
    parser.add_argument("--size", type=int, default=480)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--output", default=".")
    parser.add_argument("--save")
    parser.add_argument("--weights")
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    works = {"attention": attention, "attend": attend, "augment": augment, "extract": extract, "train": train}
    works[arguments.work](arguments)


if __name__ == "__main__":
    main()
