package compare

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"padapter/cmd/internal/jobs/fit"
	"padapter/manifests/recipe"
	"padapter/manifests/wholefile"
	"padapter/models/backend"
	table "padapter/models/compare"
)

// comparison is one call of Run.
type comparison struct {
	Options
	engine *backend.Backend // of the row that is being made
}

// Run trains and measures what is not in the output folder yet, writes compare.json and compare.md there and returns the
// table.
func Run(ctx context.Context, opt Options) (*table.Table, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	rows, err := opt.rows()
	if err != nil {
		return nil, err
	}
	c := &comparison{Options: opt}
	var runs []table.Run
	var trials []table.Trial
	for _, r := range rows {
		if err := c.open(r); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		tried, err := c.chooseRate(ctx, r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		trials = append(trials, tried...)
		for _, seed := range opt.Seeds {
			variant := *r
			variant.Train.Seed = uint64(seed)
			run, err := c.run(ctx, &variant)
			if err != nil {
				return nil, fmt.Errorf("%s, seed %d: %w", r.Name, seed, err)
			}
			c.Observer.Note("%s, seed %d: top-1 %.2f %% of %d clips", r.Name, seed, 100*run.Top1, run.Clips)
			runs = append(runs, run)
		}
	}
	title := fmt.Sprintf("%d test clips, %d seeds, best epoch chosen on validation, %s", runs[0].Clips, len(opt.Seeds), engines(runs))
	if len(opt.Rates) > 0 {
		title += fmt.Sprintf(", each row's rate the best of %d there", len(opt.Rates))
	}
	t := table.New(title, runs)
	t.Trials = trials
	if err := t.WriteJSON(filepath.Join(opt.Out, "compare.json")); err != nil {
		return nil, err
	}
	return t, wholefile.Write(filepath.Join(opt.Out, "compare.md"), func(w io.Writer) error {
		_, err := io.WriteString(w, t.Markdown())
		return err
	})
}

// open opens the engine of a row, in the precision of its recipe.
func (c *comparison) open(r *recipe.Recipe) error {
	engine, err := fit.OpenEngine(backend.Settings{Engine: c.Backend}, r)
	if err != nil {
		return err
	}
	if c.engine == nil || c.engine.Engine != engine.Engine || c.engine.Precision != engine.Precision {
		c.Observer.Note("backend %s, %s: %s", engine.Engine, engine.Precision, engine.Why)
	}
	c.engine, c.Sets.Yield = engine, engine.OnProcessors()
	return nil
}

// engines names what computed the runs, in their order.
func engines(runs []table.Run) string {
	var names []string
	for _, r := range runs {
		name := "backend " + r.Engine
		if r.Precision != string(backend.Float32) {
			name += " in " + r.Precision
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
