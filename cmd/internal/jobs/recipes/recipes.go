// Package recipes has what the recipe commands find out about recipes.
package recipes

import (
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"padapter/cmd/internal/jobs"
	"padapter/manifests/recipe"
	"padapter/models/classifier"
)

// Summary is a recipe in one line.
type Summary struct {
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

// List returns the recipes that come with the program.
func List() ([]Summary, error) {
	var list []Summary
	for _, name := range recipe.Names() {
		r, err := recipe.Load(name)
		if err != nil {
			return nil, err
		}
		list = append(list, Summary{r.Name, r.Tuning.Kind, r.Clip.Frames, r.Clip.Height, r.Clip.Width, r.Train.Epochs, r.Train.Batch, r.Train.Optimizer, r.Train.BaseLR})
	}
	return list, nil
}

// ListText is a list for people, a line a recipe.
func ListText(list []Summary) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tTUNING\tCLIP\tEPOCHS\tBATCH\tOPTIMIZER\tBASE RATE")
	for _, r := range list {
		fmt.Fprintf(w, "%s\t%s\t%d x %d x %d\t%d\t%d\t%s\t%g\n", r.Name, r.Tuning, r.Frames, r.Height, r.Width, r.Epochs, r.Batch, r.Optimizer, r.BaseLR)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return out.String()
}

// Amounts are what a recipe amounts to.
type Amounts struct {
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

// Check puts the network of a recipe together, with a head of so many classes.
func Check(nameOrPath string, classes int) (Amounts, error) {
	r, err := recipe.Load(nameOrPath)
	if err != nil {
		return Amounts{}, err
	}
	network, err := classifier.FromRecipe(r, classes)
	if err != nil {
		return Amounts{}, fmt.Errorf("%s: %w", filepath.Base(nameOrPath), err)
	}
	c := Amounts{
		Name: r.Name, Hash: r.Hash(), ClipHash: r.Clip.Hash(), Tokens: r.Model.Tokens(r.Clip), Views: r.Clip.Views(),
		Rate: r.Train.BaseLR * float64(r.Train.Batch) / 256, Classes: classes,
	}
	c.Trained, c.Total = network.Count()
	return c, nil
}

// AmountsText is the amounts of several recipes for people.
func AmountsText(list []Amounts) string {
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
