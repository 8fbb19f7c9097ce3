package feedtest

import (
	"fmt"
	"math/rand/v2"

	"padapter/pipeline/batch"
)

// MotionClasses are the classes of Motion. Any one frame of them looks the same.
var MotionClasses = []string{"left", "right"}

// Motion draws clips of a bright bar that wraps around while it moves left or right over a noisy background. The class
// is in the order of the frames alone: the start is uniform, so every single frame is as likely under both classes.
func Motion(shape batch.Shape, clips int, seed uint64) []Row {
	rng := rand.New(rand.NewPCG(seed, 5))
	rows := make([]Row, clips)
	for i := range rows {
		label := i % len(MotionClasses)
		step := shape.Width / shape.Frames
		if label == 0 {
			step = -step
		}
		frames, at := make([]uint8, shape.Bytes()), rng.IntN(shape.Width)
		for j := range frames {
			frames[j] = uint8(rng.IntN(40))
		}
		for f := range shape.Frames {
			for y := range shape.Height {
				for dx := range max(shape.Width/4, 1) {
					x := ((at+f*step+dx)%shape.Width + shape.Width) % shape.Width
					pixel := ((f*shape.Height+y)*shape.Width + x) * shape.Channels
					for c := range shape.Channels {
						frames[pixel+c] = uint8(200 + rng.IntN(55))
					}
				}
			}
		}
		rows[i] = Row{ID: fmt.Sprintf("%s/%d-%03d", MotionClasses[label], seed, i), Label: int32(label), Frames: frames}
	}
	return rows
}
