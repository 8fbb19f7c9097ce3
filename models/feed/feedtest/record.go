package feedtest

import (
	"github.com/apache/arrow/go/v17/arrow"

	"padapter/pipeline/batch"
)

// record builds one Arrow record. Frame numbers are 0, 1, 2, …, at 25 frames a second.
func (s *Source) record(rows []Row) (arrow.Record, error) {
	b, err := batch.NewBuilder(s.mem, s.meta, len(rows))
	if err != nil {
		return nil, err
	}
	defer b.Release()
	index, pts := make([]int32, s.meta.Shape.Frames), make([]float64, s.meta.Shape.Frames)
	for f := range index {
		index[f], pts[f] = int32(f), float64(f)/25
	}
	for i, r := range rows {
		copy(b.Clip(i), r.Frames)
		if err := b.Set(i, batch.Row{ID: r.ID, URI: r.ID + ".avi", Label: r.Label, View: r.View, FrameIndex: index, Seconds: pts, Error: r.Error}); err != nil {
			return nil, err
		}
	}
	return b.Record(len(rows))
}
