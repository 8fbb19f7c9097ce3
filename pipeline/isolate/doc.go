// Package isolate runs decoders in processes of their own, so that a file which crashes or hangs native code costs that
// file and nothing else.
//
// A [Decoder] of [New] has one child process: the same program, started as [Child] says, when the first file comes, and
// used for file after file. The parent knows what its child is decoding: one file at a time or, of a queue that is only
// looked into (Add, Next), the first that it has not answered. Plans are made by the caller's functions in the parent;
// local files are passed to the child as open descriptors, everything else is read by the parent for it. Pixels come back
// in memory of the child's that the parent maps for reading and copies from, so that a decoder that writes where it should
// not reaches no row but its own. Rows made this way are the same bytes as those that [Here] gives.
//
// A child that ends by a fault is started again and the file is tried once more; when that fails too, the error's reason
// is decode.Crash. A child that somebody else killed is started again as well, and the file is not blamed before that
// has happened five times. A child that goes on after the context's end, or gives no sign of life for a long time, is
// killed; the reason then is decode.Timeout.
//
// One goroutine owns a Decoder. A child that lost its parent ends at once. The package knows nothing of data sets, and
// works on Linux only; elsewhere New gives an error.
package isolate
