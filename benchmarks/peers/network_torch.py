"""Training steps and upscaling in PyTorch, each in the way that is fastest on this machine.

What may be varied without another result (contiguous or channels_last tensors, eager or compiled) is tried
first, in turn. In bf16 a training step runs under autocast, upscaling with weights that are bf16 already. Adam is the
fused one, EMA one `_foreach` call. A compiler that takes longer than it may is left out.
"""

import os
import signal
import time
from contextlib import contextmanager
from itertools import product

# Compiled networks that only upscale keep their weights in the form that convolutions read. Read at import.
os.environ["TORCHINDUCTOR_FREEZING"] = "1"

import numpy as np
import torch
import torch.nn.functional as F
from networks import UnetDiscriminator, Vgg19, build
from peer import peak_memory, resident_memory, serve

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}


def read_floats(folder, name):
    return torch.from_numpy(np.fromfile(os.path.join(folder, f"{name}.f32"), "<f4"))


def write_floats(folder, name, tensors):
    parts = [tensor.detach().float().contiguous().view(-1) for tensor in tensors]
    torch.cat(parts).numpy().astype("<f4").tofile(os.path.join(folder, f"{name}.f32"))


def adam(parameters, options):
    betas = (options["beta1"], options["beta2"])
    rate, epsilon = options["learningRate"], options["epsilon"]
    return torch.optim.Adam(parameters, lr=rate, betas=betas, eps=epsilon, fused=True)


def gradients_of(model, names):
    by_name = dict(model.named_parameters())
    return [by_name[name].grad for name in names]


class Work:
    """What the contenders share: network, weights, pictures, and what is to be done."""

    def __init__(self, folder, job, network, dtype, parameters, shape, training, gan):
        self.folder, self.job, self.dtype, self.training = folder, job, dtype, training
        self.network, self.parameters, self.gan = network, parameters, gan
        self.lq_shape = (shape["batch"], 3, shape["side"], shape["side"])

    def tensors(self, name, listed):
        """Named tensors of a file that has them one after the other."""
        sizes = [int(np.prod(one["shape"])) for one in listed]
        parts = read_floats(self.folder, name).split(sizes)
        return {one["name"]: part.view(one["shape"]) for one, part in zip(listed, parts)}

    def model(self, layout):
        model = build(self.network)
        model.load_state_dict(self.tensors("weights", self.parameters))
        return model.to(memory_format=FORMATS[layout])

    def discriminator(self, layout):
        listed = self.gan["tensors"]
        model = UnetDiscriminator(self.gan["numFeat"])
        state = {name: self.tensors(name, listed[name]) for name in ("discriminator", "buffers")}
        model.load_state_dict({**state["discriminator"], **state["buffers"]})
        return model.to(memory_format=FORMATS[layout])

    def features(self, layout):
        model = Vgg19(self.gan["features"])
        model.load_state_dict(self.tensors("features", self.gan["tensors"]["features"]))
        return model.requires_grad_(False).to(memory_format=FORMATS[layout])

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
        self.adam = adam(self.parameters, options)
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
        self.move_average()
        return {"loss": loss.item()}

    def move_average(self):
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.parameters, self.ema_weight)

    def result(self):
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            return self.model(self.lq)

    def gradients(self):
        return {"gradients": gradients_of(self.model, self.names)}


