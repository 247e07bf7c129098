"""Self-distillation as published scripts write it, plainly: a DataLoader with two workers (or more), torchvision's transforms,
one optimizer step after the other. For compare_pytorch.py."""
import contextlib
import json
import time

import torch
import torch.nn.functional as F
from timm.models.vision_transformer import VisionTransformer
from torch.utils.data import DataLoader
from torchvision import datasets, transforms


class MultiCrop:
    def __init__(self, size, count, local_size, local_count):
        flip_and_colour = transforms.Compose([
            transforms.RandomHorizontalFlip(0.5),
            transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.2, 0.1)], p=0.8),
            transforms.RandomGrayscale(0.2)])
        normalise = transforms.Compose([
            transforms.ToTensor(), transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))])

        def view(side, scale, blur, solarise):
            return transforms.Compose([
                transforms.RandomResizedCrop(side, scale, interpolation=transforms.InterpolationMode.BICUBIC),
                flip_and_colour, transforms.RandomApply([Blur()], p=blur),
                transforms.RandomSolarize(128, p=solarise), normalise])
        self.views = [view(size, (0.4, 1.0), 1.0 if i == 0 else 0.1, 0.2 if i == 1 else 0.0) for i in range(count)]
        self.views += [view(local_size, (0.05, 0.4), 0.5, 0.0)] * local_count

    def __call__(self, image):
        return [view(image) for view in self.views]


class Blur:
    def __call__(self, image):
        from PIL import ImageFilter
        return image.filter(ImageFilter.GaussianBlur(torch.empty(()).uniform_(0.1, 2.0).item()))


class Head(torch.nn.Module):
    def __init__(self, dim, out):
        super().__init__()
        self.mlp = torch.nn.Sequential(torch.nn.Linear(dim, 2048), torch.nn.GELU(), torch.nn.Linear(2048, 2048),
                                       torch.nn.GELU(), torch.nn.Linear(2048, 256))
        self.last_layer = torch.nn.utils.weight_norm(torch.nn.Linear(256, out, bias=False))
        self.last_layer.weight_g.data.fill_(1)
        self.last_layer.weight_g.requires_grad = False

    def forward(self, x):
        return self.last_layer(F.normalize(self.mlp(x), dim=-1))


class Network(torch.nn.Module):
    def __init__(self, arguments, shapes, size, drop_path):
        super().__init__()
        dim, heads = shapes[arguments.arch]
        self.backbone = VisionTransformer(img_size=size, patch_size=arguments.patch, embed_dim=dim, depth=12,
                                          num_heads=heads, num_classes=0, dynamic_img_size=True, global_pool="token",
                                          drop_path_rate=drop_path)
        self.head = Head(dim, arguments.out_dim)

    def forward(self, groups):
        return self.head(torch.cat([self.backbone(group) for group in groups]))


def self_distillation(student, teacher, centre, views):
    student = [part / 0.1 for part in student.chunk(views)]
    targets = F.softmax((teacher - centre) / 0.04, dim=-1).detach().chunk(2)
    total, pairs = 0, 0
    for t, q in enumerate(targets):
        for v, logits in enumerate(student):
            if v != t:
                total, pairs = total + torch.sum(-q * F.log_softmax(logits, dim=-1), dim=-1).mean(), pairs + 1
    return total / pairs


def one_step(student, teacher, optimizer, centre, crops, count, autocast):
    groups = [torch.cat(crops[:count])]
    if len(crops) > count:
        groups.append(torch.cat(crops[count:]))
    with autocast():
        with torch.no_grad():
            targets = teacher(groups[:1])
        loss = self_distillation(student(groups), targets, centre, len(crops))
    optimizer.zero_grad()
    loss.backward()
    for parameter in student.parameters():
        if parameter.grad is not None:
            factor = 3.0 / (parameter.grad.norm(2) + 1e-6)
            if factor < 1:
                parameter.grad.mul_(factor)
    optimizer.step()
    with torch.no_grad():
        centre.mul_(0.9).add_(targets.float().mean(0, keepdim=True), alpha=0.1)
        for s, t in zip(student.parameters(), teacher.parameters()):
            t.mul_(0.996).add_(s.detach(), alpha=0.004)
    return loss.item()


def run(arguments, shapes):
    size, count, local_size, local_count = map(int, arguments.crops.split(","))
    device = torch.device(arguments.device)
    student = Network(arguments, shapes, size, 0.1).to(device)
    teacher = Network(arguments, shapes, size, 0.0).to(device)
    teacher.load_state_dict(student.state_dict())
    teacher.requires_grad_(False)
    centre = torch.zeros(1, arguments.out_dim, device=device)
    regular = [p for p in student.parameters() if p.requires_grad and p.ndim > 1]
    rest = [p for p in student.parameters() if p.requires_grad and p.ndim == 1]
    optimizer = torch.optim.AdamW([{"params": regular, "weight_decay": 0.04}, {"params": rest, "weight_decay": 0}],
                                  lr=1e-5)
    dataset = datasets.ImageFolder(arguments.data, MultiCrop(size, count, local_size, local_count))
    loader = DataLoader(dataset, arguments.batch, shuffle=True, num_workers=arguments.workers, drop_last=True,
                        pin_memory=device.type == "cuda")

    def autocast():
        return torch.autocast(device.type, torch.bfloat16) if arguments.bf16 else contextlib.nullcontext()

    def step(batch):
        crops = [crop.to(device, non_blocking=True) for crop in batch[0]]
        return one_step(student, teacher, optimizer, centre, crops, count, autocast)

    batches = iter(loader)
    for _ in range(2):
        step(next(batches))
    start = time.perf_counter()
    if arguments.profile:
        with torch.profiler.profile() as profile:
            step(next(batches))
        print(profile.key_averages().table(sort_by="self_cpu_time_total", row_limit=25))
        return
    losses = [step(next(batches)) for _ in range(arguments.steps)]
    seconds = time.perf_counter() - start
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads(),
                      "images_per_second": arguments.steps * arguments.batch / seconds, "losses": losses}))
