"""BSRGAN's shuffled degradation with OpenCV and numpy, one image at a time, a process for every CPU.

Recipes are run in the order in which they list their operations. The peer is spared what the reference does
elsewhere: decoding, drawing, making the kernels, and handing the results to the training process.
"""

import multiprocessing
import os
import sys
import time

import cv2
import numpy as np
from peer import decode, encode, kernel_of, read_gt, serve

INTERPOLATIONS = {"cvArea": cv2.INTER_AREA, "cvLinear": cv2.INTER_LINEAR, "cvCubic": cv2.INTER_CUBIC}
LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def clip(image):
    return np.clip(image, 0, 1, out=image)


def blur(operation):
    taps = kernel_of(operation).astype(np.float32)
    return lambda image, _: cv2.filter2D(image, -1, taps, borderType=cv2.BORDER_REFLECT_101)


def cubic(x):
    x = np.abs(x)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def imresize_weights(source, target, scale):
    """(target, source): MATLAB's antialiased bicubic with mirrored borders, float32."""
    narrow = min(scale, 1)
    centre = (np.arange(target) + 0.5) / scale - 0.5
    first = np.floor(centre - 2 / narrow).astype(int)
    taps = first[:, None] + np.arange(int(np.ceil(4 / narrow)) + 2)
    weights = narrow * cubic(narrow * (centre[:, None] - taps))
    weights /= weights.sum(1, keepdims=True)
    mirrored = np.concatenate([np.arange(source), np.arange(source)[::-1]])[taps % (2 * source)]
    matrix = np.zeros((target, source))
    np.add.at(matrix, (np.arange(target)[:, None], mirrored), weights)
    return matrix.astype(np.float32)


def matlab_bicubic(image, height, width, scale):
    rows = imresize_weights(image.shape[0], height, scale or height / image.shape[0])
    columns = imresize_weights(image.shape[1], width, scale or width / image.shape[1])
    tall = np.tensordot(rows, image, 1)
    return np.ascontiguousarray(np.tensordot(columns, tall, (1, 1)).transpose(1, 0, 2))


def resize(operation):
    mode, factor = operation["mode"], operation["factor"]

    def run(image, lq_side):
        height, width = image.shape[:2]
        if mode == "decimate":
            step = round(1 / factor) if operation["of"] == "input" else round(height / lq_side / factor)
            return np.ascontiguousarray(image[::step, ::step])
        if operation["of"] == "input":
            height, width = int(height * factor), int(width * factor)
        else:
            height = width = int(lq_side * factor)
        if mode == "matlabBicubic":
            scale = factor if operation["of"] == "input" else None
            return matlab_bicubic(image, height, width, scale)
        return cv2.resize(image, (width, height), interpolation=INTERPOLATIONS[mode])

    return run


random = np.random.default_rng()


def field(image, operation):
    """Normal numbers for every value of the image, as the operation correlates its channels."""
    if operation["channels"] == "gray":
        return random.standard_normal((*image.shape[:2], 1), np.float32)
    normal = random.standard_normal(image.shape, np.float32)
    if operation["channels"] == "colour":
        return normal
    a, b, c, d, e, f = operation["mix"]
    return normal @ np.array([[a, b, c], [b, d, e], [c, e, f]], np.float32)


def shot_noise(image, vals):
    levels = np.clip((image * 255).round(), 0, 255) / np.float32(255)
    return random.poisson(levels * vals).astype(np.float32) / np.float32(vals) - levels


def noise(operation):
    kind, level, vals = operation["type"], operation["level"], operation["vals"]
    sigma = np.float32(level / 255)

    def run(image, _):
        if kind == "poisson":
            source = (image @ LUMA)[..., None] if operation["channels"] == "gray" else image
            return clip(image + np.float32(level) * shot_noise(source, vals))
        normal = field(image, operation) * sigma
        return clip(image + (image * normal if kind == "speckle" else normal))

    return run


def jpeg(operation):
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(operation["quality"])]

    def run(image, _):
        levels = (clip(image) * 255).round().astype(np.uint8)
        _, coded = cv2.imencode(".jpg", cv2.cvtColor(levels, cv2.COLOR_RGB2BGR), quality)
        levels = cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        return levels.astype(np.float32) / np.float32(255)

    return run


MAKERS = {"blur": blur, "resize": resize, "noise": noise, "jpeg": jpeg}


def steps_of(recipe):
    clamp = lambda image, _: clip(image)
    return [
        clamp if operation["op"] == "clamp" else MAKERS[operation["op"]](operation)
        for operation in recipe["operations"]
    ]


def degraded(image, recipe, steps):
    lq_side = image.shape[0] / recipe["scale"]
    for step in steps:
        image = step(image, lq_side)
    return image


# What the worker processes inherit: images, recipes and their steps.
work = []


def run_one(at):
    image, recipe, steps = work[at]
    # The input must survive, and some steps work in place.
    lq = degraded(image.copy(), recipe, steps)
    (lq * 255).round().clip(0, 255).astype(np.uint8)


def start_worker():
    global random
    random = np.random.default_rng(os.getpid())
    cv2.setNumThreads(1)


class Peer:
    def __init__(self, threads):
        self.threads, self.pool = threads, None

    def prepare(self, gt, side, batch, usm, recipes):
        if usm:
            raise ValueError("this pipeline has no USM")
        if self.pool:
            self.pool.terminate()
            self.pool.join()
        images = read_gt(gt, side)[: len(recipes)]
        work[:] = [(image, recipe, steps_of(recipe)) for image, recipe in zip(images, recipes)]
        self.pool = multiprocessing.get_context("fork").Pool(self.threads, start_worker)
        return {"images": len(recipes)}

    def check(self, image, recipe):
        planes = np.ascontiguousarray(decode(image).transpose(1, 2, 0))
        return encode(degraded(planes, recipe, steps_of(recipe)).transpose(2, 0, 1))

    def once(self):
        start = time.perf_counter()
        self.pool.map(run_one, range(len(work)), chunksize=1)
        return {"milliseconds": (time.perf_counter() - start) * 1e3}


def main(name="opencv", version=cv2.__version__):
    threads = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))
    cv2.setNumThreads(1)
    peer = Peer(threads)
    hello = {"name": name, "version": version, "threads": threads}
    serve(hello, {"prepare": peer.prepare, "check": peer.check, "once": peer.once})


if __name__ == "__main__":
    sys.exit(main())
