package recipe

import (
	"slices"
	"testing"
)

func TestMirroredClasses(t *testing.T) {
	classes := []string{
		"Pushing something from left to right", "Pushing something from right to left", "Turning the camera left while filming something",
		"Holding something upright", "turning the camera RIGHT while filming something", "Pulling something from left to right", "Spin clockwise", "Spin anticlockwise",
	}
	for mode, want := range map[string][]int32{
		"":         {1, 0, 4, 3, 2, -1, -1, -1},
		FlipSwap:   {1, 0, 4, 3, 2, -1, -1, -1},
		FlipForbid: {-1, -1, -1, 3, -1, -1, -1, -1},
		FlipKeep:   {0, 1, 2, 3, 4, 5, 6, 7},
	} {
		if got := Mirrored(classes, mode); !slices.Equal(got, want) {
			t.Errorf("mode %q: got %v, want %v", mode, got, want)
		}
	}
}
