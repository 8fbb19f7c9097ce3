package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"

	"padapter/models/evaluate"
	"padapter/models/metrics"
)

//go:embed page.html
var pageText string

// Page holds the content of the page.
type Page struct {
	Title      string
	Version    string // version of the program
	Engine     string // engine of the evaluation
	Recipe     string // YAML
	Trained    int
	Total      int
	History    *History // nil without a training log
	Evaluation *evaluate.Report
	Mistakes   []Mistake
}

// bar is one class of the per-class chart.
type bar struct {
	Name   string
	Clips  int64
	Top1   float64 // percent
	Common string  // most frequent wrong prediction
}

// view is the template's data.
type view struct {
	Page
	Share     float64
	LossChart template.HTML
	ValChart  template.HTML
	RateChart template.HTML
	Bars      []bar
	Confusion template.URL
	Cells     [][]int64 // for few classes
	Strips    []strip
}

type strip struct {
	Mistake
	Truth, Guess string
	Percent      float64
	Frames       template.URL
}

// fewClasses is the largest number of classes for which the confusion matrix is shown as a table.
const fewClasses = 20

// Write renders the page as HTML.
func (p Page) Write(w io.Writer) error {
	v, err := p.view()
	if err != nil {
		return fmt.Errorf("make report: %w", err)
	}
	page, err := template.New("page").Parse(pageText)
	if err != nil {
		return fmt.Errorf("make report: %w", err)
	}
	if err := page.Execute(w, v); err != nil {
		return fmt.Errorf("make report: %w", err)
	}
	return nil
}

func (p Page) view() (*view, error) {
	v := &view{Page: p, Share: 100 * float64(p.Trained) / float64(max(p.Total, 1))}
	if h := p.History; h != nil {
		v.LossChart = chart(series{"loss of a step", "#9db7d5", h.Loss}, series{"of an epoch", "#1f5fa8", h.Train}, series{"validation", "#c4552d", h.ValLoss})
		v.ValChart = chart(series{"validation top-1", "#c4552d", h.ValTop1})
		v.RateChart = chart(series{"learning rate", "#3f7d4e", h.Rate})
	}
	r := p.Evaluation
	for _, rate := range r.Metrics.PerClass {
		if rate.Clips > 0 {
			v.Bars = append(v.Bars, bar{name(r.Classes, rate.Class), rate.Clips, 100 * rate.Top1, mostCommon(r, rate)})
		}
	}
	slices.SortStableFunc(v.Bars, func(a, b bar) int {
		switch {
		case a.Top1 < b.Top1:
			return -1
		case a.Top1 > b.Top1:
			return 1
		}
		return 0
	})
	var err error
	if v.Confusion, err = pngURL(confusionImage(r.Metrics.Confusion)); err != nil {
		return nil, err
	}
	if len(r.Metrics.Confusion) <= fewClasses {
		v.Cells = r.Metrics.Confusion
	}
	for _, m := range p.Mistakes {
		frames, err := m.Strip()
		if err != nil {
			return nil, err
		}
		v.Strips = append(v.Strips, strip{m, name(r.Classes, int(m.Label)), name(r.Classes, m.Predicted), 100 * float64(m.Score), frames})
	}
	return v, nil
}

func name(classes []string, class int) string {
	if class >= 0 && class < len(classes) {
		return classes[class]
	}
	return fmt.Sprintf("class %d", class)
}

func mostCommon(r *evaluate.Report, rate metrics.ClassRate) string {
	mistake, times := -1, int64(0)
	for predicted, n := range r.Metrics.Confusion[rate.Class] {
		if predicted != rate.Class && n > times {
			mistake, times = predicted, n
		}
	}
	if mistake < 0 {
		return ""
	}
	return fmt.Sprintf("%s (%d)", name(r.Classes, mistake), times)
}
