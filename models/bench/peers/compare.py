#!/usr/bin/env python3
"""Runs the networks of `padapter bench model` in padapter's engines and in their peers, in turns, and reports ratios.

Weights are drawn by padapter and read by the peers; pixels are the same function of their index. Each program is a
process. The results of its first two rounds are compared with those of the first program before anything is timed:
logits, or loss and gradient norm of two steps. Then the programs take turns, in an order that moves on, so that whatever
else the machine does falls on all of them. A program that does not fit into memory beside the others waits until they
have ended; ratios to it are ratios of medians and are marked. A ratio above 1 means that padapter is faster.

    compare.py --padapter bin/padapter --model small --rounds 5 --json peers.jsonl
    tables.py peers.jsonl
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import machine
import tables
from follower import Ended, Follower

PEERS = "torch:float32,compile:bfloat16,openvino:float32,openvino:bfloat16,onnxruntime:float32"
FORWARD_ONLY = ("openvino", "onnxruntime")
# How far results may be apart, relative where values are above 1.
BOUNDS = {"float32": 1e-4, "bfloat16": 5e-2}
PAUSE = 0.05  # seconds in which the threads of the program before fall asleep


def difference(a, b):
    """The largest difference of two outcomes, relative where values are above 1."""
    if "logits" in a:
        if len(a["logits"]) != len(b["logits"]):
            return float("inf")
        pairs = zip(a["logits"], b["logits"])
    else:
        pairs = [(a[key], b[key]) for key in ("loss", "norm")]
    apart = [abs(x - y) / max(1, abs(x)) for x, y in pairs]
    return float("inf") if any(d != d for d in apart) else max(apart)


class Case:
    """One network, batch and pass, and how its programs are started."""

    def __init__(self, options, model, frames, batch, kind):
        self.options, self.model, self.frames, self.batch, self.kind = options, model, frames, batch, kind
        self.environment = machine.environment(options.isa, options.threads)

    def flags(self):
        return ["--model", self.model, "--frames", str(self.frames), "--batch", str(self.batch), "--pass", self.kind,
                "--size", str(self.options.size), "--threads", str(self.options.threads)]

    def ours(self, engine, precision="float32"):
        return [self.options.padapter, "bench", "model", "--follow", "--json", "--backend", engine, "--precision", precision] + self.flags()

    def write_weights(self, path):
        """Has padapter draw the weights."""
        command = self.ours("go") + ["--weights", path]
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=self.environment, check=True)

    def start(self, name, weights):
        """Starts a program by its name, such as padapter-onnx:float32 or torch:float32."""
        kind, _, precision = name.partition(":")
        engine = kind.removeprefix("padapter-")
        if engine != kind:
            return Follower(name, self.ours(engine, precision), self.environment)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer.py")
        return Follower(name, [sys.executable, script, kind, "--precision", precision, "--weights", weights] + self.flags(), self.environment)

    def programs(self):
        return [n for n in self.options.programs if self.kind == "forward" or not n.startswith(FORWARD_ONLY)]


class Measurement:
    """The rounds of one case."""

    def __init__(self, case):
        self.case, self.reference, self.found, self.left_out, self.largest = case, None, {}, {}, 0

    def admit(self, follower, group):
        """Lets a program compute twice and compares what it computed."""
        outcomes = [follower.round(), follower.round()]
        self.reference = self.reference or outcomes
        apart = max(map(difference, self.reference, outcomes))
        bound = BOUNDS[follower.name.partition(":")[2]]
        if not apart <= bound:
            raise Ended(f"WRONG: results are {apart:.2g} apart, more than {bound:g}")
        self.largest = max(self.largest, outcomes[-1]["peak_bytes"])
        self.found[follower.name] = {"group": group, "apart": apart, "seconds": [], "processor_seconds": [], "first_seconds": outcomes[0]["seconds"]}

    def fits(self):
        """Reports whether another program as large as the largest has memory."""
        return machine.memory("MemAvailable") > 1.3 * self.largest + 1e9

    def run(self, weights):
        waiting = self.case.programs()
        for group in itertools.count():
            if not waiting:
                return
            running = []
            try:
                while waiting and (not running or self.fits()):
                    name = waiting.pop(0)
                    follower = self.case.start(name, weights)
                    running.append(follower)
                    try:
                        self.admit(follower, group)
                    except Ended as ended:
                        self.drop(follower, running, ended)
                self.turns(running)
            finally:
                for follower in running:
                    follower.close()

    def drop(self, follower, running, ended):
        """Leaves a program out that ended or was wrong."""
        self.left_out[follower.name] = str(ended)
        self.found.pop(follower.name, None)
        running.remove(follower)
        follower.close()

    def turns(self, running):
        began = time.monotonic()
        for turn in range(self.case.options.rounds):
            if turn >= 2 and time.monotonic() - began > self.case.options.limit:
                return
            first = turn % max(1, len(running))
            for follower in running[first:] + running[:first]:
                time.sleep(PAUSE)
                try:
                    outcome = follower.round()
                except Ended as ended:
                    self.drop(follower, running, ended)
                    continue
                found = self.found[follower.name]
                for key in ("seconds", "processor_seconds"):
                    found[key].append(outcome[key])
                found["peak_bytes"] = outcome["peak_bytes"]

    def result(self):
        c = self.case
        return {"model": c.model, "frames": c.frames, "size": c.options.size, "batch": c.batch, "pass": c.kind,
                "programs": self.found, "left_out": self.left_out}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--padapter", required=True, help="the program")
    parser.add_argument("--model", default="small,base")
    parser.add_argument("--frames", default="8,16", help="of a clip: 784 and 1568 tokens")
    parser.add_argument("--batch", default="1,4")
    parser.add_argument("--pass", dest="kind", default="forward,step")
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--engines", default="openvino,onnx", help="of padapter; those that cannot be used are left out")
    parser.add_argument("--peers", default=PEERS, help="NAME:PRECISION; the first also says what is right")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=60, help="seconds after which a case takes no further round, of 2 at least")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--isa", default="native", choices=machine.HIDDEN, help="the widest instructions that programs may use; bfloat16 only with native")
    parser.add_argument("--json", help="file to which a line a case is added, for tables.py")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds: use at least 1")
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    return options


def ours(options, doctor):
    """The names of padapter's programs: each engine that can be used, in each precision that it may have."""
    usable = {b["engine"] for b in doctor["backends"] if b["usable"]}
    engines = [e for e in options.engines.split(",") if e in usable]
    return [f"padapter-{e}:{p}" for e in engines for p in ("float32", "bfloat16") if p == "float32" or e in ("openvino", "xla")]


