//go:build linux && crashtest

package isolate

import (
	"strings"
	"syscall"

	"padapter/decode"
)

// Files that end in these words do what they say to the child.
const (
	crashMark = "padapter-crash-test:SIGSEGV"
	abortMark = "padapter-crash-test:SIGABRT"
	killMark  = "padapter-crash-test:SIGKILL" // as the kernel does when memory is short
	hangMark  = "padapter-crash-test:hanging"
)

func init() { beforeCall = plant }

// plant does what a file asks for.
func plant(src decode.Source) {
	end := make([]byte, min(int64(len(crashMark)), src.Size()))
	if n, _ := src.ReadAt(end, src.Size()-int64(len(end))); n < len(end) {
		return
	}
	switch text := string(end); {
	case strings.HasSuffix(text, crashMark):
		raise(syscall.SIGSEGV)
	case strings.HasSuffix(text, abortMark):
		raise(syscall.SIGABRT)
	case strings.HasSuffix(text, killMark):
		raise(syscall.SIGKILL)
	case strings.HasSuffix(text, hangMark):
		for { // no context ends this
		}
	}
}

func raise(signal syscall.Signal) {
	_ = syscall.Kill(syscall.Getpid(), signal)
	select {}
}
