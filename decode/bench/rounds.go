package bench

import (
	"context"

	"padapter/decode"
)

// Rounds measures a directory a round at a time, so that another program can
// take the rounds between.
type Rounds struct {
	files []string
	opt   Options
	crew  crew
}

// Round is one round.
type Round struct {
	Rate  float64 `json:"rate"`   // clips a second of wall time
	CPUMs float64 `json:"cpu_ms"` // processor milliseconds a clip, of the whole process
}

// OpenRounds hires workers for dir. Nothing is checked and opt.Repeat is not used.
func OpenRounds(dir string, opt Options) (*Rounds, error) {
	files, err := list(dir)
	if err != nil {
		return nil, err
	}
	c, err := hire(opt, decode.NoClock)
	if err != nil {
		return nil, err
	}
	return &Rounds{files: files, opt: opt, crew: c}, nil
}

// Next takes a round.
func (t *Rounds) Next(ctx context.Context) (Round, error) {
	o, _, err := t.crew.round(ctx, t.files, t.opt)
	if err != nil {
		return Round{}, err
	}
	n := float64(len(t.files))
	return Round{Rate: n / o.wall.Seconds(), CPUMs: o.cpu.Seconds() * 1000 / n}, nil
}

// Close dismisses the workers.
func (t *Rounds) Close() { t.crew.dismiss() }
