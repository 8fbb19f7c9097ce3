package batch_test

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/manifests"
	"padapter/manifests/recipe"
	"padapter/pipeline/batch"
)

// A batch of two rows: a clip, and a record that could not be read. Pixels are written where they stay.
func Example() {
	meta := batch.NewMeta(recipe.Clip{Frames: 2, Height: 4, Width: 4}, []string{"open", "shut"}, 1, "example")
	builder, err := batch.NewBuilder(memory.DefaultAllocator, meta, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer builder.Release()

	pixels := builder.Clip(0) // [2, 4, 4, 3] uint8
	for i := range pixels {
		pixels[i] = 200
	}
	for i, row := range []batch.Row{
		{ID: "1", URI: "a.mp4", Label: 1, FrameIndex: []int32{0, 8}, Seconds: []float64{0, 0.32}},
		{ID: "2", URI: "b.mp4", Label: manifests.NoLabel, Error: "missing: no such file"},
	} {
		if err := builder.Set(i, row); err != nil {
			fmt.Println(err)
			return
		}
	}
	record, err := builder.Record(2)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer record.Release()

	clips, err := batch.View(record)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(clips.Shape())
	for i := range clips.Len() {
		if frames, ok := clips.Frames(i); ok {
			label, _ := clips.Label(i)
			fmt.Println(clips.ID(i), "class", label, "frames", clips.FrameIndex(i), "first value", frames[0])
			continue
		}
		fmt.Println(clips.ID(i), clips.Err(i))
	}
	// Output:
	// [2, 4, 4, 3]
	// 1 class 1 frames [0 8] first value 200
	// 2 missing: no such file
}
