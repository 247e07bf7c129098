#!/usr/bin/env python3
"""Loads a training checkpoint as main_dino.py of facebookresearch/dino resumes from one: weights-only, into modules
and an optimizer of PyTorch. Exit status 77 where there is no torch."""
import sys

try:
    import torch
except ImportError:
    sys.exit(77)


def main(path):
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    student, teacher = checkpoint["student"], checkpoint["teacher"]
    assert all(name.startswith("module.") for name in student), "the student was wrapped by DDP"
    assert [name[len("module."):] for name in student] == list(teacher), "student and teacher have the same names"
    assert list(teacher)[:3] == ["backbone.cls_token", "backbone.pos_embed", "backbone.patch_embed.proj.weight"]
    assert list(teacher)[-2:] == ["head.last_layer.weight_g", "head.last_layer.weight_v"]
    assert checkpoint["epoch"] == 1
    assert isinstance(checkpoint["args"], dict) and checkpoint["args"]["arch"] == "vit_tiny"
    assert checkpoint["dino_loss"]["center"].shape == (1, 64)

    # The groups of utils.get_params_groups, over the names of the file.
    parameters = {name: torch.nn.Parameter(value.clone()) for name, value in student.items()
                  if not name.endswith("weight_g")}
    decayed = [p for name, p in parameters.items() if not (name.endswith(".bias") or p.ndim == 1)]
    others = [p for name, p in parameters.items() if name.endswith(".bias") or p.ndim == 1]
    optimizer = torch.optim.AdamW([{"params": decayed}, {"params": others, "weight_decay": 0.0}])
    optimizer.load_state_dict(checkpoint["optimizer"])
    for parameter in decayed + others:
        state = optimizer.state[parameter]
        assert state["exp_avg"].shape == parameter.shape
        assert state["step"].item() >= 0
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()


if __name__ == "__main__":
    main(sys.argv[1])
