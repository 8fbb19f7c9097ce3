#!/usr/bin/env python3
"""Runs padapter and its peers alternately on corpora and prints ratios.

  compare.py PADAPTER DIR... [--rounds 5] [--repeat 5] [--workers 2] [--peers pyav,opencv]

Each round starts every program once on every directory, so that a busy machine
slows all alike. A started program goes over the directory --repeat times, which
a pipeline does with thousands of clips: twelve small ones are a tenth of a
second, in which first page faults and workers that end unevenly would count.
Medians over all passes of all rounds are compared, the same number of each.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys


def main():
    p = argparse.ArgumentParser()
    p.add_argument("padapter")
    p.add_argument("dirs", nargs="+")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--repeat", type=int, default=5)
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--peers", default="pyav,opencv")
    args = p.parse_args()
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers.py")
    peers = [name for name in args.peers.split(",") if name]
    common = ["--workers", str(args.workers), "--repeat", str(args.repeat)]
    for directory in args.dirs:
        subprocess.run([args.padapter, "bench", "decode", directory, "--workers", str(args.workers), "--repeat", "1"], check=True)
        rates = {name: [] for name in ["padapter", *peers]}
        cpu = {name: [] for name in rates}
        codec = []
        for _ in range(args.rounds):
            for name in peers:
                run = subprocess.run([sys.executable, script, name, directory, *common], capture_output=True, text=True)
                if run.returncode:
                    print(f"{directory}: {name} failed: {run.stderr.strip().splitlines()[-1:]}")
                    continue
                result = json.loads(run.stdout)
                rates[name] += result["rates"]
                cpu[name] += result["cpu_ms"]
            run = subprocess.run(
                [args.padapter, "--json", "bench", "decode", directory, "--skip-check", *common],
                capture_output=True, text=True, check=True,
            )
            report = json.loads(run.stdout)
            rates["padapter"] += report["Rates"]
            cpu["padapter"].append(report["CPUMs"])
            codec.append(report["CodecMs"])
        for what, values, best in (("clips/s", rates, max), ("processor ms a clip", cpu, min)):
            medians = {name: statistics.median(v) for name, v in values.items() if v}
            line = ", ".join(f"{name} {m:.1f} ({min(values[name]):.1f} to {max(values[name]):.1f})" for name, m in medians.items())
            own = medians.pop("padapter")
            ratio = 0
            if medians:
                peer = best(medians.values())
                ratio = own / peer if best is max else peer / own
            print(f"{directory}: {what}: {line}; {ratio:.2f} times the best peer")
        print(f"{directory}: processor time / codec time {statistics.median(cpu['padapter']) / statistics.median(codec):.3f}", flush=True)


if __name__ == "__main__":
    main()
