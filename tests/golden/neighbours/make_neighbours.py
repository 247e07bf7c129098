"""Writes neighbours.safetensors: k-NN, logistic regression and whitening by other people's code.

k-NN is knn_classifier() of eval_knn.py (facebookresearch/dino) in PyTorch, the linear probe scikit-learn's
LogisticRegression, whitening its PCA. Needs torch, safetensors, scikit-learn.
"""
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

FOLDER = pathlib.Path(__file__).parent
CLASSES = 7
DIM = 24
PENALTIES = (1e-3, 1e-1)
KS = (1, 10, 20, 100, 200)


def make_set(generator, centres, count):
    labels = torch.randint(CLASSES, (count,), generator=generator)
    features = centres[labels] + 2.6 * torch.randn(count, DIM, generator=generator)
    return torch.nn.functional.normalize(features, dim=1), labels


def knn(train, train_labels, val, val_labels, k, temperature):
    similarity = val @ train.T
    distances, indices = similarity.topk(k, largest=True, sorted=True)
    candidates = train_labels.view(1, -1).expand(len(val), -1)
    neighbours = torch.gather(candidates, 1, indices)
    one_hot = torch.zeros(len(val) * k, CLASSES).scatter_(1, neighbours.reshape(-1, 1), 1)
    weights = distances.clone().div_(temperature).exp_()
    votes = (one_hot.view(len(val), -1, CLASSES) * weights.view(len(val), -1, 1)).sum(1)
    predictions = votes.sort(1, True)[1]
    correct = predictions.eq(val_labels.view(-1, 1))
    return [100 * correct[:, :1].sum().item() / len(val),
            100 * correct[:, :min(5, k)].sum().item() / len(val)]


def main():
    generator = torch.Generator().manual_seed(3)
    centres = torch.randn(CLASSES, DIM, generator=generator)
    train, train_labels = make_set(generator, centres, 400)
    val, val_labels = make_set(generator, centres, 250)
    tensors = {"train": train, "train_labels": train_labels, "val": val, "val_labels": val_labels,
               "ks": torch.tensor(KS)}
    tensors["knn"] = torch.tensor([knn(train, train_labels, val, val_labels, k, 0.07) for k in KS])

    mean, deviation = train.double().mean(0), train.double().std(0, unbiased=False)
    standard = lambda x: ((x.double() - mean) / deviation).numpy()
    for penalty in PENALTIES:
        model = LogisticRegression(C=1 / (len(train) * penalty), tol=1e-10, max_iter=10000)
        model.fit(standard(train), train_labels.numpy())
        # scikit-learn's bias is free up to a constant; its sum is made zero, as that of a start at zero stays.
        tensors[f"weight_{penalty}"] = torch.from_numpy(model.coef_.copy())
        tensors[f"bias_{penalty}"] = torch.from_numpy(model.intercept_ - model.intercept_.mean())
        tensors[f"accuracy_{penalty}"] = torch.tensor(
            [100 * model.score(standard(val), val_labels.numpy())], dtype=torch.float64)

    white = PCA(n_components=9, whiten=True, svd_solver="full").fit(train.double().numpy())
    white = white.transform(val[:40].double().numpy())
    white /= np.linalg.norm(white, axis=1, keepdims=True)
    tensors["whitened_similarity"] = torch.from_numpy(white @ white.T)
    save_file({name: value.contiguous() for name, value in tensors.items()}, FOLDER / "neighbours.safetensors")
    print(tensors["knn"], {p: tensors[f"accuracy_{p}"].item() for p in PENALTIES})


if __name__ == "__main__":
    main()
