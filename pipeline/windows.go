package pipeline

import (
	"fmt"

	"padapter/manifests"
	"padapter/sampler"
)

// WindowRecords makes of the records of parts, which head describes, a record for each window over each long, untrimmed video:
// the same but for the part of the file, and with "@START-END" (seconds) behind the id. Records that were not found stay
// one. The windows of a record form a group. How long a file is must be known: the end of the record, or its probed
// duration.
func WindowRecords(head *manifests.Manifest, parts manifests.Parts, s sampler.Sliding) manifests.Parts {
	return manifests.Checked(head, "windows", func(yield func([]manifests.Record, error) bool) {
		var out []manifests.Record
		for part, err := range parts {
			out = out[:0]
			for i := range part {
				if err == nil {
					out, err = appendWindows(out, &part[i], s)
				}
			}
			if !yield(out, err) {
				return
			}
		}
	})
}

func appendWindows(out []manifests.Record, r *manifests.Record, s sampler.Sliding) ([]manifests.Record, error) {
	if r.Status != manifests.Found || r.Kind == manifests.Image {
		return append(out, *r), nil
	}
	end := r.EndSeconds
	if end == 0 {
		end = r.Facts.DurationSeconds
	}
	if !(end > r.StartSeconds) {
		return nil, fmt.Errorf("windows of record %s: its duration is not known: run 'padapter manifest probe' first", r.ID)
	}
	windows, err := windowsFrom(s, r.StartSeconds, end-r.StartSeconds)
	if err != nil {
		return nil, fmt.Errorf("windows of record %s: %w", r.ID, err)
	}
	for _, w := range windows {
		part := *r
		part.StartSeconds, part.EndSeconds = w.Start, w.End
		part.ID = fmt.Sprintf("%s@%.3f-%.3f", r.ID, part.StartSeconds, part.EndSeconds)
		if part.Group == "" {
			part.Group = r.ID
		}
		out = append(out, part)
	}
	return out, nil
}

// windowsFrom cuts so many seconds of a video from start on into windows. Their times are from the video's beginning.
func windowsFrom(s sampler.Sliding, start, seconds float64) ([]sampler.Window, error) {
	windows, err := s.Windows(seconds)
	for i := range windows {
		windows[i].Start += start
		windows[i].End += start
	}
	return windows, err
}
