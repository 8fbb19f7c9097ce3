//go:build ((linux && (amd64 || arm64)) || (darwin && arm64)) && cgo

package plugin

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/go-xla/compute/xla"
)

func TestMain(m *testing.M) {
	ServeTrial()
	os.Exit(m.Run())
}

// real returns the plugin for the CPU that is there.
func real(t *testing.T) File {
	t.Helper()
	found, err := Find()
	if err != nil {
		t.Skip("backend xla: ", err)
	}
	return found
}

func TestAPluginSaysWhatItIs(t *testing.T) {
	found := real(t)
	facts, err := found.Try()
	if err != nil {
		t.Fatal(err)
	}
	if facts.Platform == "" || !strings.Contains(facts.Version, "PJRT 0.") || len(facts.Devices) == 0 {
		t.Errorf("facts %+v", facts)
	}
}

func TestFlagsThatThePluginDoesNotKnow(t *testing.T) {
	found := real(t)
	for flags, want := range map[string]string{
		"--xla_cpu_nonsense=1":                        "XLA_FLAGS has words that the plugin " + found.Path + " does not know: --xla_cpu_nonsense=1",
		"--xla_force_host_platform_device_count=many": "ends the process that opens it",
	} {
		t.Setenv("XLA_FLAGS", flags)
		if _, err := found.Try(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("XLA_FLAGS=%s: %v, want a line with %q", flags, err, want)
		}
	}
	t.Setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
	if _, err := found.Try(); err != nil {
		t.Errorf("a flag that it knows: %v", err)
	}
}

func TestBrokenPlugins(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "pjrt_c_api_cpu_plugin.so")
	broken := File{Name: "cpu", Path: path}
	try := func(what, want string) {
		t.Helper()
		if _, err := broken.Try(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want a line that names it and has %q", what, err, want)
		}
	}
	if err := os.WriteFile(path, []byte("not a library"), 0o644); err != nil {
		t.Fatal(err)
	}
	try("a text", "cannot load it")

	whole := real(t)
	size := func() int64 {
		info, err := os.Stat(whole.Path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}()
	from, err := os.Open(whole.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(to, from, size/2); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	try("half a plugin", "the plugin")
}

// TestAnotherLibrary has a library that the system loads and that is no plugin: ONNX Runtime's.
func TestAnotherLibrary(t *testing.T) {
	library := os.Getenv("ONNXRUNTIME_SHARED_LIBRARY_PATH")
	if library == "" {
		t.Skip("backend onnx: ONNXRUNTIME_SHARED_LIBRARY_PATH names no library")
	}
	library, err := filepath.Abs(library)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (File{Name: "cpu", Path: library}).Try(); err == nil || !strings.Contains(err.Error(), "GetPjrtApi") {
		t.Errorf("%v, want the missing function named", err)
	}
}

func TestTF32IsOff(t *testing.T) {
	for name, want := range map[string]string{"cuda": "tf32=false,shared_buffers=false", "cpu": "tf32=false,shared_buffers=true"} {
		if got := (File{Name: name, Path: "/plugin.so"}).Config(); got != "/plugin.so,"+want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	engine, err := xla.NewWithOptions(real(t).Config(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Finalize()
	if engine.DotGeneralUseTF32 || engine.HasSharedBuffers() != engine.IsCPU() {
		t.Errorf("TF32 %v, shared buffers %v", engine.DotGeneralUseTF32, engine.HasSharedBuffers())
	}
}
