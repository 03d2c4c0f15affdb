"""Upscaling in onnxruntime: the graph that evensr exports, `network.onnx` in the folder of the work."""

import os
import time

import numpy as np
import onnxruntime
from peer import peak_memory, resident_memory, serve

THREADS = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))


class Peer:
    def prepare(self, folder, shape, **_):
        self.folder = folder
        self.shape = (shape["batch"], 3, shape["side"], shape["side"])
        return {}

    def start(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        path = os.path.join(self.folder, "network.onnx")
        self.session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
        self.lq = np.fromfile(os.path.join(self.folder, "lq.f32"), "<f4").reshape(self.shape)

    def result(self):
        return self.session.run(None, {self.session.get_inputs()[0].name: self.lq})[0]

    def choose(self, **_):
        self.start()
        return {"variant": "all optimizations", "trials": {}, "leftOut": {}}

    def check(self, **_):
        self.result().astype("<f4").tofile(os.path.join(self.folder, "output.f32"))
        return {"losses": {}}

    def once(self):
        start = time.perf_counter()
        self.result()
        return {"milliseconds": (time.perf_counter() - start) * 1e3}

    def memory(self, rounds, **_):
        before = resident_memory()
        self.start()
        for _ in range(rounds):
            self.result()
        return {"before": before, "peak": peak_memory()}


def main():
    peer = Peer()
    hello = {"name": "onnxruntime", "version": onnxruntime.__version__, "threads": THREADS}
    names = ("prepare", "choose", "check", "once", "memory")
    serve(hello, {name: getattr(peer, name) for name in names})


if __name__ == "__main__":
    main()
