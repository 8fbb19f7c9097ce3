#!/usr/bin/env python3
"""Prints Markdown tables of what compare.py measured:  tables.py FILE..."""

import json
import statistics
import sys

NAMES = {
    "torch:float32": "PyTorch float32", "compile:bfloat16": "torch.compile bfloat16", "openvino:float32": "OpenVINO float32",
    "openvino:bfloat16": "OpenVINO bfloat16", "onnxruntime:float32": "ONNX Runtime float32",
}


def about(facts):
    """One paragraph on the machine and the versions."""
    engines = ", ".join(f"{engine} {version}" for engine, version in facts["engines"].items())
    packages = ", ".join(f"{name} {version}" for name, version in facts["packages"].items())
    return (f"{facts['processor']}; instructions: {facts['instructions']}; {facts['threads']} threads; {facts['memory_bytes'] / 2**30:.0f} GiB; "
            f"{facts['system']}; load at the start {facts['load']:.1f}. padapter {facts['padapter']} (engines {engines}); "
            f"Python {facts['python']}, {packages}. {facts['rounds']} rounds.")


def title(name):
    return NAMES.get(name, name.replace(":", " "))


def tokens(result):
    return result["frames"] // 2 * (result["size"] // 16) ** 2


def ratio(mine, peer):
    """The peer's time over ours: the median within turns, or of medians with a mark."""
    if mine["group"] == peer["group"]:
        return f"{statistics.median(p / m for m, p in zip(mine['seconds'], peer['seconds'])):.2f}"
    return f"{statistics.median(peer['seconds']) / statistics.median(mine['seconds']):.2f}\\*"


def row(cells):
    return "| " + " | ".join(cells) + " |"


def table(results):
    """One table of one pass: a row for each case and program of padapter."""
    names = list(dict.fromkeys(name for r in results for name in r["programs"]))
    peers = [n for n in names if not n.startswith("padapter-")]
    head = ["network", "tokens", "batch", "padapter", "s a round", "peak GB"] + [title(p) for p in peers]
    lines = [row(head), row(["---"] * len(head))]
    for r in results:
        found = r["programs"]
        case = [f"ViT-{r['model'][0].upper()}", str(tokens(r)), str(r["batch"])]
        for name in (n for n in names if n.startswith("padapter-") and n in found):
            mine = found[name]
            own = [name.removeprefix("padapter-").replace(":", " "), f"{statistics.median(mine['seconds']):.3f}", f"{mine['peak_bytes'] / 1e9:.2f}"]
            lines.append(row(case + own + [ratio(mine, found[p]) if p in found else "–" for p in peers]))
            case = ["", "", ""]
        seconds = [f"*{statistics.median(found[p]['seconds']):.3f}*" if p in found else "–" for p in peers]
        lines.append(row(case + ["*s a round*", "", ""] + seconds))
    return lines


def main():
    results = []
    for path in sys.argv[1:]:
        with open(path) as f:
            results += [json.loads(line) for line in f]
    for isa in dict.fromkeys(r["machine"]["instructions"] for r in results):
        these = [r for r in results if r["machine"]["instructions"] == isa]
        for text in dict.fromkeys(about(r["machine"]) for r in these):
            print(text + "\n")
        for kind in dict.fromkeys(r["pass"] for r in these):
            print(f"### {kind.capitalize()}, {isa}\n")
            print("\n".join(table([r for r in these if r["pass"] == kind])) + "\n")


if __name__ == "__main__":
    main()
