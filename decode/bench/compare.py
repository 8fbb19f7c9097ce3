#!/usr/bin/env python3
"""Lets padapter and its peers take turns on corpora and prints ratios.

  compare.py PADAPTER DIR... [--rounds 20] [--workers 2] [--peers pyav,opencv]

A shared machine is fast for seconds and slow for seconds. So every program is
started once, goes over the directory once unmeasured (thousands of clips of a
pipeline pay for a start only once), and then all take turns, a round of the
directory each, in an order that moves on. What is compared is the ratio within
each turn: its median, and between which two values half of the turns lie.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys


class Ended(Exception):
    pass


class Program:
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


def spread(values):
    """The median and the quartiles."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("padapter")
    p.add_argument("dirs", nargs="+")
    p.add_argument("--rounds", type=int, default=20)
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--peers", default="pyav,opencv")
    args = p.parse_args()
    if args.rounds < 2:
        sys.exit("--rounds: use at least 2")
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers.py")
    workers = ["--workers", str(args.workers)]
    for directory in args.dirs:
        # Exactness first, and what share of a clip is the codec's.
        bench = [args.padapter, "bench", "decode", directory, *workers]
        own = json.loads(subprocess.run([*bench, "--json", "--repeat", str(args.rounds)], stdout=subprocess.PIPE, text=True, check=True).stdout)
        programs = []
        for name in filter(None, args.peers.split(",")):
            try:
                programs.append(Program(name, [sys.executable, script, name, directory, *workers]))
            except Ended as error:  # says itself what it lacks
                print(f"{directory}: left out: {error}")
        programs.append(Program("padapter", [*bench, "--follow"]))
        for i in range(args.rounds):
            for k in range(len(programs)):
                programs[(i + k) % len(programs)].turn()
        for program in programs:
            program.end()
        mine, peers = programs[-1], programs[:-1]
        print(f"{directory}: {own['Checked']} of {own['Clips']} clips exact; {args.rounds} turns")
        for what, get, best in (("clips/s", lambda x: x.rates, max), ("processor ms a clip", lambda x: x.cpu, min)):
            line = ", ".join(f"{x.name} {statistics.median(get(x)):.1f}" for x in programs)
            if peers:
                peer = best(peers, key=lambda x: statistics.median(get(x)))
                pairs = zip(get(mine), get(peer))
                line += f"; {spread([a / b if best is max else b / a for a, b in pairs])} times {peer.name}"
            print(f"  {what}: {line}")
        print(f"  processor time / time in the codec: {own['CPUMs'] / own['CodecMs']:.3f}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except Ended as error:
        sys.exit(str(error))
