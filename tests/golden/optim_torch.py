"""Makes optim_torch.json: the parameters after each step of PyTorch's optimizers, and the rates of
its schedulers.

Gradients are given, not computed, and rates change from step to step, so that nothing but the rules
is compared. The numbers in the file came from PyTorch 1.13.0 in double precision; run as:
python3 optim_torch.py > optim_torch.json
"""

import json

import torch

RULES = {
    "sgd": lambda p, decay: torch.optim.SGD(p, lr=1, weight_decay=decay),
    "momentum": lambda p, decay: torch.optim.SGD(p, lr=1, momentum=0.9, weight_decay=decay),
    "nesterov": lambda p, decay: torch.optim.SGD(p, lr=1, momentum=0.8, nesterov=True,
                                                 weight_decay=decay),
    "adam": lambda p, decay: torch.optim.Adam(p, lr=1, betas=(0.9, 0.99), eps=1e-6,
                                              weight_decay=decay),
    "adamw": lambda p, decay: torch.optim.AdamW(p, lr=1, betas=(0.8, 0.95), eps=1e-6,
                                                weight_decay=decay),
}
STEPS, SIZE = 12, 7


def run(rule, decay, start, gradients, rates):
    w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer = RULES[rule]([w], decay)
    path = []
    for gradient, rate in zip(gradients, rates):
        optimizer.param_groups[0]["lr"] = rate
        w.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        path.append(w.tolist())
    return path


def rates_of(make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.2)
    scheduler = make(optimizer)
    rates = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def warm(optimizer):
    schedulers = torch.optim.lr_scheduler
    return schedulers.SequentialLR(
        optimizer, [schedulers.LinearLR(optimizer, start_factor=0.25, total_iters=3),
                    schedulers.ExponentialLR(optimizer, 0.7)], milestones=[4])


def main():
    generator = torch.Generator().manual_seed(20261125)
    numbers = lambda *shape: [[round(x, 4) for x in row] for row in
                              torch.randn(*shape, generator=generator).tolist()]
    start, gradients = numbers(1, SIZE)[0], numbers(STEPS, SIZE)
    rates = [round(0.3 / (1 + i % 5), 4) for i in range(STEPS)]
    cases = [{"rule": rule, "weight_decay": decay,
              "path": run(rule, decay, start, gradients, rates)}
             for rule in RULES for decay in (0, 0.05)]
    schedulers = torch.optim.lr_scheduler
    schedules = {
        "step": rates_of(lambda o: schedulers.StepLR(o, step_size=3, gamma=0.5)),
        "exponential": rates_of(lambda o: schedulers.ExponentialLR(o, 0.7)),
        "linear": rates_of(lambda o: schedulers.LinearLR(o, start_factor=1, end_factor=0.05,
                                                         total_iters=9)),
        "cosine": rates_of(lambda o: schedulers.CosineAnnealingLR(o, T_max=STEPS, eta_min=0.01)),
        "warm": rates_of(warm),
    }
    print(json.dumps({"start": start, "gradients": gradients, "rates": rates, "cases": cases,
                      "schedules": schedules}, separators=(",", ":")))


if __name__ == "__main__":
    main()
