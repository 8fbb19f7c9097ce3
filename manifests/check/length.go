package check

import (
	"fmt"
	"math"

	"padapter/manifests"
	"padapter/manifests/recipe"
)

// slack is the tolerance in seconds for annotated times, which are often rounded.
const slack = 1.0

// times looks for records whose time range exceeds their file.
func (r *Report) times(m *manifests.Manifest) {
	var beyond, over []string
	for i := range m.Records {
		rec := &m.Records[i]
		if rec.Status != manifests.Found || rec.Facts.DurationSeconds == 0 {
			continue
		}
		text := func() string {
			return fmt.Sprintf("%s: %g to %g of %.3g s", rec.ID, rec.StartSeconds, rec.EndSeconds, rec.Facts.DurationSeconds)
		}
		switch {
		case rec.StartSeconds >= rec.Facts.DurationSeconds:
			beyond = append(beyond, text())
		case rec.EndSeconds > rec.Facts.DurationSeconds+slack:
			over = append(over, text())
		}
	}
	r.add(Error, "times", beyond, "clips start after the end of their files: their last frame is used")
	r.add(Warning, "times", over, "clips end more than %g s after the end of their files", slack)
}

// recipe looks for clips that are too short or too small for a recipe.
func (r *Report) recipe(m *manifests.Manifest, clip recipe.Clip) {
	needed := clip.Frames
	if clip.Temporal == "dense" {
		needed = (clip.Frames-1)*clip.Stride + 1
	}
	var short, small []string
	for i := range m.Records {
		rec := &m.Records[i]
		if rec.Status != manifests.Found || rec.Facts.Frames == 0 {
			continue
		}
		if have := framesOf(rec); have < needed && !(rec.Kind == manifests.Image && needed == 1) {
			short = append(short, fmt.Sprintf("%s: %d", rec.ID, have))
		}
		if side := min(rec.Facts.Width, rec.Facts.Height); int(side) < clip.ShortSide {
			small = append(small, fmt.Sprintf("%s: %d×%d", rec.ID, rec.Facts.Width, rec.Facts.Height))
		}
	}
	r.add(Warning, "recipe", short, "clips have fewer frames than the %d that the recipe spans (%d frames, %s): frames are repeated", needed, clip.Frames, spacing(clip))
	r.add(Warning, "recipe", small, "clips have a shorter side than the recipe's %d pixels: they are enlarged", clip.ShortSide)
}

func spacing(clip recipe.Clip) string {
	if clip.Temporal == "dense" {
		return fmt.Sprintf("stride %d", clip.Stride)
	}
	return clip.Temporal
}

// framesOf returns the approximate number of frames in the record's part of the file.
func framesOf(r *manifests.Record) int {
	all := int(r.Facts.Frames)
	if r.Facts.FPS == 0 || r.StartSeconds == 0 && r.EndSeconds == 0 {
		return all
	}
	end := float64(all)
	if r.EndSeconds > 0 {
		end = min(end, math.Ceil(r.EndSeconds*r.Facts.FPS))
	}
	return max(1, int(end-math.Floor(r.StartSeconds*r.Facts.FPS)))
}
