package decode

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layers says which headers the files of a layer may include: its own, and those of the layers below it.
var layers = map[string][]string{
	"base":      {},
	"container": {"base"},
	"codec":     {"base", "container"},
	"index":     {"base", "container", "codec"},
	"pixels":    {"base"},
	"clip":      {"base", "index", "pixels"},
}

// The C files form no circle: each belongs to the layer that its name begins with, and includes only what that layer
// stands on. What the Go files see is the top layer, and base for the process's settings.
func TestLayersOfTheNativeUnit(t *testing.T) {
	include := regexp.MustCompile(`(?m)^(?://\s*)?#include "([^"]+)"`)
	declaration := regexp.MustCompile(`(?m)^extern\s.*\bpa_`)
	files, err := filepath.Glob("*.[chg]*")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		stem, extension, _ := strings.Cut(file, ".")
		if extension == "go" {
			for _, m := range include.FindAllStringSubmatch(string(text), -1) {
				if m[1] != "clip.h" && m[1] != "base.h" {
					t.Errorf("%s includes %s; Go sees clip.h and base.h", file, m[1])
				}
			}
			continue
		}
		layer, rest, _ := strings.Cut(stem, "_")
		below, known := layers[layer]
		if !known {
			t.Errorf("%s belongs to no layer", file)
			continue
		}
		seen[layer]++
		for _, m := range include.FindAllStringSubmatch(string(text), -1) {
			other, inner, private := strings.Cut(strings.TrimSuffix(m[1], ".h"), "_")
			switch {
			case other == layer && (extension == "c" || rest != "" && !private):
			case slices.Contains(below, other) && !private:
			default:
				t.Errorf("%s includes %s (%s): %s stands on %q and their public headers", file, m[1], inner, layer, below)
			}
		}
		if extension == "c" && declaration.Match(text) {
			t.Errorf("%s declares a function of the unit itself instead of including its header", file)
		}
	}
	for layer := range layers {
		if seen[layer] < 2 {
			t.Errorf("layer %s has %d files", layer, seen[layer])
		}
	}
	// The order itself has no circle: each layer stands on layers that stand on fewer.
	for layer, below := range layers {
		for _, b := range below {
			if slices.Contains(layers[b], layer) {
				t.Errorf("%s and %s stand on each other", layer, b)
			}
		}
	}
}
