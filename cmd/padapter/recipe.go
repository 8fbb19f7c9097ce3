package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/ui"
	"padapter/manifests/recipe"
	"padapter/models/classifier"
)

func newRecipeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "recipe",
		Short: "List, show and check recipes: what a clip is, which network sees it, what trains and how",
		RunE:  needsSubcommand,
		Args:  cobra.ArbitraryArgs,
	}
	cmd.AddCommand(newRecipeListCommand(), newRecipeShowCommand(), newRecipeCheckCommand())
	return cmd
}

// recipeSummary is a recipe in one line.
type recipeSummary struct {
	Name      string  `json:"name"`
	Tuning    string  `json:"tuning"`
	Frames    int     `json:"frames"`
	Height    int     `json:"height"`
	Width     int     `json:"width"`
	Epochs    int     `json:"epochs"`
	Batch     int     `json:"batch"`
	Optimizer string  `json:"optimizer"`
	BaseLR    float64 `json:"base_lr"`
}

func newRecipeListCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the recipes that come with the program",
		Example: `  padapter recipe list`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list []recipeSummary
			for _, name := range recipe.Names() {
				r, err := recipe.Load(name)
				if err != nil {
					return err
				}
				list = append(list, recipeSummary{r.Name, r.Tuning.Kind, r.Clip.Frames, r.Clip.Height, r.Clip.Width, r.Train.Epochs, r.Train.Batch, r.Train.Optimizer, r.Train.BaseLR})
			}
			return ui.From(cmd.Context()).Result(list, func() string { return listRecipes(list) })
		},
	}
}

func listRecipes(list []recipeSummary) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tTUNING\tCLIP\tEPOCHS\tBATCH\tOPTIMIZER\tBASE RATE")
	for _, r := range list {
		fmt.Fprintf(w, "%s\t%s\t%d x %d x %d\t%d\t%d\t%s\t%g\n", r.Name, r.Tuning, r.Frames, r.Height, r.Width, r.Epochs, r.Batch, r.Optimizer, r.BaseLR)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return out.String()
}

func newRecipeShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "show NAME|FILE",
		Short: "Print a whole recipe, its bases filled in, as YAML",
		Example: `  padapter recipe show ssv2-padapter > my.yaml
  padapter recipe show my.yaml --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := recipe.Load(args[0])
			if err != nil {
				return err
			}
			text, err := r.YAML()
			if err != nil {
				return err
			}
			return ui.From(cmd.Context()).Result(r, func() string { return string(text) })
		},
	}
}

// recipeCheck says what a recipe amounts to.
type recipeCheck struct {
	Name     string  `json:"name"`
	Hash     string  `json:"hash"`
	ClipHash string  `json:"clip_hash"` // what shards must have been made with
	Tokens   int     `json:"tokens"`    // of a clip
	Views    int     `json:"views"`     // of a test video
	Rate     float64 `json:"peak_rate"`
	Classes  int     `json:"classes"`
	Trained  int     `json:"trained_parameters"`
	Total    int     `json:"total_parameters"`
}

func newRecipeCheckCommand() *cobra.Command {
	var classes int
	cmd := &cobra.Command{
		Use:   "check NAME|FILE…",
		Short: "Check recipes and say what they amount to",
		Long: `Reads recipes and reports every mistake in them: unknown keys, values that are not allowed, and sizes that do
not fit one another. Of those without mistakes it puts the network together and prints tokens, parameters and rate.`,
		Example: `  padapter recipe check my.yaml
  padapter recipe check my.yaml --classes 174`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if classes < 1 {
				return usageErrorf("--classes %d: it must be at least 1", classes)
			}
			var list []recipeCheck
			var mistakes []error
			for _, arg := range args {
				checked, err := checkRecipe(arg, classes)
				if err != nil {
					mistakes = append(mistakes, err)
					continue
				}
				list = append(list, checked)
			}
			if err := ui.From(cmd.Context()).Result(list, func() string { return listChecks(list) }); err != nil {
				return err
			}
			return errors.Join(mistakes...)
		},
	}
	cmd.Flags().IntVar(&classes, "classes", 100, "classes of the head whose parameters are counted")
	return cmd
}

func checkRecipe(nameOrPath string, classes int) (recipeCheck, error) {
	r, err := recipe.Load(nameOrPath)
	if err != nil {
		return recipeCheck{}, err
	}
	network, err := classifier.FromRecipe(r, classes)
	if err != nil {
		return recipeCheck{}, fmt.Errorf("%s: %w", filepath.Base(nameOrPath), err)
	}
	c := recipeCheck{
		Name: r.Name, Hash: r.Hash(), ClipHash: r.Clip.Hash(), Tokens: r.Model.Tokens(r.Clip), Views: r.Clip.Views(),
		Rate: r.Train.BaseLR * float64(r.Train.Batch) / 256, Classes: classes,
	}
	c.Trained, c.Total = network.Count()
	return c, nil
}

func listChecks(list []recipeCheck) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, c := range list {
		fmt.Fprintf(w, "recipe\t%s\n", c.Name)
		fmt.Fprintf(w, "trained parameters\t%s of %s (%.2f %%), for %d classes\n", jobs.Thousands(int64(c.Trained)), jobs.Thousands(int64(c.Total)), 100*float64(c.Trained)/float64(c.Total), c.Classes)
		fmt.Fprintf(w, "tokens of a clip\t%d\n", c.Tokens)
		fmt.Fprintf(w, "views of a test video\t%d\n", c.Views)
		fmt.Fprintf(w, "peak rate\t%g\n", c.Rate)
		fmt.Fprintf(w, "hash\t%s\n", c.Hash)
		fmt.Fprintf(w, "hash of the clip part\t%s\n", c.ClipHash)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return out.String()
}
