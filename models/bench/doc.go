// Package bench measures the networks of the paper: a forward pass, as in labelling, and a PAdapter training step.
//
// Weights and pixels are functions of the case. Another program can build the same network, run it on the same input
// and compare results before anything is timed; peers/compare.py does this with PyTorch, OpenVINO and ONNX Runtime. The
// package reads no data sets and does not measure memory. A Run must not be used concurrently.
package bench
