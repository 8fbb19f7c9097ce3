package batch

import "fmt"

// Shape is the shape of one clip: [Frames, Height, Width, Channels], uint8.
type Shape struct {
	Frames, Height, Width, Channels int
}

// Bytes is the size of one clip.
func (s Shape) Bytes() int { return s.Frames * s.Height * s.Width * s.Channels }

func (s Shape) String() string {
	return fmt.Sprintf("[%d, %d, %d, %d]", s.Frames, s.Height, s.Width, s.Channels)
}

// maxClipBytes is the largest clip: Arrow's fixed-size lists count elements in 32 bits.
const maxClipBytes = 1<<31 - 1

// Validate checks that a clip of this shape can be held.
func (s Shape) Validate() error {
	for _, d := range []int{s.Frames, s.Height, s.Width, s.Channels} {
		if d < 1 || d > maxClipBytes {
			return fmt.Errorf("clip shape %s: every dimension must be at least 1", s)
		}
	}
	if float64(s.Frames)*float64(s.Height)*float64(s.Width)*float64(s.Channels) > maxClipBytes {
		return fmt.Errorf("clip shape %s: a clip may have at most %d bytes", s, maxClipBytes)
	}
	return nil
}
