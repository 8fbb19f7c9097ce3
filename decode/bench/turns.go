package bench

import (
	"context"

	"padapter/decode"
)

// Turns measures a directory a round at a time, so that another program can
// take the rounds between.
type Turns struct {
	files []string
	opt   Options
	crew  crew
}

// Turn is one round.
type Turn struct {
	Rate  float64 `json:"rate"`   // clips a second of wall time
	CPUMs float64 `json:"cpu_ms"` // processor milliseconds a clip, of the whole process
}

// OpenTurns hires workers for dir. Nothing is checked and opt.Repeat is not used.
func OpenTurns(dir string, opt Options) (*Turns, error) {
	files, err := list(dir)
	if err != nil {
		return nil, err
	}
	c, err := hire(opt, decode.NoClock)
	if err != nil {
		return nil, err
	}
	return &Turns{files: files, opt: opt, crew: c}, nil
}

// Next takes a round.
func (t *Turns) Next(ctx context.Context) (Turn, error) {
	o, _, err := t.crew.round(ctx, t.files, t.opt)
	if err != nil {
		return Turn{}, err
	}
	n := float64(len(t.files))
	return Turn{Rate: n / o.wall.Seconds(), CPUMs: o.cpu.Seconds() * 1000 / n}, nil
}

// Close dismisses the workers.
func (t *Turns) Close() { t.crew.dismiss() }
