// Package layout reads pretrained transformers under the names that their publishers gave them.
//
// A Layout is data: for each of our parameters the name that files of that kind use, and which third of a fused matrix
// it is. Detect finds a file's layout; Load fills a store and reports what was loaded, what was missing, what was not
// expected, and what had to be reshaped: position tables of another size are interpolated, 2-D patch kernels are spread
// over a tubelet's frames. Files of no known layout are refused, with the nearest known one named.
//
// Open reads safetensors files and PyTorch's pickles (.pth, .pt, .bin), both the zip form and the legacy one. Pickles
// are read as data: no class in them is ever run, unknown ones become inert.
package layout
