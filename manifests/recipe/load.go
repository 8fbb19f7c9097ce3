package recipe

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"padapter/manifests/storage"
)

// maxBases limits the length of a chain of base recipes.
const maxBases = 8

// Load returns the built-in recipe with the given name, or the recipe in a file. A name that ends in .yaml or .yml or
// contains a path separator is a file. A file that starts with base: NAME or FILE contains only the differences from
// that recipe; the path of a base is relative to the file. The recipe is validated.
func Load(nameOrPath string) (*Recipe, error) {
	r, err := load(nameOrPath, 0)
	if err != nil {
		return nil, err
	}
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("recipe %s: %w", nameOrPath, err)
	}
	return r, nil
}

func load(nameOrPath string, depth int) (*Recipe, error) {
	if !isPath(nameOrPath) {
		return builtIn(nameOrPath)
	}
	text, err := storage.ReadFile(nameOrPath)
	if err != nil {
		return nil, fmt.Errorf("load recipe: %w", err)
	}
	return parse(nameOrPath, text, storage.Dir(nameOrPath), depth)
}

func isPath(s string) bool {
	return strings.HasSuffix(s, ".yaml") || strings.HasSuffix(s, ".yml") || strings.ContainsAny(s, `/\`)
}

// parse reads a recipe file and its bases without validating them.
func parse(subject string, text []byte, dir string, depth int) (*Recipe, error) {
	if depth == maxBases {
		return nil, fmt.Errorf("parse recipe %s: more than %d recipes are based on one another; is one based on itself?", subject, maxBases)
	}
	var on struct {
		Base string         `yaml:"base"`
		Rest map[string]any `yaml:",inline"`
	}
	if err := yaml.Unmarshal(text, &on); err != nil {
		return nil, fmt.Errorf("parse recipe %s: %w", subject, err)
	}
	r := new(Recipe)
	if base := on.Base; base != "" {
		if isPath(base) && !filepath.IsAbs(base) && !storage.Remote(base) {
			base = storage.Join(dir, base)
		}
		var err error
		if r, err = load(base, depth+1); err != nil {
			return nil, fmt.Errorf("base of recipe %s: %w", subject, err)
		}
	}
	return r, r.lay(subject, text)
}

// lay applies the settings of a YAML text to the recipe. Settings that the text does not name stay.
func (r *Recipe) lay(subject string, text []byte) error {
	over := struct {
		Base    string `yaml:"base"`
		*Recipe `yaml:",inline"`
	}{Recipe: r}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	switch err := dec.Decode(&over); {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("parse recipe %s: the file is empty", subject)
	case err != nil:
		return fmt.Errorf("parse recipe %s: %w", subject, err)
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("parse recipe %s: more than one YAML document; a recipe is one", subject)
	}
	return nil
}

// SetEpochs sets the number of epochs and limits the warm-up to it. 0 changes nothing.
func (r *Recipe) SetEpochs(n int) {
	if n > 0 {
		r.Train.Epochs = n
		r.Train.WarmupEpochs = min(r.Train.WarmupEpochs, float64(n))
	}
}

// YAML returns the recipe in the format that Load reads.
func (r *Recipe) YAML() ([]byte, error) {
	text, err := yaml.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode recipe %s: %w", r.Name, err)
	}
	return text, nil
}

// Hash returns the hex SHA-256 of the recipe's canonical JSON. Recipes with equal hashes define the same run.
func (r *Recipe) Hash() string { return hashJSON(r) }

// Hash returns the hex SHA-256 of the clip's canonical JSON, which shards depend on.
func (c Clip) Hash() string { return hashJSON(c) }

func hashJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil { // structs of numbers and strings; only NaN or Inf can fail, which Validate rejects
		panic(fmt.Sprintf("recipe: encode for hash: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
