#!/usr/bin/env python3
"""Lets padapter and its peers take turns on corpora and prints Markdown tables of ratios.

  compare.py PADAPTER DIR... [--rounds 20] [--workers 2] [--peers pyav,opencv,decord,torchcodec]

A shared machine is fast for seconds and slow for seconds. So every program is started once, goes over the directory once
unmeasured (thousands of clips of a pipeline pay for a start only once), and then all take turns, a round of the directory
each, in an order that moves on. What is compared is the ratio within each turn: its median, and between which two values
half of the turns lie. A ratio above 1 means that padapter is faster. Frames are compared first: padapter's with its own
sequential decode, peers' with padapter's.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from importlib import metadata

HERE = os.path.dirname(os.path.abspath(__file__))
DISTRIBUTIONS = ("av", "opencv-python-headless", "decord2", "torchcodec", "torch")


class Ended(Exception):
    """A program ended, or did not start."""


class Program:
    """A program that takes rounds, with what they took."""

    def __init__(self, name, command):
        self.name, self.rates, self.cpu = name, [], []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ask()

    def ask(self):
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Ended(f"{self.name} ended with status {self.process.wait()}")
        return json.loads(line)

    def turn(self):
        answer = self.ask()
        self.rates.append(answer["rate"])
        self.cpu.append(answer["cpu_ms"])

    def end(self):
        self.process.stdin.close()
        if self.process.wait():
            raise Ended(f"{self.name} failed at its end")


def output(*command):
    """What a program prints. Its failure ends the comparison."""
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def spread(values):
    """The median and the quartiles."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def about(args):
    """One paragraph on the machine and the versions."""
    with open("/proc/cpuinfo") as f:
        processor = next(line.partition(":")[2].strip() for line in f if line.startswith("model name"))
    doctor = json.loads(output(args.padapter, "doctor", "--json").splitlines()[-1])["result"]
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in DISTRIBUTIONS)
    return (f"{processor}, {len(os.sched_getaffinity(0))} cores; {platform.system()} {platform.release()}; load at the start {os.getloadavg()[0]:.1f}. "
            f"padapter {doctor['version']} (FFmpeg {doctor['ffmpeg']['version']}); Python {platform.python_version()}, {packages}. "
            f"{args.rounds} rounds, {args.workers} workers.")


def measure(args, directory, peers):
    """Lets all programs take their turns on a directory. Prints one row a peer."""
    workers = ["--workers", str(args.workers)]
    # Exactness first, and what share of a clip is the codec's.
    bench = [args.padapter, "bench", "decode", directory, *workers]
    own = json.loads(output(*bench, "--json", "--repeat", str(args.rounds)))
    checked = output(sys.executable, os.path.join(HERE, "verify.py"), args.padapter, ",".join(peers), directory)
    faults = json.loads(checked.splitlines()[-1])
    programs = [Program("padapter", [*bench, "--follow"])]
    for name in peers:
        try:
            programs.append(Program(name, [sys.executable, os.path.join(HERE, "peer.py"), name, directory, *workers]))
        except Ended as error:  # it says itself what it lacks
            faults[name]["all"] = str(error)
    for i in range(args.rounds):
        for k in range(len(programs)):
            programs[(i + k) % len(programs)].turn()
    for program in programs:
        program.end()
    mine, clips = programs[0], own["Clips"]
    corpus = os.path.basename(os.path.normpath(directory))
    print(f"| {corpus} | **padapter** | {own['Checked']} of {clips} | {statistics.median(mine.rates):.1f} | {statistics.median(mine.cpu):.1f} | "
          f"| {own['CPUMs'] / own['CodecMs']:.3f} of the codec's |")
    for peer in programs[1:]:
        wall, cpu = ([a / b for a, b in zip(mine.rates, peer.rates)], [b / a for a, b in zip(mine.cpu, peer.cpu)])
        right = clips - len(faults[peer.name])
        print(f"| | {peer.name} | {right} of {clips} | {statistics.median(peer.rates):.1f} | {statistics.median(peer.cpu):.1f} "
              f"| {spread(wall)} | {spread(cpu)} |", flush=True)
    return {name: wrong for name, wrong in faults.items() if wrong}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("padapter")
    p.add_argument("dirs", nargs="+")
    p.add_argument("--rounds", type=int, default=20)
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--peers", default="torchcodec,torchcodec-approximate,decord,pyav,opencv")
    args = p.parse_args()
    if args.rounds < 2:
        sys.exit("--rounds: use at least 2")
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # they slow NumPy where they are set
        os.environ.pop(name, None)
    print(about(args) + "\n")
    print("| corpus | program | clips with the right frames | clips/s | processor ms a clip | ratio | ratio of processor time |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    peers = [name for name in args.peers.split(",") if name]
    notes = {directory: measure(args, directory, peers) for directory in args.dirs}
    print()
    for directory, faults in notes.items():
        for name, wrong in faults.items():
            clip, why = next(iter(wrong.items()))
            print(f"- {os.path.basename(os.path.normpath(directory))}, {name}: {len(wrong)} clips are not right, first {clip}: {why}")


if __name__ == "__main__":
    try:
        main()
    except Ended as error:
        sys.exit(str(error))
