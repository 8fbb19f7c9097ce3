package feedtest

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"padapter/pipeline/batch"
)

// ColourClasses are the classes of Colour clips and of the Colours network.
var ColourClasses = []string{"red", "green", "blue"}

// Colour is a clip whose pixels are all r, g, b.
func Colour(shape batch.Shape, id string, label int32, r, g, b uint8) Row {
	frames := make([]uint8, shape.Bytes())
	for i := 0; i < len(frames); i += 3 {
		frames[i], frames[i+1], frames[i+2] = r, g, b
	}
	return Row{ID: id, Label: label, Frames: frames}
}

// Unreadable is a row with an error.
func Unreadable(id, reason string) Row { return Row{ID: id, Label: -1, Error: reason} }

// Colours is a network without weights whose outputs can be worked out by hand: the logits of a clip are the means of
// its red, green and blue pixels, each over 32.
type Colours struct{}

// Logits maps uint8 [B, T, H, W, 3] to float32 [B, 3].
func (Colours) Logits(_ *model.Scope, frames *graph.Node, _ bool) *graph.Node {
	return graph.DivScalar(graph.ReduceMean(graph.ConvertDType(frames, dtypes.Float32), 1, 2, 3), 32)
}

// Classes is 3.
func (Colours) Classes() int { return len(ColourClasses) }

// Count is 0: there are no weights.
func (Colours) Count() (trained, all int) { return 0, 0 }

// Clips draws n coloured clips of changing class.
func Clips(shape batch.Shape, n int) []Row {
	rows := make([]Row, n)
	for i := range rows {
		rgb := [3]uint8{}
		rgb[i%3] = uint8(64 + i%128)
		rows[i] = Colour(shape, fmt.Sprintf("clip%d", i), int32(i%3), rgb[0], rgb[1], rgb[2])
	}
	return rows
}
