package main

import (
	"math"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"padapter/models/backend"
	"padapter/pipeline/isolate"
)

type labelOptions struct {
	checkpoint, input, split string
	out, backend, backbone   string
	also                     []string // DIR=FILE
	topK, batch, workers     int
	views, crops             int
	temperature, abstain     float64
	embedding                bool
	windows                  windowOptions
	limits                   limitFlags
	ledger                   string // folder; empty for out with ".ledger"
	unit                     int    // inputs; 0: as many as suit the kind of input
	restart, retry           bool
	engine                   engineFlags
}

func newLabelCommand() *cobra.Command {
	var opt labelOptions
	cmd := &cobra.Command{
		Use:   "label --checkpoint DIR --input PATH|M --out FILE",
		Short: "Label a folder, a manifest or shards, one row for each input",
		Long: `Decodes every input with the clip settings that the checkpoint was trained with and writes one row for each:
id, uri, the k best labels with names and scores, or the reason why there are none (docs/reference/formats/labels.md). The
output is Parquet, JSON Lines or CSV by its extension and appears only when it is complete.

With --window videos of any length are cut into overlapping windows, each video decoded once from beginning to end,
and every window has a row; --segments and --webvtt merge them into time segments.

Inputs are labelled in units of --unit, each of which appears whole in a ledger, a folder beside the output. The same
command again goes on where it was stopped, however that was, and the output is the same as if it had not been. Run on
a list that has changed, only what is new or has changed is labelled, and what is gone is reported. Other settings are
refused: --restart gives up what there is.

With --engine temporal the units are done by 'padapter worker' processes, which need the checkpoint, the input and the
ledger at the same paths (docs/guides/temporal.md).

With --also DIR=FILE further adapters on the same backbone label the same clips in the same pass: clips are decoded
once, and the backbone is in memory once. They must have been trained with the same clip settings.

The exit code is 3 when some rows carry a reason instead of labels.`,
		Example: `  padapter label --checkpoint run1 --input clips/ --out labels.parquet
  padapter label --checkpoint run1 --input archive.parquet --out labels.jsonl --top-k 3
  padapter label --checkpoint run1 --input archive/ --window 2 --hop 0.5 --out windows.parquet --segments segments.parquet
  padapter label --checkpoint hmdb51 --also ucf101-adapter=ucf101.parquet --input clips/ --out hmdb51.parquet`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := opt.Check(); err != nil {
				return err
			}
			return runLabel(cmd.Context(), opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.checkpoint, "checkpoint", "", "checkpoint folder, or the output folder of 'padapter train' (required)")
	f.StringVar(&opt.backbone, "backbone", "", "checkpoint folder or file with the backbone, when the checkpoint holds the adapter alone")
	f.StringArrayVar(&opt.also, "also", nil, "another adapter and the file of its labels, as DIR=FILE; may be repeated")
	f.StringVar(&opt.input, "input", "", "a folder, a tar archive or s3://BUCKET/PREFIX (gs, azblob) with videos and images, one file, a manifest, or a folder of shards (required)")
	f.StringVar(&opt.split, "split", "", "take only this split of the manifest")
	f.StringVar(&opt.out, "out", "", "output file: .parquet, .jsonl or .csv (required)")
	f.StringVar(&opt.backend, "backend", "auto", "compute engine: "+strings.Join(backend.Choices, ", "))
	f.IntVar(&opt.topK, "top-k", 0, "labels of each input (0: the recipe's)")
	f.Float64Var(&opt.temperature, "temperature", 0, "divide logits by this before the softmax (0: what eval --calibrate --save stored in the checkpoint, or else 1)")
	f.IntVar(&opt.views, "views", 1, "clips of each video, spread over its length, whose logits are averaged (0: the recipe's)")
	f.IntVar(&opt.crops, "crops", 1, "crops of each of these clips: 1, 3 or 5 (0: the recipe's)")
	f.BoolVar(&opt.embedding, "embedding", false, "add a column with what the network's head sees of the input (.parquet, .jsonl)")
	f.Float64Var(&opt.abstain, "abstain", 0, "mark rows whose best score is below this")
	opt.windows.flags(f)
	f.IntVar(&opt.batch, "batch", 0, "clips on the device at once (0: the recipe's, or fewer where they would take more than a quarter of the memory)")
	f.IntVar(&opt.workers, "workers", 0, "clips decoded at once (0: one a processor)")
	f.StringVar(&opt.ledger, "ledger", "", "folder of what is done already (default: the output's name with .ledger)")
	f.IntVar(&opt.unit, "unit", 0, "inputs that are done and kept together (0: 256 clips, or 16 videos with --window, or a shard)")
	f.BoolVar(&opt.restart, "restart", false, "remove the ledger first, with all that is done")
	f.BoolVar(&opt.retry, "retry-failed", false, "label inputs again that have an error in the ledger")
	opt.limits.bind(f, isolate.Preferred)
	opt.engine.bind(f)
	for _, name := range []string{"checkpoint", "input", "out"} {
		_ = cmd.MarkFlagRequired(name) // the flag exists
	}
	return cmd
}

// outputs are the files of labels, the first network's first.
func (o *labelOptions) outputs() (files, dirs []string, err error) {
	files = []string{o.out}
	for _, also := range o.also {
		dir, out, ok := strings.Cut(also, "=")
		if !ok || dir == "" || out == "" {
			return nil, nil, usageErrorf("--also %q: use DIR=FILE", also)
		}
		files, dirs = append(files, out), append(dirs, dir)
	}
	return files, dirs, nil
}

// Check rejects values that no input can make right.
func (o *labelOptions) Check() error {
	switch {
	case o.topK < 0 || o.batch < 0 || o.workers < 0 || o.unit < 0 || o.views < 0:
		return usageErrorf("--top-k %d, --batch %d, --workers %d, --unit %d, --views %d: use 0 or more", o.topK, o.batch, o.workers, o.unit, o.views)
	case !(o.temperature >= 0) || math.IsInf(o.temperature, 0):
		return usageErrorf("--temperature %v: use a number above 0, or 0 for the checkpoint's", o.temperature)
	case !(o.abstain >= 0 && o.abstain <= 1):
		return usageErrorf("--abstain %v: a score from 0 to 1", o.abstain)
	case o.crops != 0 && o.crops != 1 && o.crops != 3 && o.crops != 5:
		return usageErrorf("--crops %d: use 1, 3 or 5, or 0 for the recipe's", o.crops)
	case o.windows.length > 0 && (o.views != 1 || o.crops != 1):
		return usageErrorf("--views and --crops are for whole clips, a window is seen once: leave them out, or --window")
	}
	files, _, err := o.outputs()
	if err != nil {
		return err
	}
	for _, file := range files {
		switch ext := strings.ToLower(filepath.Ext(file)); {
		case ext != ".parquet" && ext != ".jsonl" && ext != ".csv":
			return usageErrorf("output %s: the name must end in .parquet, .jsonl or .csv", file)
		case ext == ".csv" && o.embedding:
			return usageErrorf("output %s: CSV has no place for --embedding, use .parquet or .jsonl", file)
		}
	}
	if o.engine.engine != "" {
		if err := o.engine.Check(); err != nil {
			return err
		}
	}
	return o.limits.Check()
}
