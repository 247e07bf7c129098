#!/usr/bin/env python3
"""`dino knn` and `dino linear` on features computed once, beside timm, torchvision, eval_knn.py's vote in PyTorch and
scikit-learn's logistic regression.

    compare_features.py DINO WEIGHTS TRAIN VAL [--images 100] [--side 96]

WEIGHTS is as in compare_linear.py. Of TRAIN the first --images of each class are taken, VAL is taken whole. The penalty
of the linear probe is the one that dino linear chose. Prints top-1 of both and the difference."""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import torch
from sklearn.linear_model import LogisticRegression
from torchvision import transforms

from compare_linear import LAYERS, features, loader, network, subset

KS = (10, 20, 100, 200)
TEMPERATURE = 0.07


def dino(options, command, train, *more):
    answer = subprocess.run(
        [options.dino, command, "--json", "-w", options.weights, "--train", train, "--val", options.val, "--resize",
         str(options.resize), "--crop", str(options.side), *more], check=True, capture_output=True)
    return json.loads(answer.stdout)


def extract(model, folder, options):
    steps = [transforms.Resize(options.resize, transforms.InterpolationMode.BICUBIC),
             transforms.CenterCrop(options.side)]
    parts = [(features(model, images), labels) for images, labels in loader(folder, steps, False)]
    return torch.cat([part for part, _ in parts]), torch.cat([labels for _, labels in parts])


def vote(train, train_labels, val, val_labels, k):
    similarities, rows = (val @ train.T).topk(k)
    votes = torch.zeros(len(val), int(train_labels.max()) + 1)
    votes.scatter_add_(1, train_labels[rows], (similarities / TEMPERATURE).exp())
    return 100 * (votes.argmax(1) == val_labels).double().mean().item()


def logistic(train, train_labels, val, val_labels, penalty):
    mean, deviation = train.double().mean(0), train.double().std(0, unbiased=False)
    model = LogisticRegression(C=1 / (len(train) * penalty), tol=1e-8, max_iter=10000)
    model.fit(((train.double() - mean) / deviation).numpy(), train_labels.numpy())
    return 100 * model.score(((val.double() - mean) / deviation).numpy(), val_labels.numpy())


def tell(name, ours, theirs):
    print("%-22s dino %.2f %%, independent %.2f %%, difference %+.2f" % (name, ours, theirs, ours - theirs), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("dino", "weights", "train", "val"):
        parser.add_argument(name)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--side", type=int, default=96)
    options = parser.parse_args()
    options.resize = options.side * 256 // 224
    model = network(options.weights, options.side)
    with tempfile.TemporaryDirectory() as folder:
        train = subset(options.train, Path(folder) / "train", options.images)
        joined, train_labels = extract(model, train, options)
        val, val_labels = extract(model, options.val, options)
        last = [torch.nn.functional.normalize(rows[:, -model.embed_dim:]) for rows in (joined, val)]
        for result in dino(options, "knn", train, "-k", ",".join(map(str, KS)))["results"]:
            tell("k-NN, k = %d" % result["k"], result["top1"],
                 vote(last[0], train_labels, last[1], val_labels, result["k"]))
        linear = dino(options, "linear", train, "--layers", str(LAYERS), "--average-pool", "no")
        tell("linear, penalty %g" % linear["penalty"], linear["results"][0]["top1"],
             logistic(joined, train_labels, val, val_labels, linear["penalty"]))


if __name__ == "__main__":
    main()
