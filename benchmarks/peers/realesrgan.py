"""Real-ESRGAN's second-order degradation in PyTorch, as its training runs it on a batch.

Decisions that the reference takes once a batch must be equal in all recipes of a batch: whether it blurs,
scales and modes of resizes, Gaussian or Poisson noise, the order of the last steps. Levels, gray flags,
kernels and qualities belong to the sample. The peer is spared what the reference does elsewhere: decoding,
making the kernels, drawing, and the pool of pairs.
"""

import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from diffjpeg import DiffJpeg
from peer import decode, encode, kernel_of, read_gt, serve

KERNEL_SIDE = 21
GT_SIDE = 256


def bessel_j1(x):
    return torch.special.bessel_j1(torch.from_numpy(x)).numpy()


def padded_kernel(blur):
    """(21, 21) float32; without a blur the one that changes nothing, as the reference has it."""
    taps = np.zeros((KERNEL_SIDE, KERNEL_SIDE))
    if blur is None:
        taps[KERNEL_SIDE // 2, KERNEL_SIDE // 2] = 1
        return taps.astype(np.float32)
    margin = (KERNEL_SIDE - blur["kernelSize"]) // 2
    end = KERNEL_SIDE - margin
    taps[margin:end, margin:end] = kernel_of(blur, bessel_j1)
    return taps.astype(np.float32)


def filter_each(images, kernels):
    """Every image by a kernel of its own, (B, 21, 21): one convolution with 3 B groups."""
    batch, channels, height, width = images.shape
    side = kernels.shape[-1]
    padded = F.pad(images, (side // 2,) * 4, mode="reflect")
    weight = kernels[:, None].repeat(1, channels, 1, 1).view(batch * channels, 1, side, side)
    planes = padded.view(1, batch * channels, *padded.shape[2:])
    return F.conv2d(planes, weight, groups=batch * channels).view(batch, channels, height, width)


def filter_all(images, kernel):
    """All planes by one kernel, (k, k): a dense convolution of one channel."""
    batch, channels, height, width = images.shape
    side = kernel.shape[-1]
    padded = F.pad(images, (side // 2,) * 4, mode="reflect")
    planes = padded.view(batch * channels, 1, *padded.shape[2:])
    return F.conv2d(planes, kernel[None, None]).view(batch, channels, height, width)


class Sharpener:
    """USM with radius 50, amount 0.5 and threshold 10: two dense convolutions of 51 x 51."""

    def __init__(self):
        x = np.arange(51) - 25.0
        gaussian = np.exp(-(x**2) / (2 * 8.0**2))
        gaussian /= gaussian.sum()
        self.kernel = torch.tensor(np.outer(gaussian, gaussian), dtype=torch.float32)

    def __call__(self, images):
        residual = images - filter_all(images, self.kernel)
        mask = (residual.abs() * 255 > 10).float()
        soft = filter_all(mask, self.kernel)
        sharp = (images + 0.5 * residual).clamp(0, 1)
        return soft * sharp + (1 - soft) * images


def resize(images, operation, lq_side):
    mode, factor = operation["mode"], operation["factor"]
    if operation["of"] == "input":
        return F.interpolate(images, scale_factor=factor, mode=mode)
    return F.interpolate(images, size=tuple(int(side * factor) for side in lq_side), mode=mode)


def mixed(colour, gray_noise, gray):
    """Colour or gray noise, by each sample's flag."""
    return colour if gray_noise is None else colour * (1 - gray) + gray_noise * gray


def gaussian_noise(images, levels, gray):
    batch, _, height, width = images.shape
    sigma = levels.view(batch, 1, 1, 1) / 255
    field = torch.randn(height, width) * sigma if gray.any() else None
    return mixed(torch.randn_like(images) * sigma, field, gray.view(batch, 1, 1, 1))


def shot_noise(images):
    """Poisson(vals image) / vals - image, vals the power of two at or above the number of levels."""
    images = (images * 255.0).round().clamp(0, 255) / 255.0
    counts = torch.tensor([len(torch.unique(image)) for image in images], dtype=torch.float32)
    vals = (2.0 ** counts.log2().ceil()).view(-1, 1, 1, 1)
    return torch.poisson(images * vals) / vals - images


def poisson_noise(images, levels, gray):
    luma = torch.tensor([0.2989, 0.587, 0.114]).view(1, 3, 1, 1)
    field = shot_noise((images * luma).sum(1, keepdim=True)) if gray.any() else None
    batch = len(images)
    return mixed(shot_noise(images), field, gray.view(-1, 1, 1, 1)) * levels.view(batch, 1, 1, 1)


NOISES = {"gaussian": gaussian_noise, "poisson": poisson_noise}
SHARED = {"resize": ("mode", "of", "factor"), "noise": ("type",), "blur": (), "jpeg": (), "clamp": ()}


def merged(recipes):
    """One list of operations for a batch; each has the samples' own ones as `samples`."""
    longest = max((recipe["operations"] for recipe in recipes), key=len)
    whole = []
    for first in longest:
        place = (first["op"], first["stage"])
        own = [
            next((o for o in recipe["operations"] if (o["op"], o["stage"]) == place), None)
            for recipe in recipes
        ]
        shared = SHARED[first["op"]]
        for operation in own:
            if operation is None and first["op"] != "blur":
                raise ValueError(f"not every sample of the batch has {place}")
            if operation and any(operation[key] != first[key] for key in shared):
                raise ValueError(f"{place} differs in {shared} within a batch")
        whole.append({**first, "samples": own})
    return whole


class Batch:
    """Images with their operations, everything that is no pixel work already done."""

    def __init__(self, gt, recipes, usm, shared):
        self.gt, self.usm, self.shared = gt, usm, shared
        scale = recipes[0]["scale"]
        self.scale = scale
        self.lq_side = [side / scale for side in gt.shape[2:]]
        self.steps = [self.step(operation) for operation in merged(recipes)]

    def step(self, operation):
        kind, samples = operation["op"], operation["samples"]
        if kind == "blur":
            kernels = torch.tensor(np.stack([padded_kernel(blur) for blur in samples]))
            return lambda images: filter_each(images, kernels)
        if kind == "resize":
            return lambda images: resize(images, operation, self.lq_side)
        if kind == "noise":
            noise = NOISES[operation["type"]]
            levels = torch.tensor([sample["level"] for sample in samples])
            gray = torch.tensor([float(sample["channels"] == "gray") for sample in samples])
            return lambda images: (images + noise(images, levels, gray)).clamp(0, 1)
        if kind == "jpeg":
            qualities = [sample["quality"] for sample in samples]
            return lambda images: self.shared.jpeg(images, qualities)
        return lambda images: images.clamp(0, 1)

    def lq(self, gt):
        images = gt
        for step in self.steps:
            images = step(images)
        return (images * 255.0).round().clamp(0, 255) / 255.0

    def run(self):
        """gt and lq of the batch. Like the reference, gt is sharpened again after the crop to 256."""
        gt = self.shared.sharpen(self.gt) if self.usm else self.gt
        lq = self.lq(gt)
        side = self.gt.shape[2]
        if side <= GT_SIDE:
            return gt, lq
        small = GT_SIDE // self.scale
        top, left = torch.randint(0, lq.shape[2] - small + 1, (2,)).tolist()
        lq = lq[:, :, top : top + small, left : left + small].contiguous()
        top, left = top * self.scale, left * self.scale
        gt = self.gt[:, :, top : top + GT_SIDE, left : left + GT_SIDE].contiguous()
        return (self.shared.sharpen(gt) if self.usm else gt), lq


class Peer:
    def __init__(self):
        self.jpeg, self.sharpen = DiffJpeg(), Sharpener()
        self.batches = []

    def prepare(self, gt, side, batch, usm, recipes):
        images = torch.from_numpy(read_gt(gt, side)).permute(0, 3, 1, 2).contiguous()
        starts = range(0, len(recipes), batch)
        self.batches = [
            Batch(images[at : at + batch], recipes[at : at + batch], usm, self) for at in starts
        ]
        return {"images": len(recipes)}

    def check(self, image, recipe):
        """What the recipe makes of an image, before it is rounded to 8 bits; `usm` alone sharpens it."""
        images = torch.from_numpy(decode(image))[None]
        if recipe == "usm":
            return encode(self.sharpen(images)[0].numpy())
        for step in Batch(images, [recipe], False, self).steps:
            images = step(images)
        return encode(images[0].numpy())

    def once(self):
        start = time.perf_counter()
        for batch in self.batches:
            batch.run()
        return {"milliseconds": (time.perf_counter() - start) * 1e3}


def main():
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
    torch.manual_seed(1)
    peer = Peer()
    hello = {"name": "torch", "version": torch.__version__, "threads": torch.get_num_threads()}
    with torch.inference_mode():
        serve(hello, {"prepare": peer.prepare, "check": peer.check, "once": peer.once})


if __name__ == "__main__":
    sys.exit(main())
