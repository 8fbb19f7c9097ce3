package backend

// Half reports whether the engine benefits from matrix products with bfloat16 operands. XLA does on devices with
// hardware support. ONNX Runtime has no such products on a CPU, and those of pure Go are slower than float32.
func (b *Backend) Half() bool { return b.Engine == "xla" }
