// Package pth writes tensors in PyTorch's own file formats, which torch.load reads: a pickle of {"model": {name:
// tensor}} and the values of the tensors, in a zip archive (Write, PyTorch 1.6 and later) or one after another
// (WriteLegacy, all versions). Package layout reads both. Equal tensors give equal bytes.
package pth
