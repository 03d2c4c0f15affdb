"""What the peers share: JSON lines on stdin and stdout, arrays as base64, the blur kernels of a recipe.

A request is one line, {"do": NAME, ...}; the answer is one line, an object or {"error": TEXT}. The first
line that a peer writes says who it is. Whatever a library prints goes to stderr.
"""

import base64
import json
import os
import sys
import traceback

import numpy as np


def encode(array):
    """An array as a line can hold it: float32, C order."""
    values = np.ascontiguousarray(array, "<f4")
    return {"shape": list(values.shape), "values": base64.b64encode(values.tobytes()).decode()}


def decode(array):
    return np.frombuffer(base64.b64decode(array["values"]), "<f4").reshape(array["shape"]).copy()


def read_gt(path, side):
    """The gt crops of a file of raw uint8, (N, side, side, 3), as float32 in [0, 1]."""
    levels = np.fromfile(path, np.uint8).reshape(-1, side, side, 3)
    return levels.astype(np.float32) / np.float32(255)


def serve(hello, handlers):
    """Answers requests until stdin ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(value):
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    answer(hello)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer(handlers[request.pop("do")](**request))
        except Exception as error:
            traceback.print_exc()
            answer({"error": f"{type(error).__name__}: {error}"})


def status_bytes(field):
    """A line of /proc/self/status in bytes; 0 where there is no such file."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))
    except OSError:
        return 0


def resident_memory():
    return status_bytes("VmRSS:")


def peak_memory():
    return status_bytes("VmHWM:")


def kernel_of(blur, bessel_j1=None):
    """The taps of a blur operation, (kernelSize, kernelSize) float64 with sum 1.

    Gaussians, their generalized and plateau forms, and the circular low-pass as Real-ESRGAN samples them:
    at the taps' centres. `shift` moves a Gaussian to the right and down, as BSRGAN does before decimation.
    """
    size = blur["kernelSize"]
    half = (size - 1) / 2
    y, x = np.mgrid[:size, :size] - half - blur.get("shift", 0)
    kind = blur["kernel"]
    if kind == "sinc":
        taps = sinc(np.hypot(x, y), blur["omega"], bessel_j1)
        return taps / taps.sum()
    form = distance(x, y, blur, kind.lower().endswith("aniso"))
    if kind in ("iso", "aniso"):
        taps = np.exp(-form / 2)
    elif kind.startswith("generalized"):
        taps = np.exp(-(form ** blur["beta"]) / 2)
    elif kind.startswith("plateau"):
        taps = 1 / (1 + form ** blur["beta"])
    else:
        raise ValueError(f"no kernel is called {kind}")
    return taps / taps.sum()


def distance(x, y, blur, turned):
    """[x y] inverse(covariance) [x y]^T."""
    sigma_x = blur["sigmaX"]
    if not turned:
        return (x**2 + y**2) / sigma_x**2
    cosine, sine = np.cos(blur["theta"]), np.sin(blur["theta"])
    along, across = cosine * x + sine * y, cosine * y - sine * x
    return (along / sigma_x) ** 2 + (across / blur["sigmaY"]) ** 2


def sinc(radius, omega, bessel_j1):
    with np.errstate(invalid="ignore", divide="ignore"):
        taps = omega * bessel_j1(omega * radius) / (2 * np.pi * radius)
    return np.where(radius == 0, omega**2 / (4 * np.pi), taps)
