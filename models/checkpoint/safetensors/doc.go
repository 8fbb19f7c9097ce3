// Package safetensors reads and writes the safetensors file format: an 8-byte little-endian header length, a JSON
// header that names each tensor with dtype, shape and byte range, then the tensors' bytes.
//
// The reader does not trust the file: it checks header size, names, dtypes, shapes and ranges before it reads a tensor.
// Ranges must not overlap and must cover the data. Tensors are read one at a time, so a file may be larger than memory.
// The writer is deterministic: tensors are sorted by name, metadata by key.
package safetensors
