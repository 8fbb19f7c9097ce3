// Package isolate runs decoders in processes of their own, so that a file which crashes or hangs native code costs that
// file and nothing else.
//
// A [Decoder] of [Open] has one child process: the same program, started as [Child] says when the first file comes, and used
// for file after file. The parent sends a request and the child decodes and answers; what it is decoding is always known.
// Plans are made by the caller's functions in the parent. Local files are passed to the child as open descriptors;
// everything else is read by the parent when the child asks for it. Pixels come back in memory of the child's that the
// parent maps for reading and copies from, so that a decoder that writes where it should not reaches no row but its own.
// Results are the same bytes as those of a decoder in this process.
//
// A child that ends by a fault is started again and the file is tried once more; when that fails too, the error's reason is
// decode.Crash. A child that somebody else killed is started again as well, and the file is not blamed before that has
// happened five times. A child is killed when its call's context ends, and when it gives no sign of life for a long time;
// the reason then is decode.Timeout, or decode.Canceled where the context was canceled.
//
// One goroutine owns a Decoder. A child that lost its parent ends at once. Children work on Linux only.
package isolate
