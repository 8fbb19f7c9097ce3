"""The network of `padapter bench model` as a PyTorch module: ViT with PAdapter behind every block's MLP."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HEADS = {"tiny": 3, "small": 6, "base": 12}
HEAD_DIM, DEPTH, TUBELET, PATCH, CLASSES = 64, 12, 2, 16, 51


def tokens(frames, size):
    """The number of tokens of a clip."""
    return frames // TUBELET * (size // PATCH) ** 2


def pixels(batch, frames, size):
    """Clips as padapter's bench makes them: uint8 [B, T, H, W, C]."""
    index = np.arange(batch * frames * size * size * 3, dtype=np.uint32).reshape(batch, -1)
    shift = 24 + np.arange(batch, dtype=np.uint32)[:, None] % 4
    values = ((index * np.uint32(2654435761)) >> shift.astype(np.uint32)).astype(np.uint8)
    return values.reshape(batch, frames, size, size, 3)


def sinusoid(count, dim):
    """Fixed position embeddings [1, count, dim]."""
    position = np.arange(count, dtype=np.float64)[:, None]
    angle = position / np.power(10000, 2 * (np.arange(dim) // 2) / dim)
    table = np.where(np.arange(dim) % 2 == 0, np.sin(angle), np.cos(angle))
    return torch.from_numpy(table.astype(np.float32))[None]


class Adapter(nn.Module):
    """PAdapter with a prompt added in the bottleneck."""

    def __init__(self, weights, prefix):
        super().__init__()
        self.down = linear(weights, prefix + "down_proj")
        self.up = linear(weights, prefix + "up_proj")
        self.prompt = nn.Parameter(weights[prefix + "prompt"])
        self.scale = nn.Parameter(weights[prefix + "scale"])

    def forward(self, x):
        h = self.down(x)
        return self.up(F.relu(torch.cat([h, self.prompt + h], dim=-1))) * self.scale


class Attention(nn.Module):
    """Self-attention with one product for queries, keys and values."""

    def __init__(self, weights, prefix, heads):
        super().__init__()
        self.heads = heads
        query, value = weights[prefix + "q_bias"], weights[prefix + "v_bias"]
        weight = torch.cat([weights[f"{prefix}{part}_proj.weight"] for part in "qkv"])
        self.qkv = filled(weight, torch.cat([query, torch.zeros_like(query), value]))
        self.proj = linear(weights, prefix + "proj")

    def forward(self, x):
        batch, count, dim = x.shape
        query, key, value = self.qkv(x).reshape(batch, count, 3, self.heads, HEAD_DIM).permute(2, 0, 3, 1, 4).unbind(0)
        return self.proj(F.scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(batch, count, dim))


class Block(nn.Module):
    def __init__(self, weights, prefix, heads):
        super().__init__()
        self.norm1, self.norm2 = norm(weights, prefix + "norm1"), norm(weights, prefix + "norm2")
        self.attention = Attention(weights, prefix + "attn.", heads)
        self.fc1, self.fc2 = linear(weights, prefix + "fc1"), linear(weights, prefix + "fc2")
        self.adapter = Adapter(weights, prefix + "padapter.")

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        x = x + self.fc2(F.gelu(self.fc1(self.norm2(x))))
        return x + self.adapter(x)


class Network(nn.Module):
    """Logits [B, classes] of clips, uint8 [B, T, H, W, C]. What PAdapter does not train is frozen.

    With settled the head takes its running statistics in training too, since a single clip has no variance.
    """

    def __init__(self, weights, model, frames, size, settled):
        super().__init__()
        dim = HEAD_DIM * HEADS[model]
        self.settled = settled
        self.register_buffer("mean", torch.tensor(MEAN).reshape(1, 3, 1, 1, 1))
        self.register_buffer("std", torch.tensor(STD).reshape(1, 3, 1, 1, 1))
        self.register_buffer("positions", sinusoid(tokens(frames, size), dim))
        self.register_buffer("running_mean", weights["head.0.running_mean"])
        self.register_buffer("running_var", weights["head.0.running_var"])
        self.embed = nn.Conv3d(3, dim, (TUBELET, PATCH, PATCH), stride=(TUBELET, PATCH, PATCH))
        self.embed.weight = nn.Parameter(weights["patch_embed.proj.weight"])
        self.embed.bias = nn.Parameter(weights["patch_embed.proj.bias"])
        self.blocks = nn.Sequential(*(Block(weights, f"blocks.{i}.", HEADS[model]) for i in range(DEPTH)))
        self.norm = norm(weights, "fc_norm")
        self.head = linear(weights, "head.1")
        self.requires_grad_(False)
        for part in [self.norm, self.head] + [block.adapter for block in self.blocks]:
            part.requires_grad_(True)

    def forward(self, clips):
        x = clips.permute(0, 4, 1, 2, 3).float() / 255
        x = self.embed((x - self.mean) / self.std).flatten(2).transpose(1, 2) + self.positions
        x = self.norm(self.blocks(x).mean(1))
        x = F.batch_norm(x, self.running_mean, self.running_var, training=self.training and not self.settled, momentum=0.1, eps=1e-6)
        return self.head(x)


def filled(weight, bias):
    """A linear layer of these weights."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], device="meta")
    layer.weight, layer.bias = nn.Parameter(weight), nn.Parameter(bias)
    return layer


def linear(weights, name):
    return filled(weights[name + ".weight"], weights[name + ".bias"])


def norm(weights, name):
    layer = nn.LayerNorm(weights[name + ".weight"].shape, eps=1e-6)
    layer.weight, layer.bias = nn.Parameter(weights[name + ".weight"]), nn.Parameter(weights[name + ".bias"])
    return layer
