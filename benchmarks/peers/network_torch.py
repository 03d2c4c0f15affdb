"""Training steps and upscaling in PyTorch, each in the way that is fastest on this machine.

What may be varied without another result (contiguous or channels_last tensors, eager or compiled) is tried
first, in turn. In bf16 a training step runs under autocast, upscaling with weights that are bf16 already. Adam is the
fused one, EMA one `_foreach` call.
"""

import os
import time
from itertools import product

# Compiled networks that only upscale keep their weights in the form that convolutions read. Read at import.
os.environ["TORCHINDUCTOR_FREEZING"] = "1"

import numpy as np
import torch
import torch.nn.functional as F
from networks import build
from peer import peak_memory, resident_memory, serve

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def read_floats(folder, name):
    return torch.from_numpy(np.fromfile(os.path.join(folder, f"{name}.f32"), "<f4"))


def write_floats(folder, name, tensors):
    parts = [tensor.detach().float().contiguous().view(-1) for tensor in tensors]
    torch.cat(parts).numpy().astype("<f4").tofile(os.path.join(folder, f"{name}.f32"))


class Work:
    """What the contenders share: network, weights, pictures, and what is to be done."""

    def __init__(self, folder, job, network, dtype, parameters, shape, training):
        self.folder, self.job, self.dtype, self.training = folder, job, dtype, training
        self.network, self.parameters = network, parameters
        self.lq_shape = (shape["batch"], 3, shape["side"], shape["side"])

    def model(self, layout):
        model = build(self.network)
        sizes = [int(np.prod(one["shape"])) for one in self.parameters]
        parts = read_floats(self.folder, "weights").split(sizes)
        named = zip(self.parameters, parts)
        model.load_state_dict({one["name"]: part.view(one["shape"]) for one, part in named})
        return model.to(memory_format=FORMATS[layout])

    def pictures(self, name, layout):
        batch, channels, side, _ = self.lq_shape
        if name == "gt":
            side *= self.network["scale"]
        pixels = read_floats(self.folder, name).view(batch, channels, side, side)
        return pixels.contiguous(memory_format=FORMATS[layout])


class Training:
    """Forward, L1 loss, backward, Adam and the moving average of the weights on one batch."""

    def __init__(self, work, way, layout):
        options = work.training
        self.model = work.model(layout)
        self.lq, self.gt = work.pictures("lq", layout), work.pictures("gt", layout)
        self.names = [one["name"] for one in work.parameters]
        self.bf16 = work.dtype == "bf16"
        self.forward = torch.compile(self.objective) if way == "compile" else self.objective
        self.parameters = list(self.model.parameters())
        self.average = [parameter.detach().clone() for parameter in self.parameters]
        self.adam = torch.optim.Adam(
            self.parameters,
            lr=options["learningRate"],
            betas=(options["beta1"], options["beta2"]),
            eps=options["epsilon"],
            fused=True,
        )
        self.ema_weight = 1 - options["emaDecay"]

    def objective(self):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            result = self.model(self.lq)
        return F.l1_loss(result.float(), self.gt)

    def once(self):
        self.adam.zero_grad(set_to_none=True)
        loss = self.forward()
        loss.backward()
        self.adam.step()
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.parameters, self.ema_weight)
        return loss.item()

    def result(self):
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            return self.model(self.lq)

    def gradients(self):
        by_name = dict(self.model.named_parameters())
        return [by_name[name].grad for name in self.names]


class Upscaling:
    """A batch of pictures through the network, without anything that only training needs."""

    def __init__(self, work, way, layout):
        dtype = torch.bfloat16 if work.dtype == "bf16" else torch.float32
        self.model = work.model(layout).eval().to(dtype)
        self.lq = work.pictures("lq", layout).to(dtype)
        self.forward = torch.compile(self.model) if way == "compile" else self.model

    def result(self):
        with torch.inference_mode():
            return self.forward(self.lq).float()

    def once(self):
        self.result()


JOBS = {"train": Training, "infer": Upscaling}


class Peer:
    def prepare(self, **work):
        self.job, self.work = None, Work(**work)
        return {}

    def start(self, way, layout):
        return JOBS[self.work.job](self.work, way, layout)

    def started(self, ways):
        """All variants that work, warm."""
        jobs = {}
        for way, layout in product(ways, FORMATS):
            try:
                job = self.start(way, layout)
                job.once()
                jobs[way, layout] = job
            except Exception as error:
                # A compiler that is missing or fails is no reason to leave the peer out.
                if way == "eager":
                    raise
                print(f"{way} {layout} does not work: {error}")
        return jobs

    def choose(self, ways, rounds, seconds):
        """Times the variants in turn, as long as that takes no longer, and keeps the fastest, begun anew."""
        torch.compiler.reset()
        jobs = self.started(ways)
        tried = dict.fromkeys(jobs, float("inf"))
        end = time.perf_counter() + seconds
        for turn in range(rounds):
            if turn > 0 and time.perf_counter() > end:
                break
            for variant, job in jobs.items():
                tried[variant] = min(tried[variant], timed(job))
        way, layout = min(tried, key=tried.get)
        self.job = self.start(way, layout)
        trials = {" ".join(variant): milliseconds for variant, milliseconds in tried.items()}
        return {"variant": f"{way} {layout}", "layout": layout, "trials": trials}

    def check(self, steps):
        """Writes output and, in training, gradients of the first step; its losses are of `steps` steps."""
        folder, job = self.work.folder, self.job
        write_floats(folder, "output", [job.result()])
        if self.work.job == "infer":
            return {"losses": []}
        losses = [job.once()]
        write_floats(folder, "gradients", job.gradients())
        return {"losses": losses + [job.once() for _ in range(steps - 1)]}

    def once(self):
        return {"milliseconds": timed(self.job)}

    def memory(self, layout, rounds):
        """Resident bytes of this process before there was a network, and the most until it has run."""
        before = resident_memory()
        job = self.start("eager", layout)
        for _ in range(rounds):
            job.once()
        return {"before": before, "peak": peak_memory()}


def timed(job):
    start = time.perf_counter()
    job.once()
    return (time.perf_counter() - start) * 1e3


def main():
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
    peer = Peer()
    hello = {"name": "torch", "version": torch.__version__, "threads": torch.get_num_threads()}
    names = ("prepare", "choose", "check", "once", "memory")
    serve(hello, {name: getattr(peer, name) for name in names})


if __name__ == "__main__":
    main()
