#!/usr/bin/env python3
"""The benchmark's work done by PyAV, OpenCV or decord, for comparison.

  peers.py pyav|opencv|decord DIR [--frames 16 --stride 4 --size 224 --workers 2]

Answers each line on standard input with one round over the directory, as one
JSON object: clips a second and processor milliseconds a clip. The worker
processes take clips from one list; imports and process start are not measured.
"""
import argparse
import importlib.util
import json
import multiprocessing
import os
import sys
import time


def middle(n, args):
    start = max(0, (n - (args.frames - 1) * args.stride - 1) // 2)
    return [min(start + i * args.stride, n - 1) for i in range(args.frames)]


def finish(rgb, size):
    """Short side to size, bilinear, and the centre square."""
    import cv2

    h, w = rgb.shape[:2]
    scale = size / min(h, w)
    out = cv2.resize(rgb, (max(size, round(w * scale)), max(size, round(h * scale))), interpolation=cv2.INTER_LINEAR)
    y, x = (out.shape[0] - size) // 2, (out.shape[1] - size) // 2
    return out[y : y + size, x : x + size]


def pyav(path, args, out):
    import av

    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_count = 1
        n = stream.frames or round(float(stream.duration or container.duration * 1e-6 / stream.time_base) * stream.time_base * stream.average_rate)
        want = middle(n, args)
        step = 1 / (stream.average_rate * stream.time_base)
        first = stream.start_time or 0
        if want[0]:
            container.seek(int(first + want[0] * step), stream=stream)
        at, found = 0, {}
        wanted = set(want)
        for frame in container.decode(stream):
            index = round((frame.pts - first) / step) if frame.pts is not None else at
            at = index + 1
            if index in wanted:
                found[index] = finish(frame.to_ndarray(format="rgb24"), args.size)
            if index >= want[-1]:
                break
        for k, i in enumerate(want):
            if i in found:
                out[k] = found[i]


def opencv(path, args, out):
    import cv2

    video = cv2.VideoCapture(path, cv2.CAP_FFMPEG)
    n = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    want = middle(n, args)
    wanted, found = set(want), {}
    for i in range(want[-1] + 1):
        if not video.grab():
            break
        if i in wanted:
            found[i] = finish(cv2.cvtColor(video.retrieve()[1], cv2.COLOR_BGR2RGB), args.size)
    for k, i in enumerate(want):
        if i in found:
            out[k] = found[i]


def decord(path, args, out):
    import decord as d

    reader = d.VideoReader(path, num_threads=1)
    frames = reader.get_batch(middle(len(reader), args)).asnumpy()
    for k, frame in enumerate(frames):
        out[k] = finish(frame, args.size)


def worker(kind, args, jobs, results):
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    out = np.zeros((args.frames, args.size, args.size, 3), np.uint8)
    run = {"pyav": pyav, "opencv": opencv, "decord": decord}[kind]
    if kind == "pyav":
        import av  # noqa: F401
    results.put(0)
    while (path := jobs.get()) is not None:
        start = time.process_time()
        try:
            run(path, args, out)
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
    p = argparse.ArgumentParser()
    p.add_argument("kind", choices=["pyav", "opencv", "decord"])
    p.add_argument("dir")
    for name, value in (("frames", 16), ("stride", 4), ("size", 224), ("workers", 2)):
        p.add_argument("--" + name, type=int, default=value)
    args = p.parse_args()
    missing = [m for m in ("numpy", "cv2", {"pyav": "av", "opencv": "cv2", "decord": "decord"}[args.kind]) if importlib.util.find_spec(m) is None]
    if missing:
        sys.exit(f"{sys.executable} has no {', '.join(missing)}")
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "threads;1")
    files = sorted(os.path.join(args.dir, f) for f in os.listdir(args.dir))
    jobs, results = multiprocessing.Queue(), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=worker, args=(args.kind, args, jobs, results), daemon=True) for _ in range(args.workers)]
    for w in workers:
        w.start()
    for _ in workers:
        get(results)
    for _ in sys.stdin:
        start = time.perf_counter()
        for f in files:
            jobs.put(f)
        cpu = sum(get(results) for _ in files) / len(files) * 1000
        print(json.dumps({"rate": len(files) / (time.perf_counter() - start), "cpu_ms": cpu}), flush=True)
    for _ in workers:
        jobs.put(None)
    for w in workers:
        w.join()


if __name__ == "__main__":
    main()
