package selftest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"padapter/models/backend"
	"padapter/models/backend/selftest"
)

func TestEnginesPass(t *testing.T) {
	for _, a := range backend.Survey() {
		if !a.Usable {
			continue
		}
		for _, p := range []backend.Precision{backend.Float32, backend.BFloat16} {
			t.Run(a.Engine+" "+string(p), func(t *testing.T) {
				b, err := backend.OpenWith(backend.Settings{Engine: a.Engine, Precision: p})
				if err != nil {
					t.Skip(err)
				}
				if err := selftest.Check(b.Compute, p == backend.BFloat16); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

func goEngine(t *testing.T) compute.Backend {
	t.Helper()
	b, err := backend.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	return b.Compute
}

// wrong is an engine whose products are off in one place.
type wrong struct{ compute.Backend }

func (w wrong) Builder(name string) compute.Builder { return wrongBuilder{w.Backend.Builder(name)} }

type wrongBuilder struct{ compute.Builder }

func (b wrongBuilder) Main() compute.Function { return wrongFunction{b.Builder.Main()} }

type wrongFunction struct{ compute.Function }

func (f wrongFunction) Erf(x compute.Value) (compute.Value, error) { return f.Function.Sin(x) }

func TestAWrongOperationIsFound(t *testing.T) {
	engine := wrong{goEngine(t)}
	if err := selftest.Check(engine, false); err == nil || !strings.Contains(err.Error(), "the forward pass is off") {
		t.Errorf("an engine that computes sin for erf: %v", err)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	if err := selftest.Prove(engine, selftest.Subject{Engine: "wrong"}); err == nil || !strings.Contains(err.Error(), "it is not used") {
		t.Errorf("it may be used: %v", err)
	}
	if found, _ := filepath.Glob(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "padapter", "selftest", "*")); len(found) != 0 {
		t.Errorf("a failure was kept: %v", found)
	}
}

// TestAVerdictIsKeptForItsSubject proves an engine that passes, and asks with one that does not: it is believed for the
// same subject, since the test is not run again, and for no other.
func TestAVerdictIsKeptForItsSubject(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	subject := selftest.Subject{Engine: "some", Version: "1", Devices: []string{"one"}}
	if err := selftest.Prove(goEngine(t), subject); err != nil {
		t.Fatal(err)
	}
	bad := wrong{goEngine(t)}
	if err := selftest.Prove(bad, subject); err != nil {
		t.Errorf("the verdict was not kept: %v", err)
	}
	for _, other := range []selftest.Subject{
		{Engine: "other", Version: "1", Devices: []string{"one"}},
		{Engine: "some", Version: "2", Devices: []string{"one"}},
		{Engine: "some", Version: "1", Devices: []string{"two"}},
		{Engine: "some", Version: "1", Devices: []string{"one"}, BFloat16: true},
	} {
		if err := selftest.Prove(bad, other); err == nil {
			t.Errorf("%+v was believed by the verdict of %+v", other, subject)
		}
	}
	t.Setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
	if err := selftest.Prove(bad, subject); err == nil {
		t.Error("other instructions were believed by the verdict of these")
	}
}

// TestADamagedVerdictIsNone overwrites a verdict.
func TestADamagedVerdictIsNone(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	subject := selftest.Subject{Engine: "some"}
	if err := selftest.Prove(goEngine(t), subject); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(os.Getenv("XDG_CACHE_HOME"), "padapter", "selftest", "*.json"))
	if err != nil || len(found) != 1 {
		t.Fatalf("verdicts: %v, %v", found, err)
	}
	if err := os.WriteFile(found[0], []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := selftest.Prove(wrong{goEngine(t)}, subject); err == nil {
		t.Error("a damaged verdict was believed")
	}
}
