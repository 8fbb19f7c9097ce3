package decode

// Padding is how many zero bytes follow the memory of a [Memory].
const Padding = 64

// Memory is a [Source] whose bytes lie in memory. What does not exceed Options.MaxHeld is decoded where it lies, without
// a copy.
type Memory interface {
	Source
	// Memory is all Size() bytes, outside Go's heap, with Padding zero bytes behind them that its capacity includes.
	// Nobody may write to it during the call. It is nil when there is no such memory.
	Memory() []byte
}

// lying is a source's memory; nil when it has none that would do.
func lying(src Source) []byte {
	m, ok := src.(Memory)
	if !ok {
		return nil
	}
	at := m.Memory()
	if int64(len(at)) != src.Size() || cap(at)-len(at) < Padding {
		return nil
	}
	return at
}
