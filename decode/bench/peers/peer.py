#!/usr/bin/env python3
"""The benchmark's work done by a peer of padapter, as a program.

  peer.py NAME DIR [--frames 16 --stride 4 --size 224 --workers 2]

Answers each line on standard input with one round over the directory, as one JSON object: clips a second and processor
milliseconds a clip. The worker processes take clips from one list; imports and process start are not measured.
"""
import argparse
import importlib.util
import json
import multiprocessing
import os
import sys
import time

import readers


def finish(rgb, size):
    """Short side to size, bilinear, and the centre square."""
    import cv2

    h, w = rgb.shape[:2]
    scale = size / min(h, w)
    out = cv2.resize(rgb, (max(size, round(w * scale)), max(size, round(h * scale))), interpolation=cv2.INTER_LINEAR)
    y, x = (out.shape[0] - size) // 2, (out.shape[1] - size) // 2
    return out[y : y + size, x : x + size]


def worker(args, jobs, results):
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    if args.name.startswith("torchcodec"):
        import torch

        torch.set_num_threads(1)
    importlib.import_module(readers.MODULES[args.name])
    out = np.zeros((args.frames, args.size, args.size, 3), np.uint8)
    read = readers.READERS[args.name]
    results.put(0)
    while (path := jobs.get()) is not None:
        start = time.process_time()
        try:
            want, found = read(path, lambda n: readers.middle(n, args.frames, args.stride))
            for k, i in enumerate(want):
                if i in found:
                    out[k] = finish(found[i], args.size)
        except Exception as error:  # goes to the parent, which would wait for ever otherwise
            results.put(f"{path}: {error!r}")
            return
        results.put(time.process_time() - start)


def get(results):
    """The next worker's processor seconds; ends the program when it failed."""
    result = results.get()
    if isinstance(result, str):
        sys.exit(result)
    return result


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("name", choices=readers.READERS)
    p.add_argument("dir")
    for name, value in (("frames", 16), ("stride", 4), ("size", 224), ("workers", 2)):
        p.add_argument("--" + name, type=int, default=value)
    args = p.parse_args()
    missing = [m for m in ("numpy", "cv2", readers.MODULES[args.name]) if importlib.util.find_spec(m) is None]
    if missing:
        sys.exit(f"{sys.executable} has no {', '.join(missing)}")
    files = sorted(os.path.join(args.dir, f) for f in os.listdir(args.dir))
    start = multiprocessing.get_context("spawn")
    jobs, results = start.Queue(), start.Queue()
    workers = [start.Process(target=worker, args=(args, jobs, results), daemon=True) for _ in range(args.workers)]
    for w in workers:
        w.start()
    for _ in workers:
        get(results)
    for _ in sys.stdin:
        began = time.perf_counter()
        for f in files:
            jobs.put(f)
        cpu = sum(get(results) for _ in files) / len(files) * 1000
        print(json.dumps({"rate": len(files) / (time.perf_counter() - began), "cpu_ms": cpu}), flush=True)
    for _ in workers:
        jobs.put(None)
    for w in workers:
        w.join()


if __name__ == "__main__":
    main()
