// Package infer runs the forward pass of a classifier on fixed-size clip batches: uint8 frames in, logits out.
//
// Validation, evaluation and labelling share it. It never changes a variable: batch normalisation uses running
// statistics, and dropout is off. Weights stay on the device between calls. Each call copies one batch of frames to the
// device and one [B, classes] array back.
//
// A Predictor must not be used concurrently, and its network must not be trained during a call. It may be trained
// between calls: every call uses the current values of the variables.
package infer
