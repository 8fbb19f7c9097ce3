package label

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
)

// formatVersion is the version of the row schema, see docs/reference/formats/labels.md.
const formatVersion = "3"

// The columns of rowSchema, in order.
const (
	columnID = iota
	columnURI
	columnLabels
	columnNames
	columnScores
	columnEntropy
	columnFrames
	columnSeconds
	columnError
	columnAbstain
	columnStart
	columnEnd
	columnViews
	columnEmbedding // only with embeddings
)

// rowSchema returns the Arrow schema of label rows.
func rowSchema(from Provenance) (*arrow.Schema, error) {
	classes, err := json.Marshal(from.Classes)
	if err != nil {
		return nil, fmt.Errorf("describe label rows: %w", err)
	}
	var keys, values []string
	for _, m := range []struct{ key, value string }{
		{"format", formatVersion}, {"version", from.Version},
		{"model", from.Model}, {"backbone_sha256", from.Backbone}, {"adapter_sha256", from.Adapter}, {"engine", from.Engine},
		{"precision", from.Precision}, {"agreement", from.Agreement},
		{"recipe_hash", from.RecipeHash}, {"clip", from.Clip}, {"seed", strconv.FormatUint(from.Seed, 10)},
		{"views", strconv.Itoa(from.Views)}, {"windows", from.Windows},
		{"classes", string(classes)}, {"top_k", strconv.Itoa(from.TopK)},
		{"temperature", number(from.Temperature)}, {"abstain", number(from.Abstain)},
	} {
		keys, values = append(keys, "padapter."+m.key), append(values, m.value)
	}
	meta := arrow.NewMetadata(keys, values)
	fields := []arrow.Field{
		{Name: "id", Type: arrow.BinaryTypes.String},
		{Name: "uri", Type: arrow.BinaryTypes.String},
		{Name: "label_ids", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32), Nullable: true},
		{Name: "label_names", Type: arrow.ListOf(arrow.BinaryTypes.String), Nullable: true},
		{Name: "scores", Type: arrow.ListOf(arrow.PrimitiveTypes.Float32), Nullable: true},
		{Name: "entropy", Type: arrow.PrimitiveTypes.Float32, Nullable: true},
		{Name: "frames", Type: arrow.ListOf(arrow.PrimitiveTypes.Int32), Nullable: true},
		{Name: "seconds", Type: arrow.ListOf(arrow.PrimitiveTypes.Float64), Nullable: true},
		{Name: "error", Type: arrow.BinaryTypes.String, Nullable: true},
		{Name: "abstain", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "start", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "end", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "views", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	}
	if from.Embedding > 0 {
		fields = append(fields, arrow.Field{Name: "embedding", Type: arrow.ListOf(arrow.PrimitiveTypes.Float32), Nullable: true})
	}
	return arrow.NewSchema(fields, &meta), nil
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
