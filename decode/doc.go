// Package decode turns the bytes of a video or image into exactly the frames
// that were asked for.
//
// A [Decoder] opens a clip through an [io.ReaderAt] (FFmpeg itself opens no
// file and no network), indexes its frames, asks the caller which it wants,
// decodes as little as those frames depend on and writes them as RGB into
// memory that the caller owns.
//
// Frame i is the i-th frame that a full sequential decode of the clip's best
// video stream yields. Where the container's packets prove the index, nothing
// is decoded to build it; elsewhere (and wherever a decode shows that the
// packets told something else) the clip is decoded once from the beginning
// and its frames are numbered as they come (a full scan).
//
// Concurrency and ownership: one goroutine owns one Decoder; as many Decoders
// as cores is the fastest arrangement. A Decoder reuses its buffers from clip
// to clip and must be closed. It keeps no reference to the caller's source or
// destination after a call. [LiveHandles] counts native objects alive.
//
// The package knows nothing of datasets, manifests or Arrow, chooses no
// frames and no crop, and never replaces a frame that cannot be decoded by
// another.
package decode
