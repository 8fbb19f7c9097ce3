#!/usr/bin/env python3
"""One peer of padapter, as a program: answers each line on standard input with one round, as one line of JSON.

Rounds are those of `padapter bench model --follow`, with the same fields. The peers: torch runs PyTorch as it is, with its
own attention; compile runs torch.compile; openvino runs OpenVINO's conversion of the PyTorch module; onnxruntime runs
PyTorch's ONNX export. The last two only run forward passes.
"""

import argparse
import json
import os
import sys
import tempfile
import time

import network
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

RATE, MOMENTUM = 0.005, 0.9
KINDS = ("torch", "compile", "openvino", "onnxruntime")


def build(options):
    """The network in PyTorch and its clips."""
    net = network.Network(load_file(options.weights), options.model, options.frames, options.size, settled=options.batch == 1)
    return net, torch.from_numpy(network.pixels(options.batch, options.frames, options.size))


class TorchForward:
    """A forward pass in PyTorch."""

    def __init__(self, options):
        self.net, self.clips = build(options)
        self.net.eval()
        self.half = options.precision == "bfloat16"
        self.run = torch.compile(self.net) if options.kind == "compile" else self.net

    def compute(self):
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            return {"logits": self.run(self.clips).float().flatten().tolist()}


class TorchStep:
    """A training step in PyTorch."""

    def __init__(self, options):
        self.net, self.clips = build(options)
        self.net.train()
        self.half = options.precision == "bfloat16"
        self.run = torch.compile(self.net) if options.kind == "compile" else self.net
        self.labels = torch.arange(options.batch) % network.CLASSES
        self.trained = [p for p in self.net.parameters() if p.requires_grad]
        self.optimizer = torch.optim.SGD(self.trained, lr=RATE, momentum=MOMENTUM)

    def compute(self):
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            logits = self.run(self.clips)
        loss = F.cross_entropy(logits.float(), self.labels)
        loss.backward()
        norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(p.grad) for p in self.trained]))
        self.optimizer.step()
        return {"loss": loss.item(), "norm": norm.item()}


class OpenVINO:
    """A forward pass of the converted module in OpenVINO."""

    def __init__(self, options):
        import openvino

        net, clips = build(options)
        with torch.no_grad():
            model = openvino.convert_model(net.eval(), example_input=clips, input=list(clips.shape))
        self.clips = clips.numpy()
        self.compiled = openvino.Core().compile_model(model, "CPU", {
            "INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[options.precision],
            "INFERENCE_NUM_THREADS": options.threads,
            "PERFORMANCE_HINT": "LATENCY",
        })
        self.request = self.compiled.create_infer_request()

    def compute(self):
        results = self.request.infer([self.clips], share_inputs=True)
        return {"logits": results[0].astype(np.float32).flatten().tolist()}


class ONNXRuntime:
    """A forward pass of PyTorch's ONNX export in ONNX Runtime."""

    def __init__(self, options):
        import onnxruntime

        net, clips = build(options)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "network.onnx")
            torch.onnx.export(net.eval(), (clips,), path, input_names=["clips"], output_names=["logits"], dynamo=True, verbose=False)
            settings = onnxruntime.SessionOptions()
            settings.intra_op_num_threads = options.threads
            self.session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
        self.clips = clips.numpy()

    def compute(self):
        return {"logits": self.session.run(None, {"clips": self.clips})[0].flatten().tolist()}


def peer(options):
    if options.kind in ("torch", "compile"):
        return TorchStep(options) if options.kind_of_pass == "step" else TorchForward(options)
    if options.kind_of_pass != "forward":
        sys.exit(f"{options.kind} runs forward passes only")
    if options.kind == "openvino":
        return OpenVINO(options)
    if options.precision != "float32":
        sys.exit("onnxruntime computes in float32 only")
    return ONNXRuntime(options)


def watch_peak():
    """Starts the measurement of the largest resident set anew."""
    with open("/proc/self/clear_refs", "w") as f:
        f.write("5")


def peak():
    """The largest resident set since then, in bytes."""
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM:"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--weights", required=True, help="safetensors file that padapter wrote")
    parser.add_argument("--model", required=True, choices=network.HEADS)
    parser.add_argument("--pass", dest="kind_of_pass", required=True, choices=("forward", "step"))
    parser.add_argument("--precision", default="float32", choices=("float32", "bfloat16"))
    for name in ("frames", "size", "batch", "threads"):
        parser.add_argument("--" + name, required=True, type=int)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    answers = os.fdopen(os.dup(1), "w")  # exporters print to standard output
    os.dup2(2, 1)
    follow = None
    for _ in sys.stdin:
        if follow is None:
            follow = peer(options)
            watch_peak()
        start, processor = time.perf_counter(), time.process_time()
        outcome = follow.compute()
        outcome |= {"seconds": time.perf_counter() - start, "processor_seconds": time.process_time() - processor, "peak_bytes": peak()}
        print(json.dumps(outcome), file=answers, flush=True)


if __name__ == "__main__":
    main()
