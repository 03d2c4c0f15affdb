"""BSRGAN's degradation with blurs as its published code computes them: turned Gaussians tap by tap with scipy's
probability density, each time anew, and scipy's convolution in float64. All else is bsrgan.py's.
"""

import sys

import bsrgan
import numpy as np
import scipy
from peer import kernel_of
from scipy import ndimage
from scipy.stats import multivariate_normal


def turned_gaussian(operation):
    size = operation["kernelSize"]
    cosine, sine = np.cos(operation["theta"]), np.sin(operation["theta"])
    turn = np.array([[cosine, -sine], [sine, cosine]])
    covariance = turn @ np.diag([operation["sigmaX"] ** 2, operation["sigmaY"] ** 2]) @ turn.T
    half = size // 2
    taps = np.zeros((size, size))
    for y in range(size):
        for x in range(size):
            taps[y, x] = multivariate_normal.pdf([x - half, y - half], mean=[0, 0], cov=covariance)
    return taps / taps.sum()


def blur(operation):
    def run(image, _):
        turned = operation["kernel"] == "aniso"
        taps = turned_gaussian(operation) if turned else kernel_of(operation)
        # a convolution turns the kernel round, recipes correlate
        taps = taps[::-1, ::-1, None]
        return ndimage.convolve(image.astype(np.float64), taps, mode="mirror").astype(np.float32)

    return run


if __name__ == "__main__":
    bsrgan.MAKERS["blur"] = blur
    sys.exit(bsrgan.main("scipy", scipy.__version__))
