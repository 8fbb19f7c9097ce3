package main

import (
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/bench"
	"padapter/cmd/internal/ui"
	"padapter/models/backend"
	models "padapter/models/bench"
)

func newBenchModelCommand() *cobra.Command {
	var opt bench.ModelOptions
	cmd := &cobra.Command{
		Use:   "model",
		Short: "Speed and memory of forward passes and training steps of ViT with PAdapter",
		Long: `Measures every combination of --model, --frames, --batch, --pass and --backend, one after another: one round that
also compiles, then --repeat rounds of which median, smallest and largest are printed. A forward pass is what
labelling runs on one batch; a step is forward, backward, and SGD on what PAdapter trains. A step on a single clip
takes the head's running statistics, since one clip has no variance.

With --follow, and with one combination, every line on standard input starts a round and is answered by one line of
JSON; the end of the input ends it. models/bench/peers/compare.py uses that to take turns with PyTorch, OpenVINO and ONNX Runtime.`,
		Example: `  padapter bench model --model small --frames 8 --batch 1 --backend onnx,go
  padapter bench model --pass step --micro-batch 1 --batch 4`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return bench.Model(cmd.Context(), opt, cmd.InOrStdin(), ui.From(cmd.Context()).Result)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&opt.Models, "model", []string{"small", "base"}, "sizes: "+strings.Join(models.Models, ", "))
	f.IntSliceVar(&opt.Frames, "frames", []int{8, 16}, "frames of a clip")
	f.IntSliceVar(&opt.Batches, "batch", []int{1, 4}, "clips of a batch")
	f.StringSliceVar(&opt.Passes, "pass", models.Passes, "what is measured: "+strings.Join(models.Passes, ", "))
	f.StringSliceVar(&opt.Backends, "backend", []string{"auto"}, "compute engines: "+strings.Join(backend.Choices, ", "))
	f.StringSliceVar(&opt.Precisions, "precision", models.Precisions[:1], "number formats of matrix products: "+strings.Join(models.Precisions, ", "))
	f.IntVar(&opt.Common.Size, "size", 224, "side of a frame in pixels")
	f.IntVar(&opt.Common.Micro, "micro-batch", 0, "of a step: clips on the device at once (0: all)")
	f.BoolVar(&opt.Common.GradientCheckpointing, "rematerialize", false, "of a step: keep the blocks' inputs and compute the rest again")
	f.IntVar(&opt.Repeat, "repeat", 3, "measured rounds")
	f.StringVar(&opt.Weights, "weights", "", "write the network's weights to this safetensors file first")
	f.BoolVar(&opt.Follow, "follow", false, "take one round for each line on standard input")
	return cmd
}
