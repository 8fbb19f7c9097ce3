package sampler_test

import (
	"fmt"

	"padapter/sampler"
)

// A clip of eight frames, four apart, from the middle of a video of 100 frames.
func ExampleTemporal_Indices() {
	clip := sampler.Temporal{Policy: sampler.Dense, Frames: 8, Stride: 4}
	frames, err := clip.Indices(100, sampler.Key{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(frames)
	// Output: [35 39 43 47 51 55 59 63]
}

// A training clip lies where its key says: the same in every run, another in every epoch.
func ExampleTemporal_Indices_random() {
	clip := sampler.Temporal{Policy: sampler.Dense, Frames: 4, Stride: 2, Random: true}
	for epoch := range 3 {
		frames, err := clip.Indices(300, sampler.Key{Seed: 1, Epoch: epoch, RecordID: "clip-7"})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(frames)
	}
	// Output:
	// [272 274 276 278]
	// [81 83 85 87]
	// [282 284 286 288]
}

// The picture is resized to a short side of 256 pixels and a square of 224 is cut from its middle: in pixels of the source.
func ExampleSpatial_Region() {
	crop := sampler.Spatial{ShortSide: 256, Height: 224, Width: 224, Crop: sampler.CropCenter}
	region, mirrored, err := crop.Region(1280, 720, sampler.Key{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f x %.1f at (%.1f, %.1f), mirrored: %v\n", region.W, region.H, region.X, region.Y, mirrored)
	// Output: 630.2 x 630.0 at (326.3, 45.0), mirrored: false
}

// Windows of ten seconds, five apart, over 23 seconds; the last one ends with the video.
func ExampleSliding_Windows() {
	windows, err := sampler.Sliding{Length: 10, Hop: 5, Tail: sampler.TailShift}.Windows(23)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, w := range windows {
		fmt.Printf("[%g, %g)\n", w.Start, w.End)
	}
	// Output:
	// [0, 10)
	// [5, 15)
	// [10, 20)
	// [13, 23)
}
