"""Records the runs that the doctor is tested on: record.py DINO IMAGES LARGE [NAME...]

DINO is the program, IMAGES a folder of 160 photographs, LARGE one of 16 that take long to decode (here 6000 x 4000
px). Of each run the metrics of its steps are kept, numbers to 6 digits, its run.toml and its command; no path is.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

BASE = ("--arch vit_tiny --img-size 32 --global-crop-size 32 --local-crop-size 16 --local-crops-number 2 --out-dim 256 "
        "--batch-size-per-gpu 8 --epochs 10 --warmup-epochs 1 --drop-path-rate 0 --momentum-teacher 0.98 --lr 0.002 "
        "--precision fp32 --threads 1 --num-workers 1 --knn-every 0 --save-every 0 --keep-last 1 --saveckp-freq 0")
RUNS = {
    "stuck-hardly-any-learning-rate": "--lr 1e-7",
    "healthy-small-batch": "",
    "uniform-collapse-no-sharpening": "--no-sharpening --lr 0.016",
    "one-dimension-collapse-no-centring": "--no-centring --momentum-teacher 0.9 --lr 0.016",
    "batch-too-small-for-its-rate": "--batch-size-per-gpu 2 --epochs 5 --warmup-epochs 3 --lr 0.02 --min-lr 0.00016",
    "diverging-rate-too-high": "--objective supervised --lr 12 --clip-grad 0 --warmup-epochs 10",
    "teacher-temp-too-high-0.1": "--teacher-temp 0.1 --warmup-teacher-temp 0.1 --student-temp 0.15 --lr 0.016",
    "momentum-too-low-copy": "--teacher-update copy",
    "momentum-too-high-for-200-steps": "--momentum-teacher 0.9999",
    "data-bound-large-files": "--cache-memory 0 --batch-size-per-gpu 2 --epochs 8",
    "healthy-no-local-crops": "--local-crops-number 0 --global-crops-scale 0.14 1 --lr 0.004 --out-dim 1024",
}


def rounded(value):
    return float(f"{value:.6g}") if isinstance(value, float) else value


def record(name, dino, images):
    here = pathlib.Path(__file__).parent
    options = f"{BASE} {RUNS[name]}".split()
    # What is given twice counts once: the last.
    kept = []
    for i, word in enumerate(options):
        if word.startswith("--") and word not in options[i + 1:]:
            end = i + 1
            while end < len(options) and not options[end].startswith("--"):
                end += 1
            kept += options[i:end]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([dino, "train", "--data", images, "-o", folder + "/run", *kept], stderr=subprocess.PIPE)
        steps = [json.loads(line) for line in open(folder + "/run/metrics.jsonl") if line.endswith("\n")]
        text = open(folder + "/run/run.toml").read()
    lines = [json.dumps({key: rounded(value) for key, value in step.items()}, separators=(",", ":"))
             for step in steps if step["kind"] == "step"]
    (here / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
    text = text.replace(images, "images").replace(folder, ".")
    assert not re.search(r"\"/", text), text
    (here / f"{name}.toml").write_text(text)
    (here / f"{name}.txt").write_text("dino train --data images -o run " + " ".join(kept) + "\n")
    middle, last = steps[len(steps) // 2], steps[-1]
    print(name, done.returncode, len(steps), [(s["step"], s["loss"], s["teacher_entropy"], s["kl"], s["data_wait"])
                                              for s in (steps[0], steps[20], middle, last)], flush=True)


if __name__ == "__main__":
    for name in sys.argv[4:] or RUNS:
        record(name, sys.argv[1], sys.argv[3] if name.startswith("data-bound") else sys.argv[2])
