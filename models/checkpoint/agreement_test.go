package checkpoint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"padapter/models/metrics"
)

func measured() Agreement {
	return Agreement{
		Kind: "openvino", Precision: "bfloat16", Against: "float32", Agreement: metrics.Agreement{
			Videos: 512, EqualTop1: 511.0 / 512, LargestChange: 0.026, MeanChange: 0.001, Temperature: 1, Labelled: 512, Top1: 0.98, AgainstTop1: 0.982,
		},
	}
}

func TestAgreementIsStored(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "best")
	saveTiny(t, dir, 1)
	c, err := ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	if list, err := ReadAgreements(dir, c); err != nil || list != nil {
		t.Fatalf("of a checkpoint that was not measured: %v, %v", list, err)
	}
	a, other := measured(), measured()
	other.Kind = "xla on cuda"
	newer := a
	newer.Videos, newer.Labelled = 100, 0
	for _, x := range []Agreement{a, other, newer} {
		if err := StoreAgreement(dir, c, x); err != nil {
			t.Fatal(err)
		}
	}
	list, err := ReadAgreements(dir, c)
	if err != nil || len(list) != 2 {
		t.Fatalf("%v, %v", list, err)
	}
	if got, ok := FindAgreement(list, "openvino", "bfloat16"); !ok || got != newer {
		t.Errorf("%v, want the last one stored", got)
	}
	if got, ok := FindAgreement(list, "xla on cuda", "bfloat16"); !ok || got != other {
		t.Errorf("%v, want %v", got, other)
	}
	if got, ok := FindAgreement(list, "xla", "bfloat16"); ok {
		t.Errorf("another kind of engine has %v", got)
	}
	if after, err := os.ReadFile(filepath.Join(dir, ConfigFile)); err != nil || string(after) != string(before) {
		t.Errorf("the config changed (%v)", err)
	}

	saveTiny(t, dir, 2) // other weights
	if err := StoreAgreement(dir, c, a); err != nil {
		t.Fatal(err)
	}
	replaced, err := ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	if list, err := ReadAgreements(dir, replaced); err != nil || list != nil {
		t.Errorf("other weights have what was measured of the old ones: %v, %v", list, err)
	}
}

func TestAgreementFileIsChecked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "best")
	saveTiny(t, dir, 1)
	c, err := ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	bad := measured()
	bad.EqualTop1 = 1.5
	if err := StoreAgreement(dir, c, bad); err == nil {
		t.Error("a share of 1.5 was stored")
	}
	if err := StoreAgreement(dir, c, measured()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, AgreementFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{`"version": 1`: `"version": 9`, `"equal_top1": 0.99`: `"equal_top1": 7.99`, `"agreements"`: `agreements`} {
		changed := strings.Replace(string(text), from, to, 1)
		if changed == string(text) {
			t.Fatalf("no %s in\n%s", from, text)
		}
		if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadAgreements(dir, c); err == nil || !strings.Contains(err.Error(), AgreementFile) {
			t.Errorf("with %s: %v", to, err)
		}
	}
}

func TestBoundOfAnAgreement(t *testing.T) {
	if err := measured().Bounded(); err != nil {
		t.Errorf("511 of 512: %v", err)
	}
	for name, change := range map[string]func(*Agreement){
		"fewer than 100": func(a *Agreement) { a.Videos = 64 },
		"same best":      func(a *Agreement) { a.EqualTop1 = 0.98 },
		"changes by":     func(a *Agreement) { a.LargestChange = 0.2 },
		"accuracy":       func(a *Agreement) { a.Top1 = a.AgainstTop1 - 0.006 },
	} {
		a := measured()
		change(&a)
		if err := a.Bounded(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	few := measured()
	if few.Videos, few.Labelled = 64, 64; few.WithinBound() != nil {
		t.Errorf("64 videos that agree are not close: %v", few.WithinBound())
	}
	unlabelled := measured()
	unlabelled.Labelled, unlabelled.Top1, unlabelled.AgainstTop1 = 0, 0, 0
	if err := unlabelled.Bounded(); err != nil {
		t.Errorf("without labels: %v", err)
	}
}
