package decode

// Padding is how many zero bytes follow the memory of a [Memory].
const Padding = 64

// Memory is a [Source] whose bytes are in memory. What does not exceed Options.MaxHeld is decoded in place, without
// a copy.
type Memory interface {
	Source
	// Memory is all Size() bytes, outside Go's heap, with Padding zero bytes behind them that its capacity includes.
	// Nobody may write to it during the call. It is nil when there is no such memory.
	Memory() []byte
}

// zeroCopy is the memory of a source that can be decoded in place; nil when it has none.
func zeroCopy(src Source) []byte {
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
