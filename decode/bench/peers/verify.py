#!/usr/bin/env python3
"""Compares the frames that peers decode with padapter's.

  verify.py PADAPTER NAME,NAME... DIR [--frames 16 --stride 4]

Prints one JSON object: for each peer the clips that are not right and why. A clip is right when the peer chose the same
indices, and each of its frames is near padapter's frame of that index and no nearer to the frames beside it. Colours
differ by a few levels: padapter blends luma and chroma each in its own grid, others repeat chroma.
"""
import argparse
import json
import os
import subprocess
import tempfile

import cv2
import numpy as np
import readers

LEVELS = 8  # largest mean absolute difference of a right frame


class Clip:
    """A clip as padapter decodes it."""

    def __init__(self, padapter, path, args):
        self.padapter, self.path = padapter, path
        lines = self.run().splitlines()
        self.count = len(lines) - 1  # the first names the columns
        self.want = readers.middle(self.count, args.frames, args.stride)
        near = {j for i in self.want for j in (i - 1, i, i + 1) if 0 <= j < self.count}
        with tempfile.TemporaryDirectory() as folder:
            self.run("--index", ",".join(map(str, sorted(near))), "--png", folder)
            self.frames = {i: cv2.cvtColor(cv2.imread(f"{folder}/frame-{i:06d}.png"), cv2.COLOR_BGR2RGB) for i in near}

    def run(self, *flags):
        return subprocess.run([self.padapter, "frames", self.path, *flags], stdout=subprocess.PIPE, text=True, check=True).stdout

    def fault(self, read, args):
        """What is wrong with a reader's frames, or None."""
        try:
            want, found = read(self.path, lambda n: readers.middle(n, args.frames, args.stride))
        except Exception as error:  # libraries raise all kinds
            return f"cannot be read: {error!r}"
        if want != self.want:
            return f"chose frames {want[0]} to {want[-1]} instead of {self.want[0]} to {self.want[-1]} (the clip has {self.count})"
        for i in want:
            if i not in found:
                return f"has no frame {i}"
            apart = {j: difference(found[i], self.frames[j]) for j in (i - 1, i, i + 1) if j in self.frames}
            if apart[i] > LEVELS or apart[i] > min(apart.values()):
                nearest = min(apart, key=apart.get)
                return f"frame {i} is {apart[i]:.1f} levels from ours; nearest is frame {nearest} at {apart[nearest]:.1f}"
        return None


def difference(a, b):
    """The mean absolute difference in levels."""
    return float(np.abs(a.astype(np.int16) - b).mean()) if a.shape == b.shape else float("inf")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("padapter")
    p.add_argument("names")
    p.add_argument("dir")
    p.add_argument("--frames", type=int, default=16)
    p.add_argument("--stride", type=int, default=4)
    args = p.parse_args()
    faults = {name: {} for name in args.names.split(",")}
    for file in sorted(os.listdir(args.dir)):
        clip = Clip(args.padapter, os.path.join(args.dir, file), args)
        for name, wrong in faults.items():
            if why := clip.fault(readers.READERS[name], args):
                wrong[file] = why
    print(json.dumps(faults))


if __name__ == "__main__":
    main()
