#!/usr/bin/env python3
"""Compares the filters of package decode with OpenCV's and PIL's.

  filters.py PADAPTER CLIP... [--index 5] [--size 171x128]

Each clip's frame is written in full size and scaled by padapter, the full
frame is scaled by the others, and mean absolute differences in levels are
printed. What remains of the difference at full size is chroma: padapter
blends luma and chroma each in its own grid, the others scale finished RGB.
"""
import argparse
import os
import subprocess
import tempfile

import cv2
import numpy as np
from PIL import Image

PEERS = {
    "bilinear": [("OpenCV LINEAR", cv2.INTER_LINEAR), ("PIL BILINEAR (widened)", Image.BILINEAR)],
    "bicubic": [("OpenCV CUBIC", cv2.INTER_CUBIC), ("PIL BICUBIC (widened)", Image.BICUBIC)],
    "area": [("OpenCV AREA", cv2.INTER_AREA), ("PIL BOX", Image.BOX)],
}


def frame(padapter, clip, index, *extra):
    with tempfile.TemporaryDirectory() as d:
        subprocess.run([padapter, "frames", clip, "--index", str(index), "--png", d, *extra], check=True, stdout=subprocess.DEVNULL)
        return cv2.imread(os.path.join(d, os.listdir(d)[0]))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("padapter")
    p.add_argument("clips", nargs="+")
    p.add_argument("--index", type=int, default=2)
    p.add_argument("--size", default="171x128")
    args = p.parse_args()
    size = tuple(int(v) for v in args.size.split("x"))
    for name, peers in PEERS.items():
        for title, how in peers:
            means = []
            for clip in args.clips:
                full = frame(args.padapter, clip, args.index)
                ours = frame(args.padapter, clip, args.index, "--size", args.size, "--filter", name).astype(float)
                if title.startswith("OpenCV"):
                    theirs = cv2.resize(full, size, interpolation=how)
                else:
                    theirs = np.asarray(Image.fromarray(full).resize(size, how))
                means.append(np.abs(ours - theirs).mean())
            print(f"{name:9} against {title:24} mean absolute difference {np.mean(means):.2f} levels ({min(means):.2f} to {max(means):.2f})")


if __name__ == "__main__":
    main()
