package selftest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gomlx/compute"
)

// edition is part of what a verdict is kept for. It changes with the network and the bounds.
const edition = 1

// Subject is what a verdict holds for.
type Subject struct {
	Engine   string   `json:"engine"`
	Version  string   `json:"version"` // of its library
	Devices  []string `json:"devices"`
	BFloat16 bool     `json:"bfloat16"`
}

// verdict is the content of a file in the cache folder: tests that were passed.
type verdict struct {
	Edition int `json:"edition"`
	Subject
	Processor string            `json:"processor"`
	Variables map[string]string `json:"variables,omitempty"`
}

// limits are the environment variables that change which instructions engines use.
var limits = []string{"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "XLA_FLAGS"}

// Prove returns nil when the engine passes Check, or is known to have passed it on this machine with the same version,
// precision and processor. It keeps a verdict for the next time where the user has a cache folder.
func Prove(engine compute.Backend, s Subject) error {
	v := verdict{Edition: edition, Subject: s, Processor: processor(), Variables: map[string]string{}}
	for _, name := range limits {
		if value, ok := os.LookupEnv(name); ok {
			v.Variables[name] = value
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("describe the engine: %w", err)
	}
	path := cached(text)
	if kept, err := os.ReadFile(path); path != "" && err == nil && bytes.Equal(kept, text) {
		return nil
	}
	if err := Check(engine, s.BFloat16); err != nil {
		return fmt.Errorf("it fails its self-test, so it is not used: %w", err)
	}
	if path != "" {
		keep(path, text)
	}
	return nil
}

// cached is the path of a verdict, "" where there is no cache folder.
func cached(text []byte) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return filepath.Join(dir, "padapter", "selftest", hex.EncodeToString(sum[:8])+".json")
}

// keep writes a verdict. Without one the test runs again, so that failures to write do not matter.
func keep(path string, text []byte) {
	if os.MkdirAll(filepath.Dir(path), 0o755) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".verdict-*")
	if err != nil {
		return
	}
	_, err = f.Write(text)
	if closed := f.Close(); err != nil || closed != nil || os.Rename(f.Name(), path) != nil {
		_ = os.Remove(f.Name()) // what is left of it is harmless
	}
}

// processor describes the processor by its name and instruction sets, as far as the system tells them.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOOS + "/" + runtime.GOARCH
	}
	first, _, _ := bytes.Cut(text, []byte("\n\n"))
	hash := sha256.New()
	name := ""
	for line := range bytes.Lines(first) {
		key, value, _ := bytes.Cut(line, []byte(":"))
		switch string(bytes.TrimSpace(key)) {
		case "model name":
			name = string(bytes.TrimSpace(value))
			fallthrough
		case "vendor_id", "cpu family", "model", "stepping", "flags", "Features":
			hash.Write(line)
		}
	}
	return name + " " + hex.EncodeToString(hash.Sum(nil)[:8])
}
