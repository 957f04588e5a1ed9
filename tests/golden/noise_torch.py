"""Makes noise_torch.json: losses for noisy labels and their gradients by PyTorch's autograd.

The losses are written as their authors' code writes them: with one-hot labels, clamps, normalize and
detach, and no gradient in closed form. The numbers in the file came from PyTorch 1.13.0 in double
precision; run as: python3 noise_torch.py > noise_torch.json
"""

import json

import torch
import torch.nn.functional as F

ROWS, CLASSES, EPS = 7, 4, 1e-4


def sop(z, y, u, v, variant, balance):
    """The loss of SOP's code in its four states; its commits differ in what is detached."""
    z, u, v = (x.clone().requires_grad_() for x in (z, u, v))
    onehot = F.one_hot(y, CLASSES).double()
    top = 1 - 1e-4 if variant == "repo-2022-02" else 1
    big_u = torch.clamp(u ** 2, 0, top) * onehot
    big_v = torch.clamp(v ** 2, 0, top) * (1 - onehot)
    entropy_u = big_u.detach() if variant == "repo-2022-08-19" else big_u
    error_u = big_u.detach() if variant in ("paper", "repo-2022-02") else big_u
    p = torch.softmax(z, 1)
    q = torch.clamp(p + entropy_u - big_v.detach(), min=EPS)
    q = torch.clamp(F.normalize(q, p=1, eps=EPS), min=EPS, max=1)
    loss = torch.mean(-torch.sum(onehot * torch.log(q), -1))
    predicted = F.one_hot(p.argmax(1), CLASSES).double()
    error = F.mse_loss(predicted + error_u - big_v, onehot, reduction="sum") / len(y)
    value = loss + error
    loss = loss + error * (10 if variant == "repo-2022-02" else 1)
    if balance > 0:
        mean = torch.clamp(q.mean(0), min=EPS, max=1)
        term = -balance * torch.sum(torch.log(mean) / CLASSES)
        loss, value = loss + term, value + term
    loss.backward()
    return {"variant": variant, "balance": balance, "loss": value.item(), "d_z": z.grad.tolist(),
            "d_u": u.grad.tolist(), "d_v": v.grad.tolist()}


def gradient(name, z, loss, **settings):
    z = z.clone().requires_grad_()
    value = loss(z)
    value.backward()
    return {"name": name, **settings, "loss": value.item(), "d_z": z.grad.tolist()}


def elr(z, y, targets, beta, weight):
    p = torch.clamp(F.softmax(z, 1), 1e-4, 1 - 1e-4)
    fixed = p.detach()
    targets = beta * targets + (1 - beta) * fixed / fixed.sum(1, keepdim=True)
    return F.cross_entropy(z, y) + weight * ((1 - (targets * p).sum(1)).log()).mean()


def truncated(z, y, q, k):
    """TruncatedLoss of the authors of GCE, a sample's weight being whether it is above k now."""
    p = F.softmax(z, 1)[torch.arange(len(y)), y]
    weight = (p > k).double().detach()
    constant = (1 - k ** q) / q
    return torch.mean((1 - p ** q) / q * weight + constant * (1 - weight))


def auxiliary(z, y, b, weight):
    z, b = (x.clone().requires_grad_() for x in (z, b))
    value = F.cross_entropy(z + weight * b, y)
    value.backward()
    return {"name": "aux", "loss": value.item(), "d_z": z.grad.tolist(), "d_b": b.grad.tolist()}


def main():
    torch.manual_seed(20261126)
    z = torch.round(3 * torch.randn(ROWS, CLASSES, dtype=torch.float64), decimals=3)
    z[0] = torch.tensor([12.0, -8, 3, -9])  # below eps, and below the clamps of ELR
    y = torch.randint(0, CLASSES, (ROWS,))
    y[0] = 1
    u = torch.round(0.6 * torch.randn(ROWS, 1, dtype=torch.float64), decimals=3)
    v = torch.round(0.6 * torch.randn(ROWS, CLASSES, dtype=torch.float64), decimals=3)
    u[1], v[2, (y[2] + 1) % CLASSES] = 1.2, -1.3  # beyond the clamp
    v[3, z[3].argmax()] = 0.999
    u[0], v[0, 0] = 1e-8, -1e-8
    targets = torch.softmax(torch.round(torch.randn(ROWS, CLASSES, dtype=torch.float64), decimals=3), 1)
    transition = 0.5 * torch.eye(CLASSES, dtype=torch.float64) + 0.125
    transition[0] = torch.tensor([0.7, 0.3, 0, 0])
    inverse = torch.linalg.inv(transition)
    weak = torch.round(2 * torch.randn(ROWS, CLASSES, dtype=torch.float64), decimals=3)
    log_p = lambda x: F.log_softmax(x, 1)
    rows = torch.arange(ROWS)
    losses = [
        gradient("label-smoothing", z, lambda x: F.cross_entropy(x, y, label_smoothing=0.1)),
        gradient("gce", z, lambda x: ((1 - F.softmax(x, 1)[rows, y] ** 0.7) / 0.7).mean()),
        gradient("gce-truncated", z, lambda x: truncated(x, y, 0.7, 0.3)),
        auxiliary(z, y, targets, 1.5),
        gradient("forward", z,
                 lambda x: F.nll_loss(torch.log(F.softmax(x, 1) @ transition), y)),
        gradient("backward", z, lambda x: (inverse[y] * -log_p(x)).sum(1).mean()),
        gradient("elr", z, lambda x: elr(x, y, targets, 0.7, 3)),
        gradient("consistency", z,
                 lambda x: F.kl_div(log_p(x), F.softmax(weak, 1), reduction="batchmean"))]
    print(json.dumps({
        "z": z.tolist(), "y": y.tolist(), "u": u.tolist(), "v": v.tolist(), "targets": targets.tolist(),
        "transition": transition.tolist(), "inverse": inverse.tolist(), "weak": weak.tolist(),
        "losses": losses,
        "sop": [sop(z, y, u, v, variant, balance)
                for variant in ("paper", "repo-2022-02", "repo-2022-08-19", "repo-final")
                for balance in (0, 0.1)]}, separators=(",", ":")))


if __name__ == "__main__":
    main()
