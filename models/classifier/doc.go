// Package classifier combines a backbone, a tuning and a head: uint8 clips in, logits out.
//
// A Classifier holds no weights and no graph. It describes a network and builds graphs over a model store that holds
// the values of Parameters. It is safe for concurrent use.
package classifier
