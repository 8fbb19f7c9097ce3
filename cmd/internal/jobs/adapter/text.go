// Package adapter describes checkpoints to people, as the adapter commands print them.
package adapter

import (
	"fmt"
	"sort"
	"strings"
	"text/tabwriter"

	"padapter/models/checkpoint"
)

// Table is one line a checkpoint. Backbones are told apart by the start of their hash.
func Table(found []checkpoint.Listed) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "FOLDER\tTUNING\tCLASSES\tTRAINED\tADAPTER\tBACKBONE\tTOP-1")
	for _, l := range found {
		backbone := shortHash(l.Config.BackboneSHA256)
		if !l.Backbone {
			backbone += " (elsewhere)"
		}
		top1 := "-"
		if v, ok := l.Config.Metrics["val_top1"]; ok {
			top1 = fmt.Sprintf("%.1f %%", 100*v)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%.2f MB\t%s\t%s\n", l.Dir, l.Config.Recipe.Tuning.Kind, len(l.Config.Classes), l.Config.Trained,
			float64(l.AdapterBytes)/1e6, backbone, top1)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return out.String()
}

func shortHash(hash string) string { return hash[:min(12, len(hash))] }

// Text is what one checkpoint says about itself.
func Text(l checkpoint.Listed) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	c := l.Config
	row("folder", "%s", l.Dir)
	row("written by", "%s", c.Tool)
	row("recipe", "%s (%s)", c.Recipe.Name, shortHash(c.Recipe.Hash()))
	row("network", "dim %d, depth %d, heads %d, patch %d, tubelet %d, on %d×%d×%d", c.Recipe.Model.Dim, c.Recipe.Model.Depth, c.Recipe.Model.Heads,
		c.Recipe.Model.Patch, c.Recipe.Model.Tubelet, c.Recipe.Clip.Frames, c.Recipe.Clip.Height, c.Recipe.Clip.Width)
	row("tuning", "%s", c.Recipe.Tuning.Kind)
	row("trained", "%d of %d weights (%.2f %%)", c.Trained, c.Total, 100*float64(c.Trained)/float64(max(c.Total, 1)))
	row("adapter", "%.2f MB, SHA-256 %s", float64(l.AdapterBytes)/1e6, c.AdapterSHA256)
	where := "in the folder"
	if !l.Backbone {
		where = "elsewhere"
	}
	row("backbone", "%s, SHA-256 %s", where, c.BackboneSHA256)
	row("classes", "%d: %s", len(c.Classes), strings.Join(c.Classes, ", "))
	names := make([]string, 0, len(c.Metrics))
	for name := range c.Metrics {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		row(name, "%g", c.Metrics[name])
	}
	if c.Temperature > 0 {
		row("temperature", "%.4g, fitted on validation clips", c.Temperature)
	}
	agreements, err := checkpoint.ReadAgreements(l.Dir, c)
	if err != nil {
		row("agreement", "%v", err)
	}
	for _, a := range agreements {
		row("agreement", "%v", a)
	}
	_ = w.Flush() // a strings.Builder takes everything
	return out.String()
}
