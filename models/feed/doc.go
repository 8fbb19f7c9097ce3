// Package feed converts a stream of Arrow clip batches into the fixed-size host batches that graphs are compiled for.
//
// Arrow batches have a size limit in bytes and any number of rows, some of which hold an error instead of frames. A
// compiled graph needs the same shape every time. Feed copies clips in order into batches of exactly Options.Size
// slots. Options define how rows with errors, unlabelled rows and an incomplete last batch are handled, and Stats
// counts them.
//
// One goroutine fills the next batches while the caller computes. At most three batches exist: one in use, one ready,
// one being filled. The goroutine ends before the iteration returns, also if the caller breaks out of the loop.
//
// Frames stay uint8 [B, T, H, W, C], RGB 0…255. The package does not depend on graphs.
package feed
