#!/usr/bin/env python3
"""Runs the networks of `padapter bench model` in PyTorch and in padapter, in turn, and reports ratios.

Weights are drawn by padapter and read here, pixels are the same function of their index. What both compute is compared
before any time is taken: logits of a forward pass, loss and gradient norm of the first two steps. Every round is one of
PyTorch's and then one of padapter's, so that whatever else the machine does falls on both. On a busy machine the fastest
rounds and the processor time of a process say more than medians of the wall clock. Memory is the largest resident set of
each process from when it has its weights. A ratio of times above 1 means that padapter is faster.

    python3 models/bench/compare.py --padapter bin/padapter --model small,base --frames 8 --batch 1,4
"""

import argparse
import json
import math
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import torch.nn.functional as F

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HEADS = {"tiny": 3, "small": 6, "base": 12}
DEPTH, TUBELET, PATCH, CLASSES = 12, 2, 16, 51
RATE, MOMENTUM, TOLERANCE = 0.005, 0.9, 1e-4


def read_safetensors(path):
    """The tensors of a safetensors file that holds float32 alone."""
    with open(path, "rb") as f:
        (length,) = struct.unpack("<Q", f.read(8))
        header = json.loads(f.read(length))
        found = {}
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            if entry["dtype"] != "F32":
                raise SystemExit(f"{path}: {name} is {entry['dtype']}, not F32")
            start, end = entry["data_offsets"]
            f.seek(8 + length + start)
            found[name] = torch.from_numpy(np.fromfile(f, dtype=np.float32, count=(end - start) // 4).reshape(entry["shape"]))
    return found


def pixels(batch, frames, size):
    """uint8 [B, T, H, W, C], as padapter's bench makes them."""
    index = np.arange(batch * frames * size * size * 3, dtype=np.uint32).reshape(batch, -1)
    shift = 24 + np.arange(batch, dtype=np.uint32)[:, None] % 4
    values = ((index * np.uint32(2654435761)) >> shift.astype(np.uint32)).astype(np.uint8)
    return torch.from_numpy(values.reshape(batch, frames, size, size, 3))


def sinusoid(tokens, dim):
    position = np.arange(tokens, dtype=np.float64)[:, None]
    angle = position / np.power(10000, 2 * (np.arange(dim) // 2) / dim)
    table = np.where(np.arange(dim) % 2 == 0, np.sin(angle), np.cos(angle))
    return torch.from_numpy(table.astype(np.float32))[None]


class Network:
    """ViT with PAdapter behind every block's MLP, as the published code computes it."""

    def __init__(self, weights, model, frames, size, settled):
        self.w, self.heads, self.settled = weights, HEADS[model], settled
        self.dim = 64 * self.heads
        self.positions = sinusoid(frames // TUBELET * (size // PATCH) ** 2, self.dim)
        self.mean = torch.tensor(MEAN).reshape(1, 3, 1, 1, 1)
        self.std = torch.tensor(STD).reshape(1, 3, 1, 1, 1)
        self.trained = [name for name in weights if "padapter." in name or name.startswith(("fc_norm.", "head.1."))]
        for name in self.trained:
            weights[name].requires_grad_(True)

    def linear(self, x, name, bias=".bias"):
        return F.linear(x, self.w[name + ".weight"], self.w[name + bias] if bias else None)

    def norm(self, x, name):
        return F.layer_norm(x, (self.dim,), self.w[name + ".weight"], self.w[name + ".bias"], 1e-6)

    def attention(self, x, b):
        batch, tokens, dim = x.shape
        q = F.linear(x, self.w[b + "attn.q_proj.weight"], self.w[b + "attn.q_bias"])
        k = F.linear(x, self.w[b + "attn.k_proj.weight"])
        v = F.linear(x, self.w[b + "attn.v_proj.weight"], self.w[b + "attn.v_bias"])
        q, k, v = (y.reshape(batch, tokens, self.heads, dim // self.heads).transpose(1, 2) for y in (q, k, v))
        shares = ((q * (dim // self.heads) ** -0.5) @ k.transpose(-2, -1)).softmax(dim=-1)
        return self.linear((shares @ v).transpose(1, 2).reshape(batch, tokens, dim), b + "attn.proj")

    def adapter(self, x, b):
        h = self.linear(x, b + "padapter.down_proj")
        joined = torch.cat([h, self.w[b + "padapter.prompt"] + h], dim=-1)
        return self.linear(F.relu(joined), b + "padapter.up_proj") * self.w[b + "padapter.scale"]

    def logits(self, frames, training):
        x = frames.permute(0, 4, 1, 2, 3).float() / 255
        x = (x - self.mean) / self.std
        x = F.conv3d(x, self.w["patch_embed.proj.weight"], self.w["patch_embed.proj.bias"], stride=(TUBELET, PATCH, PATCH))
        x = x.flatten(2).transpose(1, 2) + self.positions
        for i in range(DEPTH):
            b = f"blocks.{i}."
            x = x + self.attention(self.norm(x, b + "norm1"), b)
            x = x + self.linear(F.gelu(self.linear(self.norm(x, b + "norm2"), b + "fc1")), b + "fc2")
            x = x + self.adapter(x, b)
        x = self.norm(x.mean(1), "fc_norm")
        x = F.batch_norm(x, self.w["head.0.running_mean"], self.w["head.0.running_var"],
                         training=training and not self.settled, momentum=0.1, eps=1e-6)
        return self.linear(x, "head.1")


class Torch:
    """One case in PyTorch."""

    def __init__(self, weights, model, frames, size, batch, step):
        self.net = Network(weights, model, frames, size, settled=batch == 1)
        self.frames, self.step = pixels(batch, frames, size), step
        self.labels = torch.arange(batch) % CLASSES
        parameters = [self.net.w[name] for name in self.net.trained]
        self.parameters = parameters
        self.optimizer = torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM)

    def round(self):
        start, processor = time.perf_counter(), time.process_time()
        outcome = self.compute()
        return outcome | {"seconds": time.perf_counter() - start, "processor_seconds": time.process_time() - processor}

    def compute(self):
        if not self.step:
            with torch.inference_mode():
                return {"logits": self.net.logits(self.frames, training=False).flatten().tolist()}
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.net.logits(self.frames, training=True), self.labels)
        loss.backward()
        norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(p.grad) for p in self.parameters]))
        self.optimizer.step()
        return {"loss": loss.item(), "norm": norm.item()}


class Follower:
    """padapter, taking a round whenever it is told to."""

    def __init__(self, binary, flags, weights):
        command = [binary, "bench", "model", "--follow", "--json", "--weights", weights] + flags
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def round(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            event = json.loads(line)
            if event.get("event") == "result":
                return event["result"]
        raise SystemExit("padapter ended early")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def watch_peak():
    """Starts the measurement of the largest resident set anew."""
    with open("/proc/self/clear_refs", "w") as f:
        f.write("5")


def peak():
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def difference(a, b):
    """The largest difference of two outcomes, relative where values are above 1."""
    pairs = [(a[k], b[k]) for k in ("loss", "norm") if k in a]
    if "logits" in a:
        if len(a["logits"]) != len(b["logits"]):
            return math.inf
        pairs = list(zip(a["logits"], b["logits"]))
    return max(abs(x - y) / max(1, abs(x)) for x, y in pairs)


def compare(options, model, frames, batch, kind):
    """Runs one case in a process of its own, so that its peak memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "weights.safetensors")
        flags = ["--model", model, "--frames", str(frames), "--batch", str(batch), "--pass", kind,
                 "--size", str(options.size), "--backend", options.backend]
        if kind == "step" and options.micro_batch:
            flags += ["--micro-batch", str(options.micro_batch)]
        if kind == "step" and options.rematerialize:
            flags.append("--rematerialize")
        ours = Follower(options.padapter, flags, path)
        first = ours.round()
        theirs = Torch(read_safetensors(path), model, frames, options.size, batch, kind == "step")
        watch_peak()
        outcomes = [(first, theirs.round())]
        if kind == "step":
            outcomes.append((ours.round(), theirs.round()))
        apart = max(difference(t, o) for o, t in outcomes)
        if not apart <= TOLERANCE:
            raise SystemExit(f"{model}, {frames} frames, batch {batch}, {kind}: results differ by {apart:.2g}")
        rounds = []
        for _ in range(options.repeat):
            t = theirs.round()
            o = ours.round()
            rounds.append({"padapter": o, "pytorch": t})
        ours.close()
    result = {"model": model, "frames": frames, "batch": batch, "pass": kind, "backend": options.backend, "apart": apart}
    for key in ("seconds", "processor_seconds"):
        for who in ("padapter", "pytorch"):
            values = [r[who][key] for r in rounds]
            result[f"{who}_{key}"] = {"median": statistics.median(values), "min": min(values), "max": max(values)}
        for what in ("median", "min"):
            result[f"{what}_{key}_ratio"] = result[f"pytorch_{key}"][what] / result[f"padapter_{key}"][what]
    result["padapter_peak_bytes"], result["pytorch_peak_bytes"] = o["peak_bytes"], peak()
    result["memory_ratio"] = result["padapter_peak_bytes"] / result["pytorch_peak_bytes"]
    return result


HEADER = """model frames batch pass     padapter s  PyTorch s  ratio  of fastest  of processor time  padapter GB  PyTorch GB  ratio  apart"""


def line(r):
    ours, theirs = r["padapter_seconds"], r["pytorch_seconds"]
    return (f"{r['model']:5} {r['frames']:6} {r['batch']:5} {r['pass']:8} {ours['median']:10.3f} {theirs['median']:10.3f} "
            f"{r['median_seconds_ratio']:5.2f}× {r['min_seconds_ratio']:10.2f}× {r['min_processor_seconds_ratio']:17.2f}× "
            f"{r['padapter_peak_bytes'] / 1e9:12.2f} {r['pytorch_peak_bytes'] / 1e9:11.2f} {r['memory_ratio']:5.2f}×  {r['apart']:.1g}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--padapter", required=True, help="the program")
    parser.add_argument("--model", default="small,base")
    parser.add_argument("--frames", default="8,16")
    parser.add_argument("--batch", default="1,4")
    parser.add_argument("--pass", dest="kind", default="forward,step")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--backend", default="onnx")
    parser.add_argument("--micro-batch", type=int, default=0)
    parser.add_argument("--rematerialize", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON object a case")
    options = parser.parse_args()
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    if not options.json:
        print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads; seconds are medians of {options.repeat} rounds in turn")
        print(HEADER)
    for model in options.model.split(","):
        for frames in map(int, options.frames.split(",")):
            for batch in map(int, options.batch.split(",")):
                for kind in options.kind.split(","):
                    child = os.fork()  # PyTorch's threads do not run yet
                    if child == 0:
                        r = compare(options, model, frames, batch, kind)
                        print(json.dumps(r) if options.json else line(r), flush=True)
                        os._exit(0)
                    _, status = os.waitpid(child, 0)
                    if status != 0:
                        sys.exit(1)


if __name__ == "__main__":
    main()
