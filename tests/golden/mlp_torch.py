"""Makes mlp_torch.json: training steps of small networks in PyTorch.

Each case has the parameters at the start (flat, weights and biases layer after layer), the losses of
the steps before their updates and the parameters at the end. The numbers in the file came from
PyTorch 1.13.0 in double precision; run as: python3 mlp_torch.py > mlp_torch.json
"""

import json

import torch

ACTIVATIONS = {"identity": torch.nn.Identity(), "relu": torch.nn.ReLU(), "tanh": torch.nn.Tanh(),
               "sigmoid": torch.nn.Sigmoid(), "gelu": torch.nn.GELU(approximate="tanh")}
ROWS, INPUTS, CLASSES, STEPS = 9, 4, 3, 8


def flat(net):
    return torch.cat([p.detach().reshape(-1) for p in net.parameters()]).tolist()


def network(hidden, activation, bias):
    widths = [INPUTS, *hidden, CLASSES]
    layers = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [torch.nn.Linear(inputs, outputs, bias=bias), ACTIVATIONS[activation]]
    return torch.nn.Sequential(*layers[:-1]).double()


def run(x, y, targets, hidden, activation, bias, loss, clip):
    net = network(hidden, activation, bias)
    case = {"hidden": hidden, "activation": activation, "bias": bias, "loss": loss, "clip": clip,
            "start": flat(net), "losses": []}
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9)
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = (torch.nn.functional.cross_entropy(net(x), y) if loss == "cross-entropy"
                 else torch.nn.functional.mse_loss(net(x), targets))
        case["losses"].append(value.item())
        value.backward()
        if clip > 0:
            torch.nn.utils.clip_grad_norm_(net.parameters(), clip)
        optimizer.step()
    return {**case, "end": flat(net)}


def main():
    torch.manual_seed(20261125)
    x = torch.round(torch.randn(ROWS, INPUTS, dtype=torch.float64), decimals=4)
    y = torch.randint(0, CLASSES, (ROWS,))
    targets = torch.round(torch.randn(ROWS, CLASSES, dtype=torch.float64), decimals=4)
    cases = [run(x, y, targets, *setting) for setting in [
        ([], "identity", True, "cross-entropy", 0), ([5], "relu", True, "cross-entropy", 0),
        ([5], "relu", False, "cross-entropy", 0), ([5], "relu", True, "mse", 0),
        ([6, 5], "tanh", True, "cross-entropy", 0), ([6, 5], "sigmoid", True, "mse", 0),
        ([5, 4, 6], "gelu", True, "cross-entropy", 0), ([6, 5], "tanh", True, "cross-entropy", 0.1)]]
    print(json.dumps({"x": x.tolist(), "y": y.tolist(), "targets": targets.tolist(),
                      "cases": cases}, separators=(",", ":")))


if __name__ == "__main__":
    main()
