"""Writes linear_sgd.safetensors: a linear classifier learnt as eval_linear.py of facebookresearch/dino learns it, with
PyTorch's SGD and CosineAnnealingLR. The last batch of an epoch is smaller. Needs torch, safetensors.
"""
import pathlib

import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent
CLASSES, DIM, IMAGES, BATCH, EPOCHS, RATE = 5, 12, 29, 8, 4, 0.8


def main():
    generator = torch.Generator().manual_seed(7)
    features = torch.randn(EPOCHS, IMAGES, DIM, generator=generator, dtype=torch.float64)
    labels = torch.randint(CLASSES, (EPOCHS, IMAGES), generator=generator)
    classifier = torch.nn.Linear(DIM, CLASSES, dtype=torch.float64)
    classifier.weight.data.normal_(mean=0.0, std=0.01, generator=generator)
    classifier.bias.data.zero_()
    tensors = {"features": features, "labels": labels, "start": classifier.weight.detach().clone()}
    optimizer = torch.optim.SGD(classifier.parameters(), RATE * BATCH / 256.0, momentum=0.9, weight_decay=0)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS, eta_min=0)
    weights, biases = [], []
    for epoch in range(EPOCHS):
        for images, truths in zip(features[epoch].split(BATCH), labels[epoch].split(BATCH)):
            loss = torch.nn.CrossEntropyLoss()(classifier(images), truths)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()
        weights.append(classifier.weight.detach().clone())
        biases.append(classifier.bias.detach().clone())
    tensors["weights"], tensors["biases"] = torch.stack(weights), torch.stack(biases)
    save_file(tensors, FOLDER / "linear_sgd.safetensors")


if __name__ == "__main__":
    main()
