// Package feed turns a stream of Arrow clip batches into the fixed-size host batches that graphs are compiled for.
//
// Arrow batches are bounded in bytes and may have any number of rows, some of which carry an error instead of frames.
// A compiled graph wants the same shape every time. Feed copies the clips, one after another and in order, into
// batches of exactly Options.Size slots; what happens to rows with errors, to unlabelled rows and to an incomplete
// last batch is said in Options and counted in Stats, never silent.
//
// One goroutine fills the next batches while the caller computes: at most three batches of frames exist, one in the
// caller's hands, one waiting and one being filled. It ends before the iteration returns, also when the caller breaks
// out of the loop.
//
// Feed knows no graphs. Frames stay uint8 [B, T, H, W, C], RGB 0…255.
package feed
