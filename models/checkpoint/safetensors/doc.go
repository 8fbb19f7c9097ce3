// Package safetensors reads and writes the safetensors file format: an 8-byte little-endian header length, a JSON header
// that names each tensor with dtype, shape and byte range, then the tensors' bytes.
//
// Reading trusts nothing: header size, names, dtypes, shapes and ranges are checked against the file before a tensor
// is touched, ranges may not overlap and must cover the data. Tensors are read one at a time, so a file larger than
// memory is no problem. Writing is deterministic: tensors sorted by name, metadata sorted by key.
package safetensors
