package pipeline_test

import (
	"fmt"
	"strings"
	"testing"

	"padapter/manifests"
	"padapter/pipeline"
	"padapter/pipeline/pipelinetest"
	"padapter/sampler"
)

func TestWindowsOverLongVideos(t *testing.T) {
	man := pipelinetest.Corpus(t, 9) // of ten frames, ten a second; the ninth is rejected
	sliding := sampler.Sliding{Length: 0.4, Hop: 0.3}
	windows := func() (*manifests.Manifest, error) {
		out, parts := *man, func(yield func([]manifests.Record, error) bool) { yield(man.Records, nil) }
		out.Records = nil
		for part, err := range pipeline.WindowRecords(man, parts, sliding) {
			if err != nil {
				return nil, err
			}
			out.Records = append(out.Records, part...)
		}
		return &out, nil
	}
	if _, err := windows(); err == nil || !strings.Contains(err.Error(), "manifest probe") {
		t.Errorf("got %v, want advice", err)
	}
	for i := range man.Records {
		man.Records[i].Facts.DurationSeconds = 1
	}
	man.Records[1].StartSeconds, man.Records[1].EndSeconds = 0.5, 0.8
	got, err := windows()
	if err != nil {
		t.Fatal(err)
	}
	clip := pipelinetest.Recipe()
	clip.Stride = 1
	text := ""
	for _, row := range sample(t, got, clip, pipeline.Options{})[:5] {
		text += fmt.Sprint(row.id, row.frames, " ")
	}
	if want := "record-0000@0.000-0.400[0 1 2 3] record-0000@0.300-0.700[3 4 5 6] record-0000@0.600-1.000[6 7 8 9] record-0001@0.500-0.800[5 6 7 7] record-0002@0.000-0.400[0 1 2 3] "; text != want {
		t.Errorf("got %s, want %s", text, want)
	}
	if n := len(got.Records); n != 7*3+1+1 || got.Records[0].Group != "record-0000" || len(man.Records) != 9 {
		t.Errorf("%d records from %d", n, len(man.Records))
	}
}
