// Package backend opens the engine that runs model graphs: XLA where a PJRT plugin is installed, ONNX Runtime where its
// library is found, and pure Go everywhere. It never downloads anything. A missing library is reported as an error with
// a reason; it never crashes the program.
//
// The ONNX Runtime library is searched for in this order: the file named by ONNXRUNTIME_SHARED_LIBRARY_PATH; the
// folders beside the executable (., lib, ../lib, ../.deps/onnxruntime); the folder that GoMLX's installer uses. XLA
// plugins are searched for as package plugin says.
//
// Backends stay open until the process exits, because engines keep global state. A second Open of the same name returns
// the first backend.
package backend
