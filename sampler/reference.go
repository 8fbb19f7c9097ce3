package sampler

import "slices"

// spreadIndices is the training and validation sampler of the paper's reference. For each segment of numFrames/segments
// frames, it draws the end of a span of frames·stride frames, uniform in [span, length). It covers the span evenly,
// both ends included, so neighbours are slightly further apart than the stride. The last frame of the span is replaced
// by the previous one, and the last frame of the video is never used. A segment no longer than the span gives
// length/stride frames over its whole length and then repeats the last. The arithmetic is float64, truncated.
//
// One number is drawn for each segment that is longer than the span. All indices are in [0, numFrames) if there are at
// least as many frames as segments.
func spreadIndices(numFrames, frames, stride, segments int, d Draws) []int {
	span, length := frames*stride, numFrames/segments
	indices := make([]int, 0, frames*segments)
	for s := range segments {
		from, to, count := 0, length, min(length/stride, frames)
		low, high := 0, length-1
		if length > span {
			to = span + d.Below(length-span)
			from, count = to-span, frames
			low, high = from, to-1
		}
		for i := range frames {
			at := to
			if i < count {
				at = int(linspace(from, to, count, i))
			}
			indices = append(indices, s*length+min(max(at, low), high))
		}
	}
	return indices
}

// linspace returns point i of count points from from to to, both included, computed as numpy does.
func linspace(from, to, count, i int) float64 {
	switch {
	case count > 1 && i == count-1:
		return float64(to)
	case count == 1:
		return float64(from)
	}
	step := float64(to-from) / float64(count-1)
	return float64(float64(i)*step) + float64(from)
}

// videoMAEDraw is a clip of videoMAEIndices with its random draws.
type videoMAEDraw struct {
	Starts []int // first frame of each segment, from 0
	Skips  []int // jitter of each position
	Frames []int // the clip: frames × segments indices
}

// videoMAEIndices is the training sampler of VideoMAE. It draws a start in each segment; frames follow at the stride.
// It advances only while the next position is before the last frame, and then repeats the position, so the last
// reachable frame is sometimes left out. Jitter adds up to stride-1 frames to each position if the video is long
// enough. With repeated positions, jitter can make indices decrease.
func videoMAEIndices(numFrames, frames, stride, segments int, jitter bool, d Draws) videoMAEDraw {
	skip := frames * stride
	out := videoMAEDraw{Starts: make([]int, segments), Skips: make([]int, frames)}
	switch average := (numFrames - skip + 1) / segments; {
	case numFrames-skip+1 >= segments:
		for s := range out.Starts {
			out.Starts[s] = s*average + d.Below(average)
		}
	case numFrames > max(segments, skip):
		for s := range out.Starts {
			out.Starts[s] = d.Below(numFrames - skip + 1)
		}
		slices.Sort(out.Starts)
	}
	if jitter {
		for i := range out.Skips {
			out.Skips[i] = d.Below(stride)
		}
	}
	for _, at := range out.Starts {
		for i := range frames {
			index := at
			if at+1+out.Skips[i] <= numFrames {
				index += out.Skips[i]
			}
			out.Frames = append(out.Frames, index)
			if at+1+stride < numFrames {
				at += stride
			}
		}
	}
	return out
}

// testViews are the reference's views of a video at test time. It takes every stride-th frame and repeats the last
// until a clip is full. It uses Segments evenly spaced windows of Frames of these, and crops evenly spaced squares
// along the long side with the length of the short side. A single segment or crop is centred; the reference does not
// support that.
type testViews struct {
	Frames, Stride  int
	Segments, Crops int
	ShortSide       int
}

// Count returns the number of views.
func (v testViews) Count() int { return v.Segments * v.Crops }

// Split returns the segment and the crop of a view: crops vary fastest.
func (v testViews) Split(view int) (segment, crop int) { return view / v.Crops, view % v.Crops }

// Strided returns every stride-th frame, at least Frames indices.
func (v testViews) Strided(numFrames int) []int {
	indices := make([]int, 0, max(v.Frames, (numFrames+v.Stride-1)/v.Stride))
	for i := 0; i < numFrames; i += v.Stride {
		indices = append(indices, i)
	}
	for len(indices) < v.Frames {
		indices = append(indices, indices[len(indices)-1])
	}
	return indices
}

// Indices returns the frame indices of a segment; numFrames must be positive.
func (v testViews) Indices(numFrames, segment int) []int {
	all := v.Strided(numFrames)
	start := evenly(len(all)-v.Frames, segment, v.Segments)
	return all[start : start+v.Frames]
}

// Crop returns the top left corner of a crop in pixels of the resized picture. Its sides are ShortSide.
func (v testViews) Crop(resizedWidth, resizedHeight, crop int) (x, y int) {
	at := evenly(max(resizedWidth, resizedHeight)-v.ShortSide, crop, v.Crops)
	if resizedHeight > resizedWidth {
		return 0, at
	}
	return at, 0
}

// evenly returns ⌊i·(room/(n-1))⌋ in float64, as the reference computes it, or the middle if n is 1.
func evenly(room, i, n int) int {
	if room <= 0 {
		return 0
	}
	if n <= 1 {
		return room / 2
	}
	step := float64(room) / float64(n-1)
	return int(float64(i) * step)
}
