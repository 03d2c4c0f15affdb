"""Runs ncnn networks in PyTorch, layer by layer as their files say: an implementation of its own.

Usage: ncnn_torch.py IN.f32 HEIGHT WIDTH OUT.f32 NETWORK.param. Images are float32, CHW, in [0, 1].
"""
import sys

import numpy as np
import torch
import torch.nn.functional as F


def parse(path):
    for line in open(path).read().splitlines()[2:]:
        kind, name, ins, outs, *rest = line.split()
        ins, outs = int(ins), int(outs)
        pairs = dict(word.split('=') for word in rest[ins + outs:])
        yield kind, rest[:ins], rest[ins:ins + outs], {int(k): v for k, v in pairs.items()}


def numbers(text):
    return [float(word) for word in text.split(',')]


class Weights:
    def __init__(self, path):
        self.bytes, self.at = open(path, 'rb').read(), 0

    def take(self, kind, count):
        found = np.frombuffer(self.bytes, kind, count, self.at)
        self.at += found.nbytes
        return torch.from_numpy(found.astype(np.float32))

    def flagged(self, count):
        flag, self.at = self.bytes[self.at:self.at + 4], self.at + 4
        if flag == bytes.fromhex('476b3001'):
            found = self.take('<f2', count)
            self.at += -self.at % 4
            return found
        return self.take('<f4', count)


def activated(x, at):
    kind = int(at.get(9, 0))
    return F.leaky_relu(x, numbers(at[-23310])[1]) if kind == 2 else x


def run(layers, weights, image):
    blobs, x = {}, None
    for kind, ins, outs, at in layers:
        a, *more = [blobs[name] for name in ins] or [image]
        if kind == 'Convolution':
            count, out, size = int(at[6]), int(at[0]), int(at[1])
            weight = weights.flagged(count).reshape(out, -1, size, size)
            x = activated(F.conv2d(a, weight, weights.take('<f4', out), padding=int(at[4])), at)
        elif kind == 'PReLU':
            x = F.prelu(a, weights.take('<f4', int(at[0])))
        elif kind == 'Concat':
            x = torch.cat([a, *more], 1)
        elif kind == 'PixelShuffle':
            x = F.pixel_shuffle(a, int(at[0]))
        elif kind == 'Interp':
            x = F.interpolate(a, scale_factor=float(at[1]), mode='nearest')
        elif kind == 'Eltwise':
            f, g = numbers(at[-23301])[1:]
            x = f * a + g * more[0]
        elif kind == 'BinaryOp':
            x = a + more[0]
        else:
            assert kind in ('Input', 'Split'), kind
            x = a
        blobs.update((name, x) for name in outs)
    assert weights.at == len(weights.bytes)
    return x


source, height, width, target, network = sys.argv[1:]
image = torch.from_numpy(np.fromfile(source, np.float32)).reshape(1, 3, int(height), int(width))
with torch.inference_mode():
    result = run(parse(network), Weights(network.replace('.param', '.bin')), image)
result.numpy().tofile(target)
