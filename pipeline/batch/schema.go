package batch

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"

	"padapter/manifests/recipe"
)

// formatVersion is the version of the schema; a reader refuses others.
const formatVersion = 2

// Keys of the schema's metadata.
const (
	keyFormat     = "padapter.format"
	keyVersion    = "padapter.version"
	keyShape      = "padapter.shape"
	keyRecipe     = "padapter.recipe"
	keyRecipeHash = "padapter.recipe_hash"
	keyClasses    = "padapter.classes"
	keySeed       = "padapter.seed"
)

// Meta is what all rows of a batch share.
type Meta struct {
	Shape      Shape       // of a clip
	Recipe     recipe.Clip // how the clips were made
	RecipeHash string      // Recipe.Hash()
	Classes    []string    // a label is an index into it
	Seed       uint64      // of the sampling
	Version    string      // program that made the batch
	Parts      bool        // rows are parts of files: the schema has the column part
}

// NewMeta describes clips made by a recipe's clip part.
func NewMeta(clip recipe.Clip, classes []string, seed uint64, version string) Meta {
	return Meta{
		Shape:  Shape{Frames: clip.Frames, Height: clip.Height, Width: clip.Width, Channels: 3},
		Recipe: clip, RecipeHash: clip.Hash(), Classes: classes, Seed: seed, Version: version,
	}
}

// Schema returns the schema of batches with that metadata.
func Schema(m Meta) *arrow.Schema {
	encode := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil { // finite numbers and strings
			panic(fmt.Sprintf("batch: encode metadata: %v", err))
		}
		return string(text)
	}
	classes := m.Classes
	if classes == nil {
		classes = []string{}
	}
	metadata := arrow.NewMetadata(
		[]string{keyFormat, keyVersion, keyShape, keyRecipe, keyRecipeHash, keyClasses, keySeed},
		[]string{strconv.Itoa(formatVersion), m.Version, encode([]int{m.Shape.Frames, m.Shape.Height, m.Shape.Width, m.Shape.Channels}),
			encode(m.Recipe), m.RecipeHash, encode(classes), strconv.FormatUint(m.Seed, 10)},
	)
	t := int32(m.Shape.Frames)
	fields := []arrow.Field{
		{Name: "id", Type: arrow.BinaryTypes.String},
		{Name: "uri", Type: arrow.BinaryTypes.String},
		{Name: "label", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
		{Name: "frames", Type: newTensorType(m.Shape), Nullable: true},
		{Name: "frame_index", Type: arrow.FixedSizeListOf(t, arrow.PrimitiveTypes.Int32), Nullable: true},
		{Name: "pts", Type: arrow.FixedSizeListOf(t, arrow.PrimitiveTypes.Float64), Nullable: true},
		{Name: "view", Type: arrow.PrimitiveTypes.Int32},
		{Name: "error", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "crop", Type: arrow.FixedSizeListOf(4, arrow.PrimitiveTypes.Float64), Nullable: true},
		{Name: "flip", Type: arrow.FixedWidthTypes.Boolean},
		{Name: "source_sha256", Type: arrow.BinaryTypes.String, Nullable: true},
	}
	if m.Parts {
		fields = append(fields, arrow.Field{Name: "part", Type: arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Float64), Nullable: true})
	}
	return arrow.NewSchema(fields, &metadata)
}

// MetaOf reads the metadata of a schema that Schema made.
func MetaOf(s *arrow.Schema) (Meta, error) {
	var m Meta
	metadata := s.Metadata()
	get := func(key string) (string, error) {
		i := metadata.FindKey(key)
		if i < 0 {
			return "", fmt.Errorf("the schema has no %s: not a batch of clips", key)
		}
		return metadata.Values()[i], nil
	}
	format, err := get(keyFormat)
	if err != nil {
		return m, err
	}
	switch v, err := strconv.Atoi(format); {
	case err != nil || v < 1 || v > formatVersion:
		return m, fmt.Errorf("%s is %q, this program reads %d: use a newer padapter", keyFormat, format, formatVersion)
	case v < formatVersion:
		return m, fmt.Errorf("%s is %d, this program reads %d: run preprocess again, into another folder", keyFormat, v, formatVersion)
	}
	var dims []int
	for _, f := range []struct {
		key string
		to  any
	}{{keyShape, &dims}, {keyRecipe, &m.Recipe}, {keyClasses, &m.Classes}, {keySeed, &m.Seed}} {
		text, err := get(f.key)
		if err != nil {
			return m, err
		}
		if err := json.Unmarshal([]byte(text), f.to); err != nil {
			return m, fmt.Errorf("%s: %w", f.key, err)
		}
	}
	if m.RecipeHash, err = get(keyRecipeHash); err != nil {
		return m, err
	}
	if m.Version, err = get(keyVersion); err != nil {
		return m, err
	}
	if len(dims) != 4 {
		return m, fmt.Errorf("%s is %v, want [T, H, W, C]", keyShape, dims)
	}
	m.Shape = Shape{dims[0], dims[1], dims[2], dims[3]}
	m.Parts = s.HasField("part")
	return m, m.Shape.Validate()
}
