package label

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"padapter/manifests/storage"
)

// Row is the outcome of one input. A row with an Error has no labels; every other row has min(k, classes) of them.
type Row struct {
	ID, URI string
	Labels  []int32    // class numbers, best first
	Names   []string   // the classes' names, parallel to Labels
	Scores  []float32  // probabilities in 0…1, parallel to Labels
	Entropy float32    // of the full distribution, in nats; 0 is certain, log(classes) knows nothing
	Views   int32      // clips that the scores are the mean of; 1 unless several views were asked for
	Frames  []int32    // frame numbers of the clip in the file's presentation order, view after view
	Seconds []float64  // presentation times of those frames
	Abstain bool       // the best score is below the threshold: nothing should be concluded from the row
	Part    [2]float64 // what the row is about, seconds from the first frame; zero for the whole input
	Error   string     // "reason: message", empty when all is well

	Embedding []float32 // what the network's head sees, [D], the mean over views; nil unless asked for
}

// whole says that the row is about all of its input, or has no labels.
func (r *Row) whole() bool { return r.Error != "" || r.Part == [2]float64{} }

// Provenance says how a file of rows came to be. It is written into Parquet's key-value metadata.
type Provenance struct {
	Version     string // the program's version
	Model       string // identity of the checkpoint: the hash of both its hashes below
	Backbone    string // SHA-256 of the backbone's weights
	Adapter     string // SHA-256 of the adapter's weights
	Engine      string // compute engine, such as "onnx"
	RecipeHash  string // hash of the clip recipe
	Clip        string // the clip recipe as JSON: how frames and pixels were chosen
	Seed        uint64 // of what the recipe leaves to chance
	Views       int    // clips of each input whose scores are averaged, as asked for
	Windows     string // "length/hop/tail" in seconds where videos were cut into windows; empty otherwise
	Classes     []string
	TopK        int
	Temperature float64 // the logits were divided by it
	Abstain     float64 // best scores below it are marked; 0 marks none
	Embedding   int     // length of the embeddings; 0 for none
}

// Writer writes rows in the order given. Nothing exists under the final name until Close returned nil; after a failed
// Write only Abort is useful. A Writer belongs to one goroutine.
type Writer interface {
	Write(row Row) error
	Close() error // publishes the file
	Abort() error // removes the temporary file; harmless after Close
}

// Create starts a file of rows whose form follows its extension: .parquet, .jsonl or .csv.
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
		return nil, errors.Join(fmt.Errorf("write labels %s: %w", path, err), d.Discard())
	}
	return w, nil
}
