package isolate

import "padapter/decode"

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

// Child is the argument with which a program is started as a child; it must call [Serve] then, before anything else.
const Child = "decode-child"

// Open returns a decoder that decodes where mode says. One that yields has the processors that other threads of the machine
// leave to it: on Linux its child process gets the lowest of the ordinary priorities. Where it decodes in this process, the
// calling goroutine's thread gets that, and the goroutine stays bound to it.
func Open(mode Mode, opt decode.Options, yield bool) (Decoder, error) {
	if mode == Off || mode == Preferred && !Supported {
		return openLocal(opt, yield)
	}
	return openChild(mode, opt, yield)
}

func openLocal(opt decode.Options, yield bool) (Decoder, error) {
	if yield {
		yieldThread()
	}
	return newLocal(opt)
}
