"""PyTorch as the peer of evensr-gpu's benchmarks: degradations, training steps and inference on one device.

A request is a line of JSON, {"do": NAME, ...}; the answer a line that begins with `ok`, or says what is wrong.
`prepare_degrade` answers with its variants; `prepare_network` with the first pixel loss, then its variants; `once`
does a variant's work some times and answers with the milliseconds of one.
"""

import argparse
import copy
import itertools
import json
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))

from networks import UnetDiscriminator, build
from realesrgan import Batch, DiffJpeg, Sharpener

REPEATS = 5
EMA_DECAY = 0.999


class Pipeline:
    """What benchmarks/peers/realesrgan.py runs, on the default device."""

    def __init__(self):
        self.jpeg, self.sharpen = DiffJpeg(), Sharpener()


def read_floats(folder, name, shape):
    return torch.tensor(np.fromfile(os.path.join(folder, name), "<f4").reshape(shape))


def synchronize():
    if torch.get_default_device().type == "cuda":
        torch.cuda.synchronize()


def milliseconds(work, repeats):
    synchronize()
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    synchronize()
    return (time.perf_counter() - start) * 1e3 / repeats


def load_weights(network, folder):
    flat = read_floats(folder, "weights.f32", (-1,))
    parameters = list(network.parameters())
    parts = torch.split(flat, [p.numel() for p in parameters])
    with torch.no_grad():
        for parameter, part in zip(parameters, parts):
            parameter.copy_(part.view_as(parameter))
    return network


def autocast():
    return torch.autocast(torch.get_default_device().type, torch.bfloat16)


def optimizer_of(network):
    on_gpu = torch.get_default_device().type == "cuda"
    return torch.optim.Adam(network.parameters(), 1e-4, (0.9, 0.99), fused=True, capturable=on_gpu)


def l1(sr, gt):
    return F.l1_loss(sr.float(), gt)


def judged(logits, real):
    logits = logits.float()
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))


class Training:
    """A step with L1, Adam and a moving average, in bf16 with fp32 weights and channels_last tensors."""

    def __init__(self, network, lq, gt, compiler):
        self.network = network.to(memory_format=torch.channels_last)
        self.average = [p.detach().clone() for p in self.network.parameters()]
        self.optimizer = optimizer_of(self.network)
        self.call = compiler(self.network)
        self.lq = lq.contiguous(memory_format=torch.channels_last)
        self.gt = gt.contiguous(memory_format=torch.channels_last)

    def __call__(self):
        self.optimizer.zero_grad(set_to_none=True)
        with autocast():
            sr = self.call(self.lq)
        self.learn(l1(sr, self.gt))

    def learn(self, loss):
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.average, list(self.network.parameters()), 1 - EMA_DECAY)


class GanTraining(Training):
    """Real-ESRGAN's iteration without features: the generator by the discriminator's judgement, then the latter."""

    def __init__(self, network, lq, gt, compiler, features):
        super().__init__(network, lq, gt, compiler)
        self.judge_network = UnetDiscriminator(features).to(memory_format=torch.channels_last)
        self.judge_optimizer = optimizer_of(self.judge_network)
        self.judge = compiler(self.judge_network)

    def __call__(self):
        for parameter in self.judge_network.parameters():
            parameter.requires_grad_(False)
        self.optimizer.zero_grad(set_to_none=True)
        with autocast():
            sr = self.call(self.lq)
            logits = self.judge(sr)
        self.learn(l1(sr, self.gt) + 0.1 * judged(logits, True))
        for parameter in self.judge_network.parameters():
            parameter.requires_grad_(True)
        self.judge_optimizer.zero_grad(set_to_none=True)
        for images, real in ((self.gt, True), (sr.detach(), False)):
            with autocast():
                logits = self.judge(images)
            judged(logits, real).backward()
        self.judge_optimizer.step()


class Inference:
    def __init__(self, network, lq, compiler):
        self.network = network.to(dtype=torch.bfloat16, memory_format=torch.channels_last).eval()
        self.call = compiler(self.network)
        self.lq = lq.to(dtype=torch.bfloat16, memory_format=torch.channels_last)

    def __call__(self):
        with torch.inference_mode():
            self.call(self.lq).float().cpu()


def captured(work):
    """The same work as one CUDA graph."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


COMPILERS = {
    "eager": lambda network: network,
    "graph": lambda network: network,
    "compiled": torch.compile,
    "compiled-graphs": lambda network: torch.compile(network, mode="reduce-overhead"),
}


class Peer:
    def __init__(self):
        self.makers, self.works = {}, {}
        self.repeats = REPEATS

    def forget(self):
        self.makers, self.works = {}, {}
        torch.compiler.reset()
        if torch.get_default_device().type == "cuda":
            torch.cuda.empty_cache()

    def prepare_degrade(self, folder, batch, side, usm, batches):
        self.forget()
        gt = read_floats(folder, "gt.f32", (batch, 3, side, side))
        pipeline = Pipeline()
        works = [Batch(gt, recipes, usm, pipeline) for recipes in batches]

        def all_of_them():
            with torch.inference_mode():
                for work in works:
                    work.lq(pipeline.sharpen(gt) if usm else gt)

        self.repeats = 1
        self.makers = {"torch": lambda: all_of_them}
        return ["torch"]

    def prepare_network(self, folder, network, work, batch, side, features, compiles, tiny):
        self.forget()
        lq = read_floats(folder, "lq.f32", (batch, 3, side, side))
        gt = read_floats(folder, "gt.f32", (batch, 3, 4 * side, 4 * side))
        first = load_weights(build(network), folder)
        # The first loss, a few samples at a time: what it takes of memory is not what is measured.
        with torch.inference_mode():
            parts = [l1(first(a), b) * len(a) for a, b in zip(lq.split(4), gt.split(4))]
            loss = sum(part.item() for part in parts) / batch

        def make(name):
            own, compiler = copy.deepcopy(first), COMPILERS[name]
            if work == "infer":
                return Inference(own, lq, compiler)
            made = (
                GanTraining(own, lq, gt, compiler, features)
                if work == "gan"
                else Training(own, lq, gt, compiler)
            )
            return captured(made) if name == "graph" else made

        names = ["eager"]
        if not tiny and torch.get_default_device().type == "cuda":
            names += ["graph"] if work == "train" else []
            names += ["compiled", "compiled-graphs"] if compiles else []
        self.repeats = 1 if tiny else REPEATS
        self.makers = {name: lambda name=name: make(name) for name in names}
        return [repr(loss), *names]

    def once(self, variant):
        if variant not in self.works:
            self.works[variant] = self.makers[variant]()
        return [repr(milliseconds(self.works[variant], self.repeats))]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    device = torch.device(parser.parse_args().device)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes to stderr
    torch.set_default_device(device)
    torch.manual_seed(1)
    name = torch.cuda.get_device_name() if device.type == "cuda" else "the CPU"
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    print(f"torch {torch.__version__} on {name}", file=answers, flush=True)
    peer = Peer()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            words = getattr(peer, request.pop("do"))(**request)
            print(" ".join(itertools.chain(["ok"], words)), file=answers, flush=True)
        except Exception as error:
            text = " ".join(f"{type(error).__name__}: {error}".split())
            print(text[:500], file=answers, flush=True)


if __name__ == "__main__":
    main()
