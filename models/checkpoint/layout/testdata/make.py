"""Writes tiny.pth (zip form) and tiny-legacy.pth as training programs do: tensors under "model", and beside them the
program's arguments, an object of a class that a reader need not know. Run with Python and PyTorch in this folder."""
import argparse, collections, torch
n = torch.arange(12, dtype=torch.float32).reshape(3, 4)
model = collections.OrderedDict(
    plain=n, transposed=n.t(), view=n[1:, 2:], half=n.half(), brain=n.bfloat16(), double=n.double(),
    parameter=torch.nn.Parameter(n + 1), scalar=torch.tensor(7.0), whole=torch.arange(3))
file = {"model": model, "epoch": 3, "args": argparse.Namespace(lr=0.1, name="x", nested=argparse.Namespace(a=[1, 2]))}
torch.save(file, "tiny.pth")
torch.save(file, "tiny-legacy.pth", _use_new_zipfile_serialization=False)
