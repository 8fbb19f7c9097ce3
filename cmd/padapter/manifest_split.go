package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/manifest"
	"padapter/manifests/change"
)

func newManifestSplitCommand() *cobra.Command {
	var out *manifest.Output
	var parts, of []string
	var seed uint64
	cmd := &cobra.Command{
		Use:   "split MANIFEST --parts NAME=SHARE,... --out FILE",
		Short: "Deal records out over new splits",
		Long: `Gives every record a new split. Each class is dealt out in the shares asked for, as nearly as groups allow:
records of one group (clips cut from one recording) and records with the same bytes, where 'padapter manifest probe'
has seen them, always come into the same split. The same seed deals the same records alike in whatever order they stand.`,
		Example: `  padapter manifest split all.parquet --parts train=0.8,val=0.1,test=0.1 --out split.parquet
  padapter manifest split ucf101.parquet --of train --parts train=9,val=1 --seed 3 --out with-val.parquet`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			split := change.SplitOptions{Of: of, Seed: seed}
			for _, text := range parts {
				part, err := parsePart(text)
				if err != nil {
					return err
				}
				split.Parts = append(split.Parts, part)
			}
			report, err := manifest.Split(args[0], split, *out)
			return changed(cmd.Context(), report, err)
		},
	}
	out = changeOutput(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&parts, "parts", nil, "splits to make and their shares, such as train=0.9,val=0.1 (required)")
	f.StringArrayVar(&of, "of", nil, "deal out only the records of this split; may be repeated")
	f.Uint64Var(&seed, "seed", 0, "of the dealing")
	require(cmd, "parts")
	return cmd
}

func parsePart(text string) (change.Part, error) {
	i := strings.LastIndex(text, "=")
	if i <= 0 {
		return change.Part{}, usageErrorf("--parts %q: use NAME=SHARE, such as train=0.9", text)
	}
	share, err := strconv.ParseFloat(text[i+1:], 64)
	if err != nil {
		return change.Part{}, usageErrorf("--parts %q: %q is not a number", text, text[i+1:])
	}
	return change.Part{Name: text[:i], Share: share}, nil
}