def main():
    options = parse()
    doctor = subprocess.run([options.padapter, "doctor", "--json"], stdout=subprocess.PIPE, text=True, check=True,
                            env=machine.environment(options.isa, options.threads)).stdout
    doctor = json.loads(doctor.splitlines()[-1])["result"]
    peers = options.peers.split(",")
    programs = peers[:1] + ours(options, doctor) + peers[1:]
    options.programs = [n for n in programs if options.isa == "native" or n.endswith(":float32")]
    facts = machine.describe(doctor, options.isa, options.threads) | {"rounds": options.rounds}
    wrong = False
    print(tables.about(facts), flush=True)
    for model, frames, batch, kind in itertools.product(
            options.model.split(","), map(int, options.frames.split(",")), map(int, options.batch.split(",")), options.kind.split(",")):
        began = time.monotonic()
        measurement = Measurement(Case(options, model, frames, batch, kind))
        with tempfile.TemporaryDirectory() as folder:
            weights = os.path.join(folder, "weights.safetensors")
            measurement.case.write_weights(weights)
            measurement.run(weights)
        result = measurement.result() | {"machine": facts}
        wrong = wrong or any(why.startswith("WRONG") for why in result["left_out"].values())
        print(f"{model}, {frames} frames, batch {batch}, {kind} ({time.monotonic() - began:.0f} s)")
        for name, found in result["programs"].items():
            print(f"  {name:28} {statistics.median(found['seconds']):8.3f} s {found['peak_bytes'] / 1e9:6.2f} GB  apart {found['apart']:.1g}")
        for name, why in result["left_out"].items():
            print(f"  {name:28} left out: {why}")
        sys.stdout.flush()
        if options.json:
            with open(options.json, "a") as f:
                f.write(json.dumps(result) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
