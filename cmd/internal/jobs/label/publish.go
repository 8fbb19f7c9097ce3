package label

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"padapter/models/label"
)

// publish writes the files of labels and segments from the ledger.
func (r *run) publish(ctx context.Context) (*Summary, error) {
	ledger, inputs := r.job.ledger, r.job.inputs.list
	if err := ledger.Refresh(); err != nil {
		return nil, err
	}
	engine := r.job.networks.engine
	s := &Summary{
		Inputs: len(inputs), Kept: r.kept, Ledger: r.ledger, Segments: r.opt.SegmentsFile, Gone: []string{},
		Backend: engine.Engine, Precision: string(engine.Precision), Devices: engine.Devices,
	}
	for i, file := range r.opt.Outputs {
		out := Output{Out: file}
		if text := ledger.Target(i).Agreement; text != "" {
			if err := json.Unmarshal([]byte(text), &out.Agreement); err != nil {
				return nil, fmt.Errorf("read the agreement in ledger %s: %w", r.ledger, err)
			}
		}
		if err := r.writeLabels(ctx, i, &out); err != nil {
			return nil, err
		}
		s.Outputs = append(s.Outputs, out)
	}
	if r.opt.segments() {
		if err := r.writeSegments(ctx); err != nil {
			return nil, err
		}
	}
	return s, r.compare(s)
}

// writeLabels writes the rows of one network, in the order of the inputs.
func (r *run) writeLabels(ctx context.Context, target int, out *Output) (err error) {
	reader := r.job.ledger.Reader(target)
	defer func() { err = errors.Join(err, reader.Close()) }()
	w, err := label.Create(out.Out, r.job.ledger.Target(target))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Abort()) }()
	for _, in := range r.job.inputs.list {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := reader.Rows(in.Content, func(row label.Row) error {
			out.Rows++
			switch {
			case row.Error != "":
				out.Failed++
			case row.Abstain:
				out.Abstained++
				fallthrough
			default:
				out.Labelled++
			}
			return w.Write(row)
		})
		if err != nil {
			return err
		}
	}
	return w.Commit()
}

// writeSegments writes the segments of the first network.
func (r *run) writeSegments(ctx context.Context) (err error) {
	reader := r.job.ledger.Reader(0)
	defer func() { err = errors.Join(err, reader.Close()) }()
	files, err := r.opt.createSegments(r.job.ledger.Target(0).Classes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.close(err != nil)) }()
	for _, in := range r.job.inputs.list {
		if err := ctx.Err(); err != nil {
			return err
		}
		extra, err := reader.Extra(in.Content)
		if err != nil {
			return err
		}
		rows, err := segmentsOf(extra)
		if err != nil {
			return err
		}
		if err := files.write(in.ID, rows); err != nil {
			return err
		}
	}
	return nil
}

// compare reports what the ledger has beside the inputs: earlier states of those labelled now, and inputs that are gone.
func (r *run) compare(s *Summary) error {
	inputs := r.job.inputs.list
	if r.job.ledger.Len() == len(inputs) {
		return nil
	}
	current, ids := map[label.Content]bool{}, map[string]bool{} // ids: whether labelled now
	for _, in := range inputs {
		current[in.Content], ids[in.ID] = true, false
	}
	for _, t := range r.job.work {
		ids[inputs[t.input].ID] = true
	}
	others, err := r.job.ledger.Others(func(c label.Content) bool { return current[c] })
	if err != nil {
		return err
	}
	for _, in := range others {
		switch anew, there := ids[in.ID]; {
		case anew:
			s.Changed++
		case !there:
			s.Removed++
			if len(s.Gone) < mostGone {
				s.Gone = append(s.Gone, in.ID)
			}
		}
	}
	return nil
}
