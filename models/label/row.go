package label

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"padapter/manifests/storage"
)

// Row is the result for one input. A row with an Error has no labels; every other row has min(k, classes) of them.
type Row struct {
	ID, URI     string
	Labels      []int32    // class numbers, best first
	Names       []string   // the classes' names, parallel to Labels
	Scores      []float32  // probabilities in 0…1, parallel to Labels
	Entropy     float32    // of the full distribution, in nats: 0 if certain, log(classes) if uniform
	Views       int32      // number of clips averaged; 1 unless several views are requested
	Frames      []int32    // frame numbers of the clip in the file's presentation order, view after view
	Seconds     []float64  // presentation times of those frames
	Abstain     bool       // the best score is below the threshold
	PartSeconds [2]float64 // [start, end) in seconds from the first frame; zero for the whole input
	Error       string     // "reason: message", empty if there is no error

	Embedding []float32 // input of the network's head, [D], mean over views; nil unless requested
}

// whole reports whether the row covers the whole input, or has no labels.
func (r *Row) whole() bool { return r.Error != "" || r.PartSeconds == [2]float64{} }

// Provenance records how a file of rows was made. It is written into Parquet's key-value metadata.
type Provenance struct {
	Version     string // the program's version
	Model       string // identity of the checkpoint: hash of the two hashes below
	Backbone    string // SHA-256 of the backbone's weights
	Adapter     string // SHA-256 of the adapter's weights
	Engine      string // compute engine, such as "onnx"
	Precision   string // of matrix products
	Agreement   string // of Precision with float32 as JSON, see checkpoint.Agreement; empty if nothing was measured
	RecipeHash  string // hash of the clip recipe
	Clip        string // the clip recipe as JSON: how frames and pixels were selected
	Seed        uint64 // of random draws
	Views       int    // requested number of clips per input whose scores are averaged
	Windows     string // "length/hop/tail", in seconds, if videos were divided into windows; else empty
	Classes     []string
	TopK        int
	Temperature float64 // divisor of the logits
	Abstain     float64 // rows with a best score below it are marked; 0 marks none
	Embedding   int     // length of the embeddings; 0 for none
}

// Writer writes rows in the given order. The file appears under its name only after Close has returned nil. After a
// failed Write, call Abort. A Writer must not be used concurrently.
type Writer interface {
	Write(row Row) error
	Commit() error // commits the file
	Abort() error  // discards the file; does nothing after Close
}

// Create starts a file of rows whose format follows its extension: .parquet, .jsonl or .csv.
func Create(path string, from Provenance) (Writer, error) {
	if from.TopK < 1 {
		return nil, fmt.Errorf("write labels %s: top-k is %d, need at least 1", path, from.TopK)
	}
	var open func(storage.Draft, Provenance) (Writer, error)
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".parquet":
		open = newParquetWriter
	case ".jsonl":
		open = newJSONLinesWriter
	case ".csv":
		open = newCSVWriter
	default:
		return nil, fmt.Errorf("write labels %s: unknown extension %q, use .parquet, .jsonl or .csv", path, ext)
	}
	d, err := storage.Create(path)
	if err != nil {
		return nil, fmt.Errorf("write labels %s: %w", path, err)
	}
	w, err := open(d, from)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("write labels %s: %w", path, err), d.Abort())
	}
	return w, nil
}
