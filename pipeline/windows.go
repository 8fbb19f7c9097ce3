package pipeline

import (
	"fmt"

	"padapter/manifests"
	"padapter/sampler"
)

// Windows returns a manifest with a record for each window over each record of a long, untrimmed video: the same but for
// the part of the file, and with "@START-END" (seconds) behind the id. Records that were not found stay one. The windows
// of a record form a group. How long a file is must be known: the end of the record, or its probed duration.
func Windows(man *manifests.Manifest, s sampler.Sliding) (*manifests.Manifest, error) {
	out := *man
	out.Records = nil
	for _, r := range man.Records {
		if r.Status != manifests.Found || r.Kind == manifests.Image {
			out.Records = append(out.Records, r)
			continue
		}
		end := r.End
		if end == 0 {
			end = r.Facts.Duration
		}
		if !(end > r.Start) {
			return nil, fmt.Errorf("windows of record %s: its duration is not known: run 'padapter manifest probe' first", r.ID)
		}
		windows, err := s.Windows(end - r.Start)
		if err != nil {
			return nil, fmt.Errorf("windows of record %s: %w", r.ID, err)
		}
		for _, w := range windows {
			part := r
			part.Start, part.End = r.Start+w.Start, r.Start+w.End
			part.ID = fmt.Sprintf("%s@%.3f-%.3f", r.ID, part.Start, part.End)
			if part.Group == "" {
				part.Group = r.ID
			}
			out.Records = append(out.Records, part)
		}
	}
	return &out, out.Validate()
}
