package label

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/networks"
	"padapter/models/segment"
	"padapter/pipeline"
	"padapter/sampler"
)

// Options say what to label with what. Checkpoint, Input, Outputs and Backend must be given, and Views and Crops, of which
// 0 is the recipe's.
type Options struct {
	Checkpoint string   // checkpoint folder, or a training run's
	Backbone   string   // checkpoint folder or file with the backbone; empty: the checkpoint's own
	Also       []string // further adapters on the same backbone
	Input      string
	Split      string   // of a manifest; empty: all records
	Outputs    []string // files of labels: the checkpoint's, then one for each of Also
	Backend    string   // one of backend.Choices; auto goes on with the ledger's
	Devices    string   // that share each batch: as backend.Settings has it
	Precision  string   // one of backend.Precisions, empty: float32; auto goes on with the ledger's

	TopK         int     // labels of each input; 0: the recipe's
	Batch        int     // clips on the device at once; 0: the recipe's, or fewer where memory is short
	Workers      int     // clips decoded at once; 0: one a processor
	Views, Crops int     // of each video
	Temperature  float64 // 0: the checkpoint's
	Abstain      float64 // rows whose best score is below this are marked
	Embedding    bool    // add a column with what the network's head sees

	Windows      *sampler.Sliding // in seconds, valid; nil: one clip of each video
	SegmentsFile string           // time segments of the first network, merged from windows; empty: none
	WebVTT       string           // folder of a WebVTT file for each video; empty: none
	Find         segment.Options  // how segments are found

	Limits  jobs.DecodeLimits
	Ledger  string // folder; empty: the first output's name with ".ledger"
	Unit    int    // inputs done and kept together; 0: as many as suit the kind of input
	Restart bool   // remove the ledger first
	Retry   bool   // label inputs again that failed before

	Engine   pipeline.Engine // where units are done; nil: in this process
	Version  string          // of the program
	Observer jobs.Observer
}

// Check rejects values that no input can make right. Its messages name the flags of the command.
func (o *Options) Check() error {
	switch {
	case o.TopK < 0 || o.Batch < 0 || o.Workers < 0 || o.Unit < 0 || o.Views < 0:
		return jobs.Usagef("--top-k %d, --batch %d, --workers %d, --unit %d, --views %d: use 0 or more", o.TopK, o.Batch, o.Workers, o.Unit, o.Views)
	case !(o.Temperature >= 0) || math.IsInf(o.Temperature, 0):
		return jobs.Usagef("--temperature %v: use a number above 0, or 0 for the checkpoint's", o.Temperature)
	case !(o.Abstain >= 0 && o.Abstain <= 1):
		return jobs.Usagef("--abstain %v: a score from 0 to 1", o.Abstain)
	case o.Crops != 0 && o.Crops != 1 && o.Crops != 3 && o.Crops != 5:
		return jobs.Usagef("--crops %d: use 1, 3 or 5, or 0 for the recipe's", o.Crops)
	case o.Windows != nil && (o.Views != 1 || o.Crops != 1):
		return jobs.Usagef("--views and --crops are for whole clips, a window is seen once: leave them out, or --window")
	case o.Windows == nil && o.segments():
		return jobs.Usagef("--segments and --webvtt are about windows: name their length with --window")
	case len(o.Outputs) != 1+len(o.Also):
		return fmt.Errorf("label: %d outputs for %d networks", len(o.Outputs), 1+len(o.Also))
	}
	for _, file := range o.Outputs {
		switch ext := strings.ToLower(filepath.Ext(file)); {
		case ext != ".parquet" && ext != ".jsonl" && ext != ".csv":
			return jobs.Usagef("output %s: the name must end in .parquet, .jsonl or .csv", file)
		case ext == ".csv" && o.Embedding:
			return jobs.Usagef("output %s: CSV has no place for --embedding, use .parquet or .jsonl", file)
		}
	}
	return networks.CheckPrecision(o.Precision)
}

// segments says whether time segments are wanted.
func (o *Options) segments() bool { return o.SegmentsFile != "" || o.WebVTT != "" }
