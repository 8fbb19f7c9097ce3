// Package classifier is a trunk, a tuning and a head put together: uint8 clips in, logits out.
//
// A Classifier holds no weights and no graph: it is a description that builds graphs over a model store which
// Parameters filled. It may be used from several goroutines.
package classifier