class GanTraining(Training):
    """Real-ESRGAN's iteration: the generator's step, then the discriminator's on gt and on the same result."""

    def __init__(self, work, way, layout):
        super().__init__(work, "eager", layout)
        self.gan = work.gan
        self.judge, self.features = work.discriminator(layout), work.features(layout)
        self.judge_names = [one["name"] for one in self.gan["tensors"]["discriminator"]]
        self.judge_adam = adam(self.judge.parameters(), work.training)
        compiled = torch.compile if way == "compile" else lambda module: module
        self.make, self.look, self.see = map(compiled, (self.model, self.judge, self.features))

    def cast(self):
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bf16)

    def perceptual(self, result):
        with torch.no_grad():
            wanted = self.see(self.gt)
        pairs = zip(self.gan["layerWeights"], self.see(result), wanted)
        return sum(weight * F.l1_loss(a.float(), b.float()) for weight, a, b in pairs)

    def adversarial(self, pictures, real):
        logits = self.look(pictures).float()
        target = torch.full_like(logits, float(real))
        return F.binary_cross_entropy_with_logits(logits, target)

    def once(self):
        self.judge.requires_grad_(False)
        self.adam.zero_grad(set_to_none=True)
        with self.cast():
            result = self.make(self.lq).float()
            losses = {
                "pixel": F.l1_loss(result, self.gt),
                "perceptual": self.perceptual(result),
                "gan": self.adversarial(result, True),
            }
        sum(self.gan["weights"][name] * loss for name, loss in losses.items()).backward()
        self.adam.step()
        self.judge.requires_grad_(True)
        self.judge_adam.zero_grad(set_to_none=True)
        for name, pictures in (("real", self.gt), ("fake", result.detach())):
            with self.cast():
                losses[name] = self.adversarial(pictures, name == "real")
            losses[name].backward()
        self.judge_adam.step()
        self.move_average()
        return {name: loss.item() for name, loss in losses.items()}

    def gradients(self):
        judge = gradients_of(self.judge, self.judge_names)
        return {**super().gradients(), "discriminatorGradients": judge}


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


JOBS = {"train": Training, "gan": GanTraining, "infer": Upscaling}


@contextmanager
def time_limit(seconds):
    """Ends what is within with TimeoutError after so many seconds, compilers that it started too."""

    def stop(*_):
        raise TimeoutError(f"not ready within {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Peer:
    def prepare(self, **work):
        self.job, self.work = None, Work(**work)
        return {}

    def start(self, way, layout):
        kind = "gan" if self.work.gan else self.work.job
        return JOBS[kind](self.work, way, layout)

    def started(self, ways, compile_seconds):
        """All variants that work, warm, and why others do not."""
        jobs, left_out = {}, {}
        end = time.perf_counter() + compile_seconds
        for way, layout in product(ways, FORMATS):
            if way == "eager":
                jobs[way, layout] = self.start(way, layout)
                jobs[way, layout].once()
                # Compilers have their time from here on.
                end = time.perf_counter() + compile_seconds
                continue
            left = end - time.perf_counter()
            try:
                if left <= 0:
                    raise TimeoutError(f"no time left of {compile_seconds:.0f} s")
                with time_limit(left):
                    job = self.start(way, layout)
                    job.once()
                jobs[way, layout] = job
            except Exception as error:
                # A compiler that is missing or fails is no reason to leave the peer out.
                left_out[f"{way} {layout}"] = str(error).strip().split("\n")[0]
                torch.compiler.reset()
        return jobs, left_out

    def choose(self, ways, rounds, seconds, compileSeconds):
        """Times the variants in turn, as long as that takes no longer, and keeps the fastest, begun anew."""
        torch.compiler.reset()
        jobs, left_out = self.started(ways, compileSeconds)
        tried = dict.fromkeys(jobs, float("inf"))
        end = time.perf_counter() + seconds
        for turn in range(rounds):
            if turn > 0 and time.perf_counter() > end:
                break
            for variant, job in jobs.items():
                tried[variant] = min(tried[variant], timed(job))
        trials = {" ".join(variant): milliseconds for variant, milliseconds in tried.items()}
        variant = min(trials, key=trials.get)
        self.begin(variant)
        return {"variant": variant, "trials": trials, "leftOut": left_out}

    def begin(self, variant):
        """This variant, with the work's weights."""
        self.job = self.start(*variant.split(" "))
        return {}

    def check(self, steps):
        """Writes output and, in training, gradients of the first step; losses are of `steps` steps."""
        folder, job = self.work.folder, self.job
        write_floats(folder, "output", [job.result()])
        if self.work.job == "infer":
            return {"losses": {}}
        losses = [job.once()]
        for name, tensors in job.gradients().items():
            write_floats(folder, name, tensors)
        losses += [job.once() for _ in range(steps - 1)]
        return {"losses": {name: [step[name] for step in losses] for name in losses[0]}}

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
    names = ("prepare", "choose", "begin", "check", "once", "memory")
    serve(hello, {name: getattr(peer, name) for name in names})


if __name__ == "__main__":
    main()
