// Package augment changes the pixels of clips for training: RandAugment, colour jitter, random erasing.
//
// A clip is uint8 [T, H, W, 3], RGB, and is changed in place. Every draw is a function of a sampler.Key, and all frames
// of a clip are changed alike: motion stays what it was, and nothing flickers. Statistics (an average grey, a histogram)
// are of the whole clip.
//
// Functions keep nothing and may be called from several goroutines for different clips. docs/reference/sampling.md gives the
// distributions.
package augment
