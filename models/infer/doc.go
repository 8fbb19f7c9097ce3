// Package infer runs a classifier forward on fixed-size clip batches: uint8 frames in, logits out.
//
// It is what validation, evaluation and labelling share. It never changes a variable: BatchNorm uses its running
// statistics and dropout is off. Weights stay on the device between calls; one batch of frames goes in and one
// [B, classes] array comes back.
//
// A Predictor belongs to one goroutine, and its network must not be trained while a call is under way. Between calls
// it may: every call reads the variables' present values.
package infer
