"""Writes resnet_torch.json: small residual networks trained for some steps in PyTorch, in double.

resnet_torch.py > resnet_torch.json, run with PyTorch 1.13.1 (Debian's python3-torch). The two nets of
the library, both forms of the block, as studies of label noise on CIFAR have them. Per case: the
parameters and running averages before the first step, images `x`, classes `y`, the losses of four
steps of SGD with momentum and weight decay, the state after them, and then the outputs in evaluation.
States are flat, in the order of state_dict() without its counters, weights of convolutions with their
input channels last. `counts` has the trained parameters of the networks of the papers.
"""

import json

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


def conv(inputs, outputs, window, stride):
    return nn.Conv2d(inputs, outputs, window, stride, window // 2, bias=False)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = conv(inputs, outputs, 3, stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = conv(outputs, outputs, 3, 1)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class PreActivationBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = conv(inputs, outputs, 3, stride)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = conv(outputs, outputs, 3, 1)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride))

    def forward(self, x):
        y = F.relu(self.bn1(x))
        around = self.shortcut(y) if len(self.shortcut) > 0 else x
        return self.conv2(F.relu(self.bn2(self.conv1(y)))) + around


class Resnet(nn.Module):
    def __init__(self, block, channels, widths, blocks, outputs):
        super().__init__()
        self.conv1 = conv(channels, widths[0], 3, 1)
        self.bn1 = nn.BatchNorm2d(widths[0])
        self.stages = len(widths)
        inputs = widths[0]
        for stage, (width, count) in enumerate(zip(widths, blocks)):
            layers = []
            for i in range(count):
                layers.append(block(inputs, width, 2 if stage > 0 and i == 0 else 1))
                inputs = width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.linear = nn.Linear(inputs, outputs)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        for stage in range(self.stages):
            x = getattr(self, f"layer{stage + 1}")(x)
        return self.linear(x.mean((2, 3)))


def state(net):
    flat = []
    for name, value in net.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        flat += (value.permute(0, 2, 3, 1) if value.dim() == 4 else value).flatten().tolist()
    return flat


def case(block):
    torch.manual_seed(1)
    net = Resnet(block, 2, [2, 3], [1, 2], 3)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    x, y = torch.randn(5, 2, 6, 5), torch.tensor([0, 2, 1, 1, 0])
    start, losses = state(net), []
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=0.01)
    for _ in range(4):
        optimizer.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    end = state(net)
    net.eval()
    return {"start": start, "x": x.flatten(1).tolist(), "y": y.tolist(), "losses": losses, "end": end,
            "outputs": net(x).tolist()}


def count(block, blocks):
    net = Resnet(block, 3, [64, 128, 256, 512], blocks, 10)
    return sum(parameter.numel() for parameter in net.parameters())


print(json.dumps({"torch": torch.__version__,
                  "counts": {"resnet34": count(Block, [3, 4, 6, 3]),
                             "preact_resnet18": count(PreActivationBlock, [2, 2, 2, 2])},
                  "original": case(Block), "pre_activation": case(PreActivationBlock)}))
