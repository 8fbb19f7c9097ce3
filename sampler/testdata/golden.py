#!/usr/bin/env python3
"""Writes sampling.json beside this file: frames and crops as the paper's published code chooses them.

    golden.py               write the tables
    golden.py --check FILE  recompute the tables that the published code wrote, from the draws that they record

Standard library only. README.md describes the tables.
"""
import argparse
import json
import os
import random


def linspace(start, stop, num):
    """num float64 numbers from start to stop, both included, as numpy computes them."""
    if num == 0:
        return []
    if num == 1:
        return [float(start)]
    step = (stop - start) / (num - 1)
    return [start + i * step for i in range(num - 1)] + [float(stop)]


def spread(n, clip, rate, segments, draw):
    """Training frames of VideoClsDataset. draw(low, high) gives a number below high."""
    span, length, out = clip * rate, n // segments, []
    for i in range(segments):
        if length <= span:
            at = linspace(0, length, length // rate) + [length] * (clip - length // rate)
            low, high = 0, length - 1
        else:
            end = draw(span, length)
            at = linspace(end - span, end, clip)
            low, high = end - span, end - 1
        out += [int(min(max(x, low), high)) + i * length for x in at]
    return out


def videomae(duration, length, step, segments, jitter, draw):
    """Training frames of VideoMAE: starts (from 1), skips, frames (from 0). draw(low, high, count) gives a list."""
    span = length * step
    average = (duration - span + 1) // segments
    if average > 0:
        starts = [i * average + d for i, d in enumerate(draw(0, average, segments))]
    elif duration > max(segments, span):
        starts = sorted(draw(0, duration - span + 1, segments))
    else:
        starts = [0] * segments
    starts = [s + 1 for s in starts]
    skips = draw(0, step, span // step) if jitter else [0] * (span // step)
    frames = []
    for offset in starts:
        for skip in skips:
            frames.append(offset + skip - 1 if offset + skip <= duration else offset - 1)
            if offset + step < duration:
                offset += step
    return starts, skips, frames


def resized(height, width, short):
    """Height and width with the short side resized and the long side truncated."""
    if min(height, width) == short:
        return height, width
    if width < height:
        return int(short * height / width), short
    return short, int(short * width / height)


def views(n, rate, clip, segments, crops, short, height, width):
    frames = list(range(0, n, rate))
    frames += frames[-1:] * (clip - len(frames))
    h, w = resized(height, width, short)
    out = []
    for chunk in range(segments):
        for split in range(crops):
            t = int(chunk * (max(len(frames) - clip, 0) / (segments - 1)))
            at = int(split * ((max(h, w) - short) / (crops - 1)))
            y, x = (at, 0) if h >= w else (0, at)
            out.append([chunk, split, t, t + clip, y, y + short, x, x + short])
    return frames, h, w, out


def multiscale(width, height, size, scales):
    short = min(width, height)
    sides = [int(short * s) for s in scales]
    sides = [size if abs(s - size) < 3 else s for s in sides]
    pairs = [[w, h] for i, h in enumerate(sides) for j, w in enumerate(sides) if abs(i - j) <= 1]
    places = [(0, 0), (4, 0), (0, 4), (4, 4), (2, 2), (0, 2), (4, 2), (2, 4), (2, 0), (1, 1), (3, 1), (1, 3), (3, 3)]
    offsets = [[[x * ((width - w) // 4), y * ((height - h) // 4)] for x, y in places] for w, h in pairs]
    return pairs, offsets


def corner(h, w, crop):
    return round((h - crop) / 2), round((w - crop) / 2)  # halves to even


class Draws:
    """Draws new numbers, or those of a table again, and keeps a record of them."""

    def __init__(self, rng=None, recorded=None):
        self.rng, self.recorded, self.record = rng, list(recorded or []), []

    def one(self, low, high):
        value = self.rng.randrange(low, high) if self.rng else self.recorded.pop(0)[2]
        self.record.append([low, high, value])
        return value

    def many(self, low, high, count):
        values = [self.rng.randrange(low, high) for _ in range(count)] if self.rng else self.recorded.pop(0)["values"]
        self.record.append({"low": low, "high": high, "values": values})
        return values


def spread_row(r, rng=None):
    d = Draws(rng, r.get("draws"))
    indices = spread(r["num_frames"], r["clip_len"], r["frame_sample_rate"], r["num_segment"], d.one)
    return r | {"draws": d.record, "indices": indices}


def videomae_row(r, rng=None):
    d = Draws(rng, r.get("draws"))
    starts, skips, frames = videomae(r["duration"], r["new_length"], r["new_step"], r["num_segments"], r["temporal_jitter"], d.many)
    return r | {"draws": d.record, "segment_indices": starts, "skip_offsets": skips, "frame_ids": frames}


def views_row(r, _=None):
    keys = ("num_frames", "frame_sample_rate", "clip_len", "test_num_segment", "test_num_crop", "short_side_size", "height", "width")
    frames, h, w, all_views = views(*(r[k] for k in keys))
    return r | {"all_index": frames, "resized_height": h, "resized_width": w, "views": all_views}


def multiscale_row(r, _=None):
    pairs, offsets = multiscale(r["image_w"], r["image_h"], r["input_size"], r["scales"])
    return r | {"pairs": pairs, "offsets": offsets}


def validation_row(r, _=None):
    h, w = resized(r["height"], r["width"], r["short_side_size"])
    y, x = corner(h, w, r["crop_size"])
    return r | {"resized_height": h, "resized_width": w, "crop_y": y, "crop_x": x}


TABLES = {
    "a_video_cls_train_val": spread_row,
    "b_video_cls_test": views_row,
    "c_video_mae_train": videomae_row,
    "d_multi_scale_crop": multiscale_row,
    "f_validation_resize_center_crop": validation_row,
}
SIZES = [(256, 340), (240, 427), (340, 256), (224, 224), (120, 160), (1080, 1920), (241, 241)]


def questions():
    """The rows of each table before they are answered."""
    spread_q = [
        {"num_frames": n, "clip_len": 8, "frame_sample_rate": rate, "num_segment": segments}
        for n in (1, 5, 8, 31, 32, 33, 34, 75, 300) for rate, segments in ((4, 1), (2, 2)) if n // segments > 0
    ]
    mae_q = [
        {"duration": n, "new_length": 8, "new_step": step, "num_segments": segments, "temporal_jitter": jitter}
        for n in (1, 8, 9, 10, 31, 32, 33, 75, 300) for step, segments, jitter in ((4, 1, False), (2, 2, False), (4, 1, True))
    ]
    views_q = [
        {
            "num_frames": n, "frame_sample_rate": 4, "clip_len": 8, "test_num_segment": segments, "test_num_crop": 3,
            "short_side_size": 224, "height": h, "width": w,
        }
        for n, segments, (h, w) in ((300, 4, SIZES[0]), (20, 2, SIZES[1]), (129, 5, SIZES[2]), (33, 2, SIZES[3]))
    ]
    crops_q = [{"image_w": w, "image_h": h, "input_size": 224, "scales": [1, 0.875, 0.75, 0.66]} for h, w in SIZES[:3] + SIZES[4:]]
    validation_q = [{"height": h, "width": w, "short_side_size": s, "crop_size": c} for h, w in SIZES for s, c in ((224, 224), (256, 224))]
    return dict(zip(TABLES, (spread_q, views_q, mae_q, crops_q, validation_q)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", metavar="FILE")
    args = parser.parse_args()
    if args.check:
        with open(args.check) as f:
            published = json.load(f)
        for name, row in TABLES.items():
            wrong = [r for r in published[name] if row(r) != r]
            print(f"{name}: {len(published[name])} rows, {len(wrong)} differ", *wrong[:1])
        return
    rng = random.Random(1)
    tables = {name: [TABLES[name](row, rng) for row in rows] for name, rows in questions().items()}
    order = [[video, chunk, split] for chunk in range(2) for split in range(3) for video in range(2)]
    tables["b_test_order"] = {"videos": 2, "test_num_segment": 2, "test_num_crop": 3, "order": order}
    lines = [f" {json.dumps(name)}: [\n  " + ",\n  ".join(map(json.dumps, t)) + "\n ]" if isinstance(t, list) else f" {json.dumps(name)}: {json.dumps(t)}" for name, t in tables.items()]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "sampling.json"), "w") as f:
        f.write("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
