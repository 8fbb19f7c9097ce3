// Package backend opens the engine that runs model graphs: XLA where a PJRT plugin is installed, ONNX Runtime where its
// library is found, pure Go everywhere. It never downloads anything, and a missing library is a reason, not a crash.
//
// ONNX Runtime's library is looked for in this order: the file named by ONNXRUNTIME_SHARED_LIBRARY_PATH, then the
// folders beside the executable (., lib, ../lib, ../.deps/onnxruntime), then where GoMLX's installer puts it. XLA's
// plugins are looked for where PJRT_PLUGIN_LIBRARY_PATH says and in GoMLX's usual folders.
//
// Opened backends stay open for the life of the process: engines keep global state, and a second Open of the same
// name returns the first one.
package backend
