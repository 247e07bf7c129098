#!/usr/bin/env python3
"""What each part of the method is good for: trains the same small network with one part replaced at a time, and measures
k-NN, a linear probe and how well a head's mask covers the object.

    claims.py DINO TRAIN VAL --out DIR [--masks DAVIS] [--rows a,b] [--seeds 0,1] [--evaluation OPTIONS]
              [-- MORE OPTIONS OF dino train]

TRAIN and VAL are class folders. DAVIS has JPEGImages/480p/SEQUENCE/*.jpg and Annotations/480p/SEQUENCE/*.png, a white object
on black; of each sequence every tenth frame is taken. A mask is the patches that hold 60 % of a head's attention
(section 4.2.2 of the paper); the Jaccard index is that of the best head of each frame, averaged over the frames.
OPTIONS are given to `dino knn` and `dino linear`, as in --evaluation "--resize 128 --crop 112". What was measured lies in
DIR as JSON, so that a call that was stopped goes on; the table of all of it is printed as Markdown.
Needs Pillow and NumPy for the masks."""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

MASS = 0.6
SIZE = 480
EVERY_FRAME = 10

ROWS = {
    "method": ("the preset (Sinkhorn-Knopp targets, two crops, patches of 16)", []),
    "untrained": ("the same network untrained", ["--lr", "0", "--min-lr", "0", "--weight-decay", "0",
                                                 "--weight-decay-end", "0", "--epochs", "1", "--warmup-epochs", "0"]),
    "supervised": ("supervised, with the labels", ["--objective", "supervised", "--no-use-bn-in-head", "--targets", "centring"]),
    "copy": ("no momentum: the teacher is a copy of the student", ["--teacher-update", "copy"]),
    "centre": ("a centre instead of Sinkhorn-Knopp", ["--targets", "centring", "--warmup-teacher-temp", "0.04",
                                                      "--teacher-temp", "0.04"]),
    "neither": ("neither of the two", ["--targets", "centring", "--no-centring"]),
    "multi-crop": ("multi-crop: four local crops of 32 px too", ["--local-crops-number", "4"]),
    "mse": ("mean squared error instead of cross-entropy", ["--loss", "mse"]),
    "predictor": ("a predictor on the student", ["--predictor"]),
    "patch-8": ("patches of 8", ["--patch-size", "8"]),
}


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(str(part) for part in command)}\n{done.stderr[-2000:]}")
    return done.stdout


def jaccard(options, weights):
    """The mean over frames of the best head's, in percent."""
    import numpy
    from PIL import Image

    scores = []
    for sequence in sorted((options.masks / "JPEGImages" / "480p").iterdir()):
        frames = sorted(sequence.glob("*.jpg"))[::EVERY_FRAME]
        with tempfile.TemporaryDirectory() as folder:
            answer = json.loads(run(options.dino, "attend", *frames, "-w", weights, "-o", folder, "--mass", MASS,
                                    "--size", SIZE, "--json"))
            for frame, image in zip(frames, answer["images"]):
                truth = Image.open(options.masks / "Annotations" / "480p" / sequence.name / (frame.stem + ".png"))
                # As `dino attend` does with the frame: the shorter side to SIZE, then cut to whole patches.
                shorter = min(truth.size)
                truth = truth.convert("L").resize([SIZE * side // shorter for side in truth.size], Image.NEAREST)
                best = 0
                for output in image["outputs"]:
                    if "-mask-head" not in output:
                        continue
                    mask = Image.open(output)
                    found = numpy.asarray(mask)[..., 0] > 127
                    wanted = numpy.asarray(truth.crop((0, 0, *mask.size))) > 127
                    best = max(best, (found & wanted).sum() / (found | wanted).sum())
                scores.append(float(best))
    return 100 * statistics.mean(scores)


def measure(options, row, seed):
    result = options.out / f"{row}-{seed}.json"
    folder = options.out / f"{row}-{seed}"
    training = [str(part) for part in ["--data", options.train, "--preset", options.preset, "--seed", seed, "--knn-every", 0,
                                       *options.more, *ROWS[row][1]]]
    asked = {"training": training, "evaluation": options.evaluation}
    found = json.loads(result.read_text()) if result.exists() else dict(asked)
    if any(found.get(key) != value for key, value in asked.items()):
        sys.exit(f"{result} is of another command: give another --out")
    if "knn" in found and ("jaccard" in found or not options.masks):
        return found
    weights = options.out / f"{row}-{seed}.safetensors"
    if not weights.exists():
        run(options.dino, "train", "-o", folder, *training, *(["--resume"] if folder.exists() else []))
        run(options.dino, "export", folder, "--format", "safetensors", "-o", weights)
    data = ["--train", options.train, "--val", options.val, "-w", weights, "--json",
            *options.evaluation.split()]
    if "knn" not in found:
        found["knn"] = json.loads(run(options.dino, "knn", *data, "-k", 20))["results"][0]["top1"]
        found["linear"] = json.loads(run(options.dino, "linear", *data))["results"][0]["top1"]
    if options.masks:
        found["jaccard"] = jaccard(options, weights)
    result.write_text(json.dumps(found))
    return found


def table(options, measured):
    columns = ["knn", "linear"] + (["jaccard"] if options.masks else [])
    titles = {"knn": "k-NN, k = 20", "linear": "linear", "jaccard": "best head's Jaccard"}
    print("| | " + " | ".join(titles[column] for column in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for row, found in measured.items():
        cells = ["; ".join(f"{each[column]:.1f}" for each in found) + " %" for column in columns]
        print(f"| {ROWS[row][0]} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dino")
    parser.add_argument("train", type=Path)
    parser.add_argument("val", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--masks", type=Path)
    parser.add_argument("--evaluation", default="")
    parser.add_argument("--preset", default="five-minutes")
    parser.add_argument("--rows", default=",".join(ROWS))
    parser.add_argument("--seeds", default="0,1")
    given = sys.argv[1:]
    more = given[given.index("--") + 1:] if "--" in given else []
    options = parser.parse_args(given[:given.index("--")] if "--" in given else given)
    options.more = more
    options.out.mkdir(parents=True, exist_ok=True)
    measured = {}
    for row in options.rows.split(","):
        measured[row] = [measure(options, row, int(seed)) for seed in options.seeds.split(",")]
        print(row, measured[row], file=sys.stderr, flush=True)
    table(options, measured)


if __name__ == "__main__":
    main()
