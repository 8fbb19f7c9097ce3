#!/usr/bin/env python3
"""Writes the parity fixtures in golden/ beside this file, by an independent forward pass in numpy.

    golden.py             write the fixtures
    golden.py --check DIR recompute the fixtures in DIR that the published PyTorch code wrote

Everything is computed in float64 from weights that were rounded to float32. There is no backward pass to get wrong: a
derivative is the imaginary part of a forward pass in which one weight has an imaginary part of 1e-30, divided by that
(the complex-step method, exact to rounding). README.md describes the files.
"""
import argparse
import glob
import json
import math
import os
import struct

import numpy as np

STEP = 1e-30
EPS = 1e-6
MARGIN = 3e-4  # least distance of an input of ReLU from 0

# --- the network: plain functions of x [B, N, D] and a dict of weights under the published names ---


def linear(x, w, name, bias=None):
    y = x @ np.swapaxes(w[name + ".weight"], -1, -2)
    bias = bias or name + ".bias"
    return y + w[bias] if bias in w else y


def layer_norm(x, w, name):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + EPS) * w[name + ".weight"] + w[name + ".bias"]


def softmax(x):
    e = np.exp(x - x.real.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


ERF = np.vectorize(math.erf, otypes=[float])


def gelu(x):
    z = x / math.sqrt(2)
    erf = ERF(z.real) + 1j * z.imag * (2 / math.sqrt(math.pi)) * np.exp(-z.real**2)  # exact to first order in the step
    return x * (1 + erf) / 2


def relu(x, margins):
    margins.append(np.abs(x.real).min())
    return np.where(x.real > 0, x, 0)


def attention(x, w, name, heads):
    b, n, d = x.shape
    q = linear(x, w, name + ".q_proj", name + ".q_bias" if name + ".q_bias" in w else None)
    k = linear(x, w, name + ".k_proj")
    v = linear(x, w, name + ".v_proj", name + ".v_bias" if name + ".v_bias" in w else None)
    q, k, v = (t.reshape(b, n, heads, d // heads).transpose(0, 2, 1, 3) for t in (q, k, v))
    scores = softmax(q @ k.swapaxes(-1, -2) / math.sqrt(d // heads))
    return linear((scores @ v).transpose(0, 2, 1, 3).reshape(b, n, d), w, name + ".proj")


def mlp(x, w, name):
    return linear(gelu(linear(x, w, name + ".fc1")), w, name + ".fc2")


def padapter(x, w, name, m, margins):
    down = linear(x, w, name + ".down_proj")
    mode, learn = m["padapt_cat_mode"], m["padapt_learn_mode"]
    first, second = (w.get(name + ".prompt1"), w.get(name + ".prompt2"))
    full = np.zeros_like(down)
    if mode == "x_p":
        prompt = w[name + ".prompt"] + (down if learn == "add" else full)
        parts = [down, prompt]
    else:
        b = first.shape[-1]
        left, right = (down, down) if mode == "p_x_p" else (down[..., :b], down[..., b:])
        if learn == "cat":
            left, right = np.zeros_like(left), np.zeros_like(right)
        parts = [first + left, down, second + right]
    hidden = relu(np.concatenate(parts, -1), margins)
    scale = w[name + ".scale"] if name + ".scale" in w else float(m["padapt_scalar"])
    return linear(hidden, w, name + ".up_proj") * scale


def block(x, w, i, m, margins):
    name, where = f"blocks.{i}", m.get("padapt_local") if m["tuning"] == "padapter" else None
    heads = int(m["num_heads"])

    def adapter(x):
        return padapter(x, w, name + ".padapter", m, margins)

    came = x
    if where == "p_a_m":
        x = x + adapter(x)
    x = x + attention(layer_norm(x, w, name + ".norm1"), w, name + ".attn", heads)
    if where == "p+a_m":
        x = x + adapter(came)
    if where == "a_p_m":
        x = x + adapter(x)
    middle = x
    x = x + mlp(layer_norm(x, w, name + ".norm2"), w, name)
    if where == "a_p+m":
        x = x + adapter(middle)
    if where == "a_m_p":
        x = x + adapter(x)
    if where == "p+b":
        x = x + adapter(came)
    if m["tuning"] == "adaptformer":
        hidden = relu(linear(middle, w, name + ".adaptmlp.down_proj"), margins)
        x = x + 0.1 * linear(hidden, w, name + ".adaptmlp.up_proj")
    return x


def sinusoid(n, d):
    angle = np.arange(n)[:, None] / 10000 ** (2 * (np.arange(d) // 2) / d)
    return np.where(np.arange(d) % 2 == 0, np.sin(angle), np.cos(angle)).astype(np.float32)


def tokens(x, w, m):
    p = int(m["patch_size"])
    kernel = w["patch_embed.proj.weight"]
    if m["modality"] == "image":
        x, kernel = x[:, :, None], kernel[:, :, None]
    b, c, frames, height, width = x.shape
    t = kernel.shape[2]
    x = x[:, :, : frames // t * t].reshape(b, c, frames // t, t, height // p, p, width // p, p)
    x = x.transpose(0, 2, 4, 6, 1, 3, 5, 7).reshape(b, -1, c * t * p * p)
    return x @ kernel.reshape(kernel.shape[0], -1).T + w["patch_embed.proj.bias"]


def features(w, x, m, margins):
    x = tokens(x, w, m)
    if m["modality"] == "image":
        x = np.concatenate([np.broadcast_to(w["cls_token"], (x.shape[0], 1, x.shape[2])), x], 1) + w["pos_embed"]
    else:
        x = x + sinusoid(x.shape[1], x.shape[2])
    for i in range(int(m["depth"])):
        prompts = 0
        if m["tuning"] == "vpt":
            prompt = w[f"embeddings.{i}"]
            prompts = prompt.shape[1]
            x = np.concatenate([np.broadcast_to(prompt, (x.shape[0],) + prompt.shape[1:]), x], 1)
        x = block(x, w, i, m, margins)[:, prompts:]
    if m["modality"] == "video":
        return layer_norm(x.mean(1), w, "fc_norm")
    if m["global_pool"] == "true":
        return layer_norm(x[:, 1:].mean(1), w, "fc_norm")
    return layer_norm(x, w, "norm")[:, 0]


def logits(w, x, m, training, margins):
    """Logits [B, classes] and the batch's mean and biased variance of the head's input."""
    x = features(w, x, m, margins)
    mean, variance = x.mean(0), ((x - x.mean(0)) ** 2).mean(0)
    a, b = (mean, variance) if training else (w["head.0.running_mean"], w["head.0.running_var"])
    return linear((x - a) / np.sqrt(b + EPS), w, "head.1"), mean.real, variance.real


def cross_entropy(scores, labels):
    shifted = scores - scores.real.max(-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return -logs[np.arange(len(labels)), labels].mean()


# --- training ---


def gradient(w, name, x, labels, m, only=None):
    """d loss / d w[name]; only limits it to some flat indices."""
    plain = w[name]
    out = np.full(plain.size, np.nan)
    for i in range(plain.size) if only is None else only:
        moved = plain.astype(complex)
        moved.flat[i] += 1j * STEP
        out[i] = cross_entropy(logits({**w, name: moved}, x, m, True, [])[0], labels).imag / STEP
    return out.reshape(plain.shape)


def train(w, x, labels, m, trainable):
    """Two steps of SGD with momentum on one batch; returns the tensors of a fixture, or None where rounding to float32
    could flip the sign of an input of ReLU."""
    out, w, velocity, margins = {}, dict(w), {}, []
    out["logits_eval"] = logits(w, x, m, False, margins)[0].real
    if margins and min(margins) < MARGIN:
        return None
    for step in (1, 2):
        scores, mean, variance = logits(w, x, m, True, margins)
        loss = cross_entropy(scores, labels).real
        if step == 1:
            out["logits_train"], out["loss_train"] = scores.real, loss
        else:
            out["loss_train2"] = loss
        gradients = {name: gradient(w, name, x, labels, m) for name in trainable}
        for name in trainable:
            if step == 1:
                out["grad." + name] = gradients[name]
            velocity[name] = float(m["momentum"]) * velocity.get(name, 0) + gradients[name]
            w[name] = w[name] - float(m["lr"]) * velocity[name]
            out[f"after{step}.{name}"] = w[name]
        rate, batch = 0.1, len(labels)
        for name, now in (("head.0.running_mean", mean), ("head.0.running_var", variance * batch / (batch - 1))):
            w[name] = (1 - rate) * w[name] + rate * now
            out[f"after{step}.{name}"] = w[name]
    return None if margins and min(margins) < MARGIN else out


# --- the fixtures ---

SIDE, PATCH, FRAMES, TUBELET, DIM, DEPTH, HEADS, CLASSES, BATCH, WIDTH = 8, 4, 4, 2, 16, 2, 2, 5, 3, 3


def shapes(m):
    """Every parameter and buffer of a network, in order, by its published name."""
    video, hidden = m["modality"] == "video", 4 * DIM
    n = (FRAMES // TUBELET if video else 1) * (SIDE // PATCH) ** 2 + (0 if video else 1)
    s = {}
    if not video:
        s["cls_token"], s["pos_embed"] = (1, 1, DIM), (1, n, DIM)
    s["patch_embed.proj.weight"] = (DIM, 3) + ((TUBELET,) if video else ()) + (PATCH, PATCH)
    s["patch_embed.proj.bias"] = (DIM,)
    for i in range(DEPTH):
        b = f"blocks.{i}."
        for norm in ("norm1", "norm2"):
            s[b + norm + ".weight"] = s[b + norm + ".bias"] = (DIM,)
        for part in "qkv":
            s[b + f"attn.{part}_proj.weight"] = (DIM, DIM)
            if not video:
                s[b + f"attn.{part}_proj.bias"] = (DIM,)
            elif part != "k":
                s[b + f"attn.{part}_bias"] = (DIM,)
        s[b + "attn.proj.weight"], s[b + "attn.proj.bias"] = (DIM, DIM), (DIM,)
        s[b + "fc1.weight"], s[b + "fc1.bias"] = (hidden, DIM), (hidden,)
        s[b + "fc2.weight"], s[b + "fc2.bias"] = (DIM, hidden), (DIM,)
        if m["tuning"] == "padapter":
            p, mode = b + "padapter.", m["padapt_cat_mode"]
            if m["padapt_scale_trainable"] == "true":
                s[p + "scale"] = (1,)
            for prompt in ("prompt",) if mode == "x_p" else ("prompt1", "prompt2"):
                s[p + prompt] = (1, n, WIDTH)
            down, joined = {"x_p": (1, 2), "p_x_p": (1, 3), "p_2x_p": (2, 4)}[mode]
            s[p + "down_proj.weight"], s[p + "down_proj.bias"] = (down * WIDTH, DIM), (down * WIDTH,)
            s[p + "up_proj.weight"], s[p + "up_proj.bias"] = (DIM, joined * WIDTH), (DIM,)
        if m["tuning"] == "adaptformer":
            p = b + "adaptmlp."
            s[p + "down_proj.weight"], s[p + "down_proj.bias"] = (WIDTH, DIM), (WIDTH,)
            s[p + "up_proj.weight"], s[p + "up_proj.bias"] = (DIM, WIDTH), (DIM,)
        if m["tuning"] == "vpt":
            s[f"embeddings.{i}"] = (1, WIDTH, DIM)
    norm = "fc_norm" if video or m["global_pool"] == "true" else "norm"
    s[norm + ".weight"] = s[norm + ".bias"] = (DIM,)
    s["head.0.running_mean"] = s["head.0.running_var"] = (DIM,)
    s["head.1.weight"], s["head.1.bias"] = (CLASSES, DIM), (CLASSES,)
    return s


def trains(name, m):
    if name.startswith("head.0."):
        return False
    own = ("padapter." in name, "adaptmlp." in name, name.startswith(("embeddings.", "fc_norm.", "head.1.")))
    return m["tuning"] == "full" or any(own)


def weights(m, rng):
    w = {}
    for name, shape in shapes(m).items():
        values = rng.standard_normal(shape)
        if name.endswith("running_var"):
            values = 0.5 + rng.random(shape)
        elif "norm" in name and name.endswith(".weight") or name.endswith(".scale"):
            values = 1 + 0.2 * values
        elif len(shape) > 1 and name.endswith(".weight"):
            values = values / math.sqrt(np.prod(shape[1:]))
        else:
            values = 0.2 * values
        w[name] = values.astype(np.float32).astype(np.float64)
    return w


def describe(modality, tuning, **more):
    m = {
        "modality": modality, "tuning": tuning, "img_size": SIDE, "patch_size": PATCH, "embed_dim": DIM, "depth": DEPTH,
        "num_heads": HEADS, "mlp_ratio": 4.0, "num_classes": CLASSES, "batch": BATCH, "global_pool": "true",
        "lr": 0.05, "momentum": 0.9, "weight_decay": 0.0,
    }
    if modality == "video":
        m |= {"num_frames": FRAMES, "tubelet_size": TUBELET}
    m |= more
    if tuning == "padapter":
        m |= {"padapt_bottleneck": WIDTH, "padapt_scale_trainable": "true" if m["padapt_scalar"] == "0." else "false"}
    parts = [modality, tuning]
    if tuning == "padapter":
        parts += [m["padapt_local"].replace("+", "_plus_"), m["padapt_cat_mode"], m["padapt_learn_mode"]]
        parts += [] if m["padapt_scalar"] == "0." else ["scale" + m["padapt_scalar"]]
    if modality == "image":
        parts.append("gap" if m["global_pool"] == "true" else "cls")
    return {"name": "_".join(parts)} | {k: str(v) for k, v in m.items()}


def adapter(location, cat, learn, scale="0."):
    return {"padapt_local": location, "padapt_cat_mode": cat, "padapt_learn_mode": learn, "padapt_scalar": scale}


FIXTURES = [
    describe("video", "padapter", **adapter("a_m_p", "x_p", "add")),
    describe("video", "padapter", **adapter("a_m_p", "x_p", "cat")),
    describe("video", "padapter", **adapter("a_p_m", "p_x_p", "cat")),
    describe("video", "padapter", **adapter("a_p+m", "p_2x_p", "add", "0.1")),
    describe("video", "padapter", **adapter("p+b", "p_x_p", "add")),
    describe("image", "padapter", **adapter("p_a_m", "x_p", "add"), global_pool="false"),
    describe("image", "padapter", **adapter("p+a_m", "x_p", "cat"), global_pool="true"),
    describe("video", "adaptformer"),
    describe("video", "vpt"),
    describe("video", "linear"),
    describe("image", "vpt", global_pool="false"),
    describe("image", "full", global_pool="true"),
]


def write(path, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, values in sorted(tensors.items()):
        kind = "I64" if name == "labels" else "F32"
        raw = np.ascontiguousarray(values, dtype="<i8" if kind == "I64" else "<f4").tobytes()
        header[name] = {"dtype": kind, "shape": list(np.shape(values)), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":"), sort_keys=True).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def read(path):
    with open(path, "rb") as f:
        raw = f.read()
    (n,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + n])
    kinds, tensors = {"F32": "<f4", "I64": "<i8"}, {}
    for name, t in header.items():
        if name != "__metadata__":
            a, b = t["data_offsets"]
            tensors[name] = np.frombuffer(raw[8 + n + a : 8 + n + b], kinds[t["dtype"]]).reshape(t["shape"])
    return tensors, header["__metadata__"]


def make(m, folder):
    trained = None
    for seed in range(1, 1000):
        rng = np.random.default_rng([seed] + list(m["name"].encode()))
        w = weights(m, rng)
        x = rng.standard_normal((BATCH, 3) + ((FRAMES,) if m["modality"] == "video" else ()) + (SIDE, SIDE)).astype(np.float32)
        labels = rng.integers(0, CLASSES, BATCH)
        trainable = [name for name in w if trains(name, m)]
        trained = train(w, x.astype(np.float64), labels, m, trainable)
        if trained:
            break
    out = {"param." + name: values for name, values in w.items()} | {"input": x, "labels": labels} | trained
    counted = {k: int(np.size(v)) for k, v in w.items() if not k.startswith("head.0.")}
    m = m | {
        "seed": str(seed), "trainable": json.dumps(trainable), "trainable_elements": str(sum(counted[k] for k in trainable)),
        "total_elements": str(sum(counted.values())),
    }
    write(os.path.join(folder, m["name"] + ".safetensors"), out, m)


def check(path):
    """The largest differences from a fixture of the published code: logits, loss, and some entries of every gradient."""
    t, m = read(path)
    w = {}
    for name in [k for k in t if k.startswith("param.") and not k.endswith("num_batches_tracked")]:
        values = t[name].astype(np.float64)
        if "attn.qkv." in name:
            for part, rows in zip("qkv", np.split(values, 3)):
                w[name[6:].replace("qkv.", part + "_proj.")] = rows
        else:
            w[name[6:]] = values
    x, labels = t["input"].astype(np.float64), t["labels"]
    scores = logits(w, x, m, True, [])[0].real
    worst = {
        "eval": np.abs(logits(w, x, m, False, [])[0].real - t["logits_eval"]).max(),
        "train": np.abs(scores - t["logits_train"]).max(),
        "loss": abs(cross_entropy(scores, labels) - float(t["loss_train"].item())),
        "gradient": 0.0,
    }
    rng = np.random.default_rng(1)
    for name in json.loads(m["trainable"]):
        if name not in w:
            continue  # a fused matrix
        some = rng.choice(w[name].size, min(4, w[name].size), replace=False)
        got = gradient(w, name, x, labels, m, some).ravel()[some]
        worst["gradient"] = max(worst["gradient"], np.abs(got - t["grad." + name].ravel()[some]).max())
    print(os.path.basename(path), {k: f"{v:.1e}" for k, v in worst.items()})
    if max(worst.values()) > 5e-5:
        raise SystemExit("differs from the published code")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", metavar="DIR")
    args = parser.parse_args()
    if args.check:
        for path in sorted(glob.glob(os.path.join(args.check, "*.safetensors"))):
            check(path)
        return
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")
    os.makedirs(folder, exist_ok=True)
    for m in FIXTURES:
        make(m, folder)


if __name__ == "__main__":
    main()
