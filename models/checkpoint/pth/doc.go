// Package pth writes tensors as PyTorch's own files, which torch.load reads: a pickle of {"model": {name: tensor}} and the
// tensors' values, in a zip archive (Write, PyTorch 1.6 and later) or one after the other (WriteLegacy, all versions).
// Package layout reads both. Equal tensors give equal bytes.
package pth
