"""Alignments of tasks' gradients as PyTorch computes them: a request on stdin as JSON, numbers on stdout.

A network of 3x3 convolutions with PReLU and pixel shuffle over an enlarged input (SRVGG), in double
precision. Training loss L1, optimizer torch.optim.Adam, whose second moments the request holds.
"""

import json
import sys

import torch
import torch.nn.functional as F


def array(entry):
    return torch.tensor(entry["values"], dtype=torch.float64).reshape(entry["shape"])


def network(weights, x, scale):
    y = x
    for layer in range((len(weights) + 1) // 3):
        weight, bias = weights[3 * layer], weights[3 * layer + 1]
        y = F.conv2d(y, weight, bias, padding=1)
        if 3 * layer + 2 < len(weights):
            y = F.prelu(y, weights[3 * layer + 2])
    return F.pixel_shuffle(y, scale) + F.interpolate(x, scale_factor=scale, mode="nearest")


def flat_gradient(value, weights):
    return torch.cat([g.flatten() for g in torch.autograd.grad(value, weights)])


def main():
    request = json.load(sys.stdin)
    weights = [array(entry).requires_grad_() for entry in request["weights"]]
    v = torch.tensor(request["v"], dtype=torch.float64)
    root = (v / (1 - request["beta2"] ** request["steps"])).sqrt() + request["epsilon"]
    scale, tasks = request["scale"], request["tasks"]

    def pairs(kind, task):
        chosen = [pair for pair in request[kind] if pair["task"] == task]
        return [torch.stack([array(pair[name]) for pair in chosen]) for name in ("lq", "gt")]

    directions, gradients = [], []
    for task in range(tasks):
        lq, gt = pairs("training", task)
        directions.append(flat_gradient((network(weights, lq, scale) - gt).abs().mean(), weights) / root)
        lq, gt = pairs("probes", task)
        errors = (network(weights, lq, scale) - gt).square().mean(dim=(1, 2, 3))
        gradients.append(flat_gradient(errors.log().mean(), weights))
    d, g = torch.stack(directions), torch.stack(gradients)
    result = {
        "dots": (d @ g.T).flatten().tolist(),
        "stepNorms": d.norm(dim=1).tolist(),
        "gradientNorm": g.mean(dim=0).norm().item(),
    }
    json.dump(result, sys.stdout)


main()
