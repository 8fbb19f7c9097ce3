package checkpoint

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestTemperatureIsStored(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "best")
	saveTiny(t, dir, 1)
	before, err := os.ReadFile(filepath.Join(dir, ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(before, []byte(`"version": 1,`)) || bytes.Contains(before, []byte("temperature")) {
		t.Errorf("a checkpoint that was not calibrated is of version 1 and names no temperature:\n%s", before)
	}
	if err := SetTemperature(dir, 1.625); err != nil {
		t.Fatal(err)
	}
	m, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if m.Config.Temperature != 1.625 || m.Config.Version != 2 || !reflect.DeepEqual(m.Config.Recipe, tinyRecipe()) {
		t.Errorf("config %+v", m.Config)
	}
	for _, other := range []struct {
		name string
		make func(out string) error
		want float64
	}{
		{"extracted", func(out string) error { return Extract(dir, out) }, 1.625},
		{"merged", func(out string) error { return Merge(dir, "", out) }, 1.625},
	} {
		out := filepath.Join(t.TempDir(), other.name)
		if err := other.make(out); err != nil {
			t.Fatal(err)
		}
		if c, err := ReadConfig(out); err != nil || c.Temperature != other.want {
			t.Errorf("%s: temperature %v (%v), want %v", other.name, c, err, other.want)
		}
	}
	if err := SetTemperature(dir, 0); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(filepath.Join(dir, ConfigFile)); err != nil || !bytes.Equal(after, before) {
		t.Errorf("without its temperature the config is\n%s\n(%v), it was\n%s", after, err, before)
	}
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		if err := SetTemperature(dir, bad); err == nil {
			t.Errorf("temperature %v was stored", bad)
		}
	}
}

func TestWhichTemperature(t *testing.T) {
	for _, tt := range []struct {
		stored, wanted, want float64
		from                 string
	}{
		{0, 0, 1, "none was fitted"}, {1.5, 0, 1.5, "the checkpoint's"}, {1.5, 1, 1, "given"}, {0, 3, 3, "given"},
	} {
		got, from := (&Config{Temperature: tt.stored}).TemperatureOr(tt.wanted)
		if got != tt.want || from != tt.from {
			t.Errorf("stored %v, wanted %v: %v (%s), want %v (%s)", tt.stored, tt.wanted, got, from, tt.want, tt.from)
		}
	}
}

// What a config says is taken whole or not at all.
func TestConfigIsReadStrictly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "best")
	saveTiny(t, dir, 1)
	path := filepath.Join(dir, ConfigFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, from, to, want string }{
		{"a later version with what is not known yet", `"version": 1,`, `"version": 3, "later": [],`, "use a newer padapter"},
		{"a key that is not known", `"version": 1,`, `"version": 2, "temprature": 2,`, "temprature"},
		{"a temperature in version 1", `"version": 1,`, `"version": 1, "temperature": 2,`, "version 2"},
		{"a temperature below 0", `"version": 1,`, `"version": 2, "temperature": -2,`, "above 0"},
		{"a temperature that is no number", `"version": 1,`, `"version": 2, "temperature": "2",`, "temperature"},
	} {
		if err := os.WriteFile(path, bytes.Replace(text, []byte(tt.from), []byte(tt.to), 1), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadConfig(dir); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want an error with %q", tt.name, err, tt.want)
		}
	}
}
