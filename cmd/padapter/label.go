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
	out, backend, backbone   string
	also                     []string
	topK, batch, workers     int
	temperature, abstain     float64
	windows                  windowOptions
	limits                   decodeLimits
}

func newLabelCommand() *cobra.Command {
	var opt labelOptions
	cmd := &cobra.Command{
		Use:   "label --checkpoint DIR --input PATH|M --out FILE",
		Short: "Label a folder, a manifest or shards, one row for each input",
		Long: `Decodes every input with the clip settings that the checkpoint was trained with and writes one row for each:
id, uri, the k best labels with names and scores, or the reason why there are none (docs/formats/labels.md). The
output is Parquet, JSON Lines or CSV by its extension and appears only when it is complete.

With --window videos of any length are cut into overlapping windows, each video decoded once from beginning to end,
and every window has a row; --segments and --webvtt merge them into time segments.

With --also DIR=FILE further adapters on the same backbone label the same clips in the same pass: clips are decoded
once, and the backbone is in memory once. They must have been trained with the same clip settings.

The exit code is 3 when some rows carry a reason instead of labels.`,
		Example: `  padapter label --checkpoint run1 --input clips/ --out labels.parquet
  padapter label --checkpoint run1 --input archive.parquet --out labels.jsonl --top-k 3
  padapter label --checkpoint run1 --input archive/ --window 2 --hop 0.5 --out windows.parquet --segments segments.parquet
  padapter label --checkpoint hmdb51 --also ucf101-adapter=ucf101.parquet --input clips/ --out hmdb51.parquet`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opt.topK < 0 || opt.batch < 0 || opt.workers < 0 || !(opt.temperature > 0) {
				return usageErrorf("--top-k %d, --batch %d, --workers %d, --temperature %v: the first three may not be negative, the last must be above 0", opt.topK, opt.batch, opt.workers, opt.temperature)
			}
			if !(opt.abstain >= 0 && opt.abstain <= 1) {
				return usageErrorf("--abstain %v: a score from 0 to 1", opt.abstain)
			}
			if err := opt.limits.Check(); err != nil {
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
	f.Float64Var(&opt.temperature, "temperature", 1, "divide logits by this before the softmax")
	f.Float64Var(&opt.abstain, "abstain", 0, "mark rows whose best score is below this")
	opt.windows.flags(f)
	f.IntVar(&opt.batch, "batch", 0, "clips on the device at once (0: the recipe's)")
	f.IntVar(&opt.workers, "workers", 0, "clips decoded at once (0: one a processor)")
	opt.limits.bind(f)
	for _, name := range []string{"checkpoint", "input", "out"} {
		_ = cmd.MarkFlagRequired(name) // the flag exists
	}
	return cmd
}

func runLabel(ctx context.Context, opt labelOptions) (err error) {
	console := ui.From(ctx)
	windows, err := opt.windows.sliding()
	if err != nil {
		return err
	}
	if opt.backbone == "" {
		opt.backbone = opt.checkpoint
	}
	m, err := checkpoint.LoadAdapter(bestOf(opt.checkpoint), bestOf(opt.backbone))
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
	data, err := openClips(ctx, opt.input, clipSettings{clip: r.Clip, split: opt.split, seed: r.Train.Seed, workers: opt.workers, limits: opt.limits, unlabelled: true, windows: windows})
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
	first := opt.target(m, opt.out)
	segments, err := newSegmenter(opt.windows, m.Config.Classes)
	if err != nil {
		return err
	}
	if segments != nil {
		first.Observe = segments.observe
		defer func() { err = errors.Join(err, segments.close(err != nil)) }()
	}
	more, err := opt.more(m)
	if err != nil {
		return err
	}
	task := console.Start("label", int64(data.Len()))
	summaries, err := label.RunAll(ctx, label.Options{
		Backend: engine.Compute, Store: first.Store, Network: first.Network, Data: data.Data, Batch: opt.batch, Out: first.Out,
		Provenance: first.Provenance, Temperature: first.Temperature, Observe: first.Observe, ShuffleFrames: r.Train.ShuffleFrames, Seed: r.Train.Seed,
		Progress: func(done, total int64) { task.Set(done, total, "") },
	}, more...)
	task.Finish()
	if err != nil {
		return err
	}
	var worst error
	for i, t := range append([]label.Target{first}, more...) {
		s := summaries[i]
		result := map[string]any{"rows": s.Rows, "labelled": s.Labelled, "failed": s.Failed, "out": t.Out}
		if err := console.Result(result, func() string {
			return fmt.Sprintf("%d rows, %d labelled, %d with a reason instead: %s", s.Rows, s.Labelled, s.Failed, t.Out)
		}); err != nil {
			return err
		}
		if worst == nil {
			worst = recordsFailed(int(s.Failed), int(s.Rows), t.Out)
		}
	}
	return worst
}

// target is a model that labels into a file.
func (opt labelOptions) target(m *checkpoint.Model, out string) label.Target {
	identity := sha256.Sum256([]byte(m.Config.BackboneSHA256 + m.Config.AdapterSHA256))
	return label.Target{
		Store: m.Store, Network: m.Classifier, Out: out, Temperature: opt.temperature,
		Provenance: label.Provenance{
			Version: versionString(), Model: hex.EncodeToString(identity[:]), RecipeHash: m.Config.Recipe.Clip.Hash(),
			Classes: m.Config.Classes, TopK: opt.topK, Abstain: opt.abstain,
		},
	}
}

// more loads the other adapters beside m.
func (opt labelOptions) more(m *checkpoint.Model) ([]label.Target, error) {
	var more []label.Target
	for _, also := range opt.also {
		dir, out, ok := strings.Cut(also, "=")
		if !ok || dir == "" || out == "" {
			return nil, usageErrorf("--also %q: use DIR=FILE", also)
		}
		other, err := m.Beside(bestOf(dir))
		if err != nil {
			return nil, err
		}
		a, b := m.Config.Recipe, other.Config.Recipe
		if a.Clip.Hash() != b.Clip.Hash() || a.Train.ShuffleFrames != b.Train.ShuffleFrames || a.Train.Seed != b.Train.Seed && a.Train.ShuffleFrames {
			return nil, fmt.Errorf("checkpoint %s sees clips otherwise than %s: label with each by itself", dir, opt.checkpoint)
		}
		more = append(more, opt.target(other, out))
	}
	return more, nil
}
