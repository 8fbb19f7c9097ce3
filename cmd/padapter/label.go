package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/ui"
	"padapter/models/backend"
	"padapter/models/checkpoint"
	"padapter/models/label"
)

type labelOptions struct {
	checkpoint, input, split string
	out, backend             string
	topK, batch, workers     int
	temperature              float64
}

func newLabelCommand() *cobra.Command {
	var opt labelOptions
	cmd := &cobra.Command{
		Use:   "label --checkpoint DIR --input PATH|M --out FILE",
		Short: "Label a folder, a manifest or shards, one row for each input",
		Long: `Decodes every input with the clip settings that the checkpoint was trained with and writes one row for each:
id, uri, the k best labels with names and scores, or the reason why there are none (docs/formats/labels.md). The
output is Parquet, JSON Lines or CSV by its extension and appears only when it is complete.

The exit code is 3 when some rows carry a reason instead of labels.`,
		Example: `  padapter label --checkpoint run1 --input clips/ --out labels.parquet
  padapter label --checkpoint run1 --input archive.parquet --out labels.jsonl --top-k 3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opt.topK < 0 || opt.batch < 0 || opt.workers < 0 || !(opt.temperature > 0) {
				return usageErrorf("--top-k %d, --batch %d, --workers %d, --temperature %v: the first three may not be negative, the last must be above 0", opt.topK, opt.batch, opt.workers, opt.temperature)
			}
			return runLabel(cmd.Context(), opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.checkpoint, "checkpoint", "", "checkpoint folder, or the output folder of 'padapter train' (required)")
	f.StringVar(&opt.input, "input", "", "a folder of videos and images, one file, a manifest, or a folder of shards (required)")
	f.StringVar(&opt.split, "split", "", "take only this split of the manifest")
	f.StringVar(&opt.out, "out", "", "output file: .parquet, .jsonl or .csv (required)")
	f.StringVar(&opt.backend, "backend", "auto", "compute engine: "+strings.Join(backend.Choices, ", "))
	f.IntVar(&opt.topK, "top-k", 0, "labels of each input (0: the recipe's)")
	f.Float64Var(&opt.temperature, "temperature", 1, "divide logits by this before the softmax")
	f.IntVar(&opt.batch, "batch", 0, "clips on the device at once (0: the recipe's)")
	f.IntVar(&opt.workers, "workers", 0, "clips decoded at once (0: one a processor)")
	for _, name := range []string{"checkpoint", "input", "out"} {
		_ = cmd.MarkFlagRequired(name) // the flag exists
	}
	return cmd
}

func runLabel(ctx context.Context, opt labelOptions) (err error) {
	console := ui.From(ctx)
	m, err := checkpoint.Load(bestOf(opt.checkpoint))
	if err != nil {
		return err
	}
	defer m.Store.Finalize()
	engine, err := backend.Open(opt.backend)
	if err != nil {
		return err
	}
	console.Note("backend %s: %s", engine.Engine, engine.Why)
	r := m.Config.Recipe
	data, err := openClips(ctx, opt.input, clipSettings{clip: r.Clip, split: opt.split, seed: r.Train.Seed, workers: opt.workers, unlabelled: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	if opt.batch == 0 {
		opt.batch = r.Eval.Batch
	}
	if opt.topK == 0 {
		opt.topK = r.Eval.TopK
	}
	identity := sha256.Sum256([]byte(m.Config.BackboneSHA256 + m.Config.AdapterSHA256))
	task := console.Start("label", int64(data.Len()))
	summary, err := label.Run(ctx, label.Options{
		Backend: engine.Compute, Store: m.Store, Network: m.Classifier, Data: data.Data, Batch: opt.batch, Out: opt.out,
		Provenance: label.Provenance{
			Version: versionString(), Model: hex.EncodeToString(identity[:]), RecipeHash: r.Clip.Hash(),
			Classes: m.Config.Classes, TopK: opt.topK,
		},
		Temperature: opt.temperature, ShuffleFrames: r.Train.ShuffleFrames, Seed: r.Train.Seed,
		Progress: func(done, total int64) { task.Set(done, total, "") },
	})
	task.Finish()
	if err != nil {
		return err
	}
	result := map[string]any{"rows": summary.Rows, "labelled": summary.Labelled, "failed": summary.Failed, "out": opt.out}
	if err := console.Result(result, func() string {
		return fmt.Sprintf("%d rows, %d labelled, %d with a reason instead: %s", summary.Rows, summary.Labelled, summary.Failed, opt.out)
	}); err != nil {
		return err
	}
	return recordsFailed(int(summary.Failed), int(summary.Rows), opt.out)
}
