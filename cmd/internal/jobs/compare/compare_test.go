package compare

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"padapter/cmd/internal/jobs"
	"padapter/cmd/internal/jobs/fit"
	"padapter/cmd/internal/jobs/jobstest"
	"padapter/models/train"
)

func options(t *testing.T) Options {
	clips := fit.Clips{Path: jobstest.Clips(t)}
	return Options{
		Recipes: []string{jobstest.Recipe(t)}, Tunings: []string{"padapter", "adaptformer", "adaptformer-sequential", "vpt"}, Seeds: []int64{1},
		Sets: fit.Sets{Train: clips, Val: clips, Test: clips, Version: "test"}, Out: filepath.Join(t.TempDir(), "out"), Backend: "go", Version: "test",
	}
}

// TestTuningsOfEqualSize runs a whole comparison twice, with a PAdapter that is not of mode x_p.
func TestTuningsOfEqualSize(t *testing.T) {
	opt := options(t)
	table, err := Run(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) != 4 {
		t.Fatalf("rows %+v", table.Rows)
	}
	const depth, dim = 2, 16
	for _, row := range table.Rows[1:] {
		// One more or less in width is 2·dim + 1 parameters of a block for AdaptFormer, dim for VPT.
		each := int64(2*dim + 1)
		if row.Tuning == "vpt" {
			each = dim
		}
		if away := row.Trained - table.Rows[0].Trained; 2*max(away, -away) > depth*each {
			t.Errorf("%s trains %d parameters, PAdapter %d: another width is closer", row.Tuning, row.Trained, table.Rows[0].Trained)
		}
	}
	steps := func() int {
		log, err := os.ReadFile(filepath.Join(opt.Out, "vpt-seed1", train.LogFile))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(log), `"event":"step"`)
	}
	first := steps()
	again, err := Run(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if first != 2 || steps() != first || again.Rows[3].Top1 != table.Rows[3].Top1 {
		t.Errorf("a finished run was trained again: %d steps, then %d; top-1 %v, then %v", first, steps(), table.Rows[3].Top1, again.Rows[3].Top1)
	}
}

func TestWidthsAsGiven(t *testing.T) {
	opt := options(t)
	opt.Bottleneck, opt.Prompts = 5, 7
	rows, err := opt.rows()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		switch k := r.Tuning; {
		case strings.HasPrefix(k.Kind, "adaptformer") && k.Bottleneck != 5, k.Kind == "vpt" && k.Prompts != 7, k.Kind == "padapter" && k.Bottleneck != 6:
			t.Errorf("%+v", k)
		}
	}
}

func TestWhatCannotBeCompared(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no seeds":          {func(o *Options) { o.Seeds = nil }, "--seeds is empty"},
		"negative seed":     {func(o *Options) { o.Seeds = []int64{-1} }, "may not be negative"},
		"rate seed":         {func(o *Options) { o.Rates, o.RateSeed = []float64{1}, 1 }, "one of --seeds"},
		"rate":              {func(o *Options) { o.Rates = []float64{0} }, "above 0"},
		"same name":         {func(o *Options) { o.Tunings = []string{"vpt", "vpt"} }, "two rows"},
		"other clips":       {func(o *Options) { o.Recipes, o.Tunings = append(o.Recipes, "demo-source"), nil }, "different clips"},
		"test is training":  {func(o *Options) { o.Tunings, o.Sets.Test.Split = []string{"linear"}, "train" }, "in the training data"},
		"val is in train":   {func(o *Options) { o.Tunings, o.Sets.Val.Split = []string{"linear"}, "train" }, "in the training data"},
		"no split of these": {func(o *Options) { o.Tunings, o.Sets.Test.Split = []string{"linear"}, "other" }, "other"},
	} {
		opt := options(t)
		c.change(&opt)
		var usage jobs.UsageError
		if _, err := Run(t.Context(), opt); !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
