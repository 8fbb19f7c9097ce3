// Package layout reads and writes pretrained transformers under the tensor names of their publishers.
//
// A Layout is a table: for each parameter, the name in files of that layout, and which third of a fused matrix it is.
// Load detects the layout of a file, fills a store, and reports what was loaded, missing, unexpected or reshaped.
// Position tables of another size are interpolated, and 2-D patch kernels are spread over the frames of a tubelet.
// Files of unknown layout are rejected with the name of the nearest known one.
//
// Open reads safetensors files and PyTorch pickles (.pth, .pt, .bin), both the zip format and the legacy format.
// Pickles are read as data: no code in them is ever run, and objects of unknown classes are ignored.
package layout
