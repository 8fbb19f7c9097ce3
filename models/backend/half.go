package backend

// Half reports whether the engine gains by matrix products of bfloat16 operands: XLA does, on devices that have units
// for them. ONNX Runtime has no such products on a CPU, and those of pure Go are slower than float32's.
func (b *Backend) Half() bool { return b.Engine == "xla" }
