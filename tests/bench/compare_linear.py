#!/usr/bin/env python3
"""`dino linear --method sgd` beside the same recipe in plain PyTorch, torchvision and timm, seed by seed.

    compare_linear.py DINO WEIGHTS TRAIN VAL [--images 100] [--epochs 100] [--lr 0.001] [--side 96]
                      [--seeds 3]

WEIGHTS is a backbone in facebookresearch/dino's names whose position grid is SIDE / patch (dino export RUN --format
backbone). Of TRAIN the first --images of each class are taken, VAL is taken whole: on a thousand images the chance in
the order of the batches and the first weights alone moves top-1 by 0.5 points (standard deviation), on Imagenette's
3,925 by 0.2. The recipe is that of eval_linear.py: random resized crops and flips, SGD with momentum 0.9, a cosine over
the epochs, normed [CLS] of the last four layers.
Prints top-1 of both for each seed, their means, and the difference."""
import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

import torch
from timm.models.vision_transformer import VisionTransformer
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

LAYERS = 4
BATCH = 128


def network(weights, side):
    state = torch.load(weights, weights_only=True)
    dim, _, patch, _ = state["patch_embed.proj.weight"].shape
    depth = 1 + max(int(key.split(".")[1]) for key in state if key.startswith("blocks."))
    model = VisionTransformer(img_size=side, patch_size=patch, embed_dim=dim, depth=depth, num_heads=dim // 64,
                              num_classes=0)
    model.load_state_dict(state)
    return model.eval()


@torch.no_grad()
def features(model, images):
    layers = model.get_intermediate_layers(images, n=LAYERS, norm=True, return_prefix_tokens=True)
    return torch.cat([prefix[:, 0] for _, prefix in layers], dim=1)


def loader(folder, steps, shuffle):
    normalise = [transforms.ToTensor(), transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]
    return DataLoader(datasets.ImageFolder(folder, transforms.Compose(steps + normalise)), BATCH, shuffle=shuffle,
                      num_workers=2, persistent_workers=True)


def plain(model, train, val, options, seed):
    torch.manual_seed(seed)
    cubic = transforms.InterpolationMode.BICUBIC
    learning = loader(train, [transforms.RandomResizedCrop(options.side), transforms.RandomHorizontalFlip()], True)
    testing = loader(val, [transforms.Resize(options.resize, cubic), transforms.CenterCrop(options.side)], False)
    classifier = torch.nn.Linear(LAYERS * model.embed_dim, len(learning.dataset.classes))
    classifier.weight.data.normal_(mean=0.0, std=0.01)
    classifier.bias.data.zero_()
    optimizer = torch.optim.SGD(classifier.parameters(), options.lr * BATCH / 256, momentum=0.9, weight_decay=0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, options.epochs, eta_min=0)
    for _ in range(options.epochs):
        for images, labels in learning:
            loss = torch.nn.functional.cross_entropy(classifier(features(model, images)), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        schedule.step()
    right = sum((classifier(features(model, images)).argmax(1) == labels).sum().item() for images, labels in testing)
    return 100 * right / len(testing.dataset)


def ours(train, val, options, seed):
    answer = subprocess.run(
        [options.dino, "linear", "--method", "sgd", "--json", "-w", options.weights, "--train", train, "--val", val,
         "--layers", str(LAYERS), "--average-pool", "no", "--epochs", str(options.epochs), "--lr",
         str(options.lr), "--resize", str(options.resize), "--crop", str(options.side), "--seed", str(seed)],
        check=True, capture_output=True)
    return json.loads(answer.stdout)["results"][0]["top1"]


def subset(source, target, count):
    for folder in sorted(Path(source).iterdir()):
        os.makedirs(target / folder.name)
        for file in sorted(folder.iterdir())[:count]:
            os.symlink(file.resolve(), target / folder.name / file.name)
    return str(target)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("dino", "weights", "train", "val"):
        parser.add_argument(name)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--lr", type=float, default=0.001)
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    options.resize = options.side * 256 // 224
    model = network(options.weights, options.side)
    with tempfile.TemporaryDirectory() as folder:
        train = subset(options.train, Path(folder) / "train", options.images)
        pairs = []
        for seed in range(options.seeds):
            pairs.append((ours(train, options.val, options, seed), plain(model, train, options.val, options, seed)))
            print("seed %d: dino linear %.2f %%, PyTorch %.2f %%" % (seed, *pairs[-1]), flush=True)
    means = [sum(column) / len(pairs) for column in zip(*pairs)]
    print("mean:   dino linear %.2f %%, PyTorch %.2f %%, difference %+.2f" % (*means, means[0] - means[1]))


main()
