package isolate

// Mode says where decoders decode.
type Mode int

const (
	// Off is in this process.
	Off Mode = iota
	// Preferred is in a child process; where none can be started, such as in a container that denies it, decoders decode
	// in this process, and the log says so.
	Preferred
	// Required is in a child process; where none can be started, every file has that for its error.
	Required
)
