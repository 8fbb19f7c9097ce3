// Package openvino runs graphs on processors with Intel's OpenVINO, through the C interface of its shared library, which
// is loaded when the engine is opened and is not needed to build the program.
//
// A graph is recorded as it is built. When it is compiled, the operations that lead to a result are written as OpenVINO's
// intermediate representation (IR, https://docs.openvino.ai/2026/documentation/openvino-ir-format.html). Compilation
// waits for the first execution, because only then is known which inputs are frozen: buffers that KeepConstant was called
// for become constants, which lets the library pack them once for its matrix products. Constants lie in the memory of the
// buffers; the library reads them there. When a frozen buffer is replaced later, the graph is compiled once more with
// that weight as an ordinary input.
//
// The library computes 64-bit integers with 32 bits and float64 as float32 without saying so. Operations on them run in
// the pure Go engine before each execution, as long as they depend on inputs alone; other graphs are refused.
//
// float32 values are computed in float32, or with operands of matrix products and the values between them rounded to
// bfloat16 when the backend is opened for it. The precision is always set: the library's own default depends on the
// processor.
package openvino
