// Package backend opens the engine that runs model graphs: OpenVINO, ONNX Runtime and XLA where their libraries are found,
// and pure Go everywhere. It never downloads anything. A missing or damaged library is reported as an error with a reason;
// it never crashes the program. An engine passes a self-test before it is used: see package selftest.
//
// The ONNX Runtime library is searched for in this order: the file named by ONNXRUNTIME_SHARED_LIBRARY_PATH; the
// folders beside the executable (., lib, ../lib, ../.deps/onnxruntime); the folder that GoMLX's installer uses. OpenVINO's
// is searched for as package openvino says, XLA's plugins as package plugin says.
//
// Backends stay open until the process exits, because engines keep global state. A second OpenWith of the same settings
// returns the engine that is open.
package backend
