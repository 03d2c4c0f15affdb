"""The feature distance in PyTorch: distance_torch.py TENSORS A B BATCH HEIGHT WIDTH -> a JSON list.

TENSORS: safetensors of the stem; A, B: raw float32 (BATCH, 3, HEIGHT, WIDTH). Computed in float64.
"""

import json
import struct
import sys

import numpy
import torch
import torch.nn.functional as F


def safetensors(path):
    data = open(path, "rb").read()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + at for at in entry["data_offsets"])
        values = numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.astype(numpy.float64))
    return tensors


tensors = safetensors(sys.argv[1])
batch, height, width = map(int, sys.argv[4:7])


def images(path):
    values = numpy.fromfile(path, "<f4").reshape(batch, 3, height, width)
    return torch.from_numpy(values.astype(numpy.float64))


def conv(number, x):
    weight, bias = tensors[f"conv2d_{number}.weight"], tensors[f"conv2d_{number}.bias"]
    stride = 2 if number == 1 else 1
    return F.relu(F.conv2d(x, weight, bias, stride=stride, padding=weight.shape[-1] // 2))


def taps(x):
    a1 = conv(1, x)
    a3 = conv(3, conv(2, a1))
    a5 = conv(5, conv(4, F.max_pool2d(a3, 3, 2, 1)))
    x = F.max_pool2d(a5, 3, 2, 1)
    block = [conv(6, x), conv(8, conv(7, x)), conv(11, conv(10, conv(9, x)))]
    return [a1, a3, a5, torch.cat(block, 1)]


def unit(x):
    return x / (x.norm(dim=1, keepdim=True) + 1e-8)


pairs = zip(taps(images(sys.argv[2])), taps(images(sys.argv[3])))
print(json.dumps(sum((unit(a) - unit(b)).pow(2).sum(1).mean((1, 2)) for a, b in pairs).tolist()))
