//go:build linux

package isolate

import "regexp"

// head keeps the beginning of what a child writes to its standard error.
type head struct{ text []byte }

const headBytes = 8 << 10

func (h *head) Write(p []byte) (int, error) {
	h.text = append(h.text, p[:min(len(p), headBytes-len(h.text))]...)
	return len(p), nil
}

var (
	signalName = regexp.MustCompile(`\bSIG[A-Z]+\b`)
	fatalLine  = regexp.MustCompile(`(?m)^(?:fatal error|panic): [^\n\[(]*`)
)

// cause names what Go's runtime wrote before it gave up, without addresses.
func (h *head) cause() string {
	if name := signalName.Find(h.text); name != nil {
		return string(name)
	}
	if line := fatalLine.Find(h.text); line != nil {
		return string(line)
	}
	return "exit status 2"
}
