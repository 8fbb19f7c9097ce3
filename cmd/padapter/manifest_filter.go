package main

import (
	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs/manifest"
	"padapter/manifests"
	"padapter/manifests/change"
)

func newManifestFilterCommand() *cobra.Command {
	var out *manifest.Output
	var match change.Match
	var kinds, statuses []string
	ranges := map[string]*string{}
	cmd := &cobra.Command{
		Use:   "filter MANIFEST --out FILE",
		Short: "Keep the records that meet conditions",
		Long: `Keeps the records that meet every condition given; a condition that is given several times is met by any of its
values. The classes stay as they are, so that labels keep their numbers.

In patterns '*' stands for anything, slashes too, and '?' for one character; all other characters stand for themselves.
A range is MIN:MAX, MIN:, :MAX or one number, ends included. Ranges are about what 'padapter manifest probe' found:
records that were not probed meet none.`,
		Example: `  padapter manifest filter all.parquet --split train --status found --out train.parquet
  padapter manifest filter all.parquet --label "brush hair" --label 7 --out two-classes.parquet
  padapter manifest filter all.parquet --frames 16: --height :480 --uri '*.mp4' --out usable.parquet
  padapter manifest filter all.parquet --id 'bad/*' --invert --out rest.parquet`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			match.Kinds, match.Statuses = as[manifests.Kind](kinds), as[manifests.Status](statuses)
			match.Facts = map[string]change.Range{}
			for name, text := range ranges {
				if !cmd.Flags().Changed(name) {
					continue
				}
				r, err := change.ParseRange(*text)
				if err != nil {
					return usageErrorf("--%s: %w", name, err)
				}
				match.Facts[name] = r
			}
			report, err := manifest.Filter(args[0], match, *out)
			return changed(cmd.Context(), report, err)
		},
	}
	out = changeOutput(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&match.Splits, "split", nil, "records of this split (\"\": of none); may be repeated, as all conditions")
	f.StringArrayVar(&match.Labels, "label", nil, "records of this class, by name or number (\"\": unlabelled)")
	f.StringArrayVar(&kinds, "kind", nil, "video or image")
	f.StringArrayVar(&statuses, "status", nil, "found, missing or rejected")
	f.StringArrayVar(&match.Datasets, "dataset", nil, "records of this dataset")
	f.StringArrayVar(&match.Codecs, "codec", nil, "records of this codec, by FFmpeg's name")
	f.StringArrayVar(&match.IDs, "id", nil, "records whose id fits this pattern")
	f.StringArrayVar(&match.URIs, "uri", nil, "records whose uri fits this pattern")
	f.BoolVar(&match.Invert, "invert", false, "keep the other records")
	for _, name := range change.FactNames() {
		ranges[name] = f.String(name, "", "records whose "+name+" lies in this range")
	}
	return cmd
}

func as[T ~string](texts []string) []T {
	out := make([]T, len(texts))
	for i, text := range texts {
		out[i] = T(text)
	}
	return out
}
