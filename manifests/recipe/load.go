package recipe

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed recipes/*.yaml
var embedded embed.FS

// Names lists the recipes that come with the program, sorted.
func Names() []string {
	entries, err := embedded.ReadDir("recipes")
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// Load returns the recipe of that name, or the one in that file. Anything that ends in .yaml or .yml or holds a path
// separator is a file. The recipe is validated.
func Load(nameOrPath string) (*Recipe, error) {
	if !isPath(nameOrPath) {
		text, err := embedded.ReadFile("recipes/" + nameOrPath + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("load recipe %q: no such recipe; there are %s (a file's name ends in .yaml)",
				nameOrPath, strings.Join(Names(), ", "))
		}
		return Parse(nameOrPath, text)
	}
	text, err := os.ReadFile(nameOrPath)
	if err != nil {
		return nil, fmt.Errorf("load recipe: %w", err)
	}
	return Parse(nameOrPath, text)
}

func isPath(s string) bool {
	return strings.HasSuffix(s, ".yaml") || strings.HasSuffix(s, ".yml") || strings.ContainsAny(s, `/\`)
}

// Parse reads one recipe from YAML and validates it. subject names it in errors.
func Parse(subject string, text []byte) (*Recipe, error) {
	r := new(Recipe)
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	switch err := dec.Decode(r); {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("parse recipe %s: the file is empty", subject)
	case err != nil:
		return nil, fmt.Errorf("parse recipe %s: %w", subject, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("parse recipe %s: more than one YAML document; a recipe is one", subject)
	}
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("recipe %s: %w", subject, err)
	}
	return r, nil
}

// SetEpochs puts another number of epochs into the recipe; the warm-up is cut to it. 0 changes nothing.
func (r *Recipe) SetEpochs(n int) {
	if n > 0 {
		r.Train.Epochs = n
		r.Train.WarmupEpochs = min(r.Train.WarmupEpochs, float64(n))
	}
}

// YAML returns the recipe in the form that Parse reads.
func (r *Recipe) YAML() ([]byte, error) {
	text, err := yaml.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode recipe %s: %w", r.Name, err)
	}
	return text, nil
}

// Hash is the hex SHA-256 of the recipe's canonical JSON. Two recipes of equal hash make the same run.
func (r *Recipe) Hash() string { return hashJSON(r) }

// Hash is the hex SHA-256 of the clip part's canonical JSON: what shards depend on.
func (c Clip) Hash() string { return hashJSON(c) }

func hashJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil { // structs of numbers and strings; only NaN or Inf can fail, which Validate rejects
		panic(fmt.Sprintf("recipe: encode for hash: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
