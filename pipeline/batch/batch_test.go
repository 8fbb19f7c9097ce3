package batch

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/manifests"
	"padapter/manifests/recipe"
)

func clipRecipe() recipe.Clip {
	return recipe.Clip{Frames: 2, Stride: 1, Temporal: "dense", ShortSide: 3, Height: 3, Width: 4, Filter: "bilinear",
		TrainTemporal: "random", TrainCrop: "center", Mean: [3]float32{.5, .5, .5}, Std: [3]float32{.25, .25, .25}}
}

// fill builds a record of n rows from several goroutines; row 1 has an error, row 2 no label.
func fill(t *testing.T, mem memory.Allocator, n, capacity int) arrow.Record {
	t.Helper()
	b, err := NewBuilder(mem, NewMeta(clipRecipe(), []string{"a", "b"}, 1<<63, "test"), capacity)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			clip := b.Clip(i)
			for j := range clip {
				clip[j] = byte(i + j)
			}
			row := Row{ID: string(rune('A' + i)), URI: "x.avi", Label: int32(i % 2), View: int32(i), FrameIndex: []int32{int32(i), int32(i + 1)}, Seconds: []float64{.5, 1},
				Crop: [4]float64{float64(i), 1, 2.5, 3}, Flip: i%2 == 0}
			if i == 3 {
				row.SourceSHA256 = "abc"
			}
			switch i {
			case 1:
				row.Error = "corrupt: planted"
			case 2:
				row.Label = manifests.NoLabel
			}
			if err := b.Set(i, row); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	record, err := b.Record(n)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func checkRows(t *testing.T, record arrow.Record, n int) {
	t.Helper()
	clips, err := View(record)
	if err != nil {
		t.Fatal(err)
	}
	if clips.Len() != n || clips.Shape() != (Shape{2, 3, 4, 3}) {
		t.Fatalf("%d rows of %s", clips.Len(), clips.Shape())
	}
	for i := range n {
		frames, ok := clips.Frames(i)
		if i == 1 {
			if ok || clips.Err(i) != "corrupt: planted" || clips.FrameIndex(i) != nil || clips.Seconds(i) != nil || clips.Flipped(i) {
				t.Errorf("row %d should be an error alone", i)
			}
			continue
		}
		if !ok || len(frames) != 72 || frames[0] != byte(i) || frames[71] != byte(i+71) {
			t.Errorf("row %d has wrong pixels", i)
		}
		if label, labelled := clips.Label(i); labelled != (i != 2) || (labelled && label != int32(i%2)) {
			t.Errorf("row %d has label %d, %v", i, label, labelled)
		}
		if crop, ok := clips.Crop(i); !ok || crop != [4]float64{float64(i), 1, 2.5, 3} || clips.Flipped(i) != (i%2 == 0) || (clips.SourceSHA256(i) == "abc") != (i == 3) {
			t.Errorf("row %d: crop %v, flipped %v, source %q", i, crop, clips.Flipped(i), clips.SourceSHA256(i))
		}
		if clips.ID(i) != string(rune('A'+i)) || clips.URI(i) != "x.avi" || clips.ViewNumber(i) != int32(i) || clips.Err(i) != "" {
			t.Errorf("row %d has wrong text columns", i)
		}
		if !slices.Equal(clips.FrameIndex(i), []int32{int32(i), int32(i + 1)}) || !slices.Equal(clips.Seconds(i), []float64{.5, 1}) {
			t.Errorf("row %d: frames %v at %v", i, clips.FrameIndex(i), clips.Seconds(i))
		}
	}
}

func TestBuildAndView(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	record := fill(t, mem, 5, 8)
	defer record.Release()
	checkRows(t, record, 5)
	for _, b := range record.Column(3).(*TensorArray).Bytes(1) {
		if b != 0 {
			t.Fatal("the pixels of a failed row are left over from somewhere")
		}
	}
}

func TestSurvivesIPC(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	record := fill(t, mem, 4, 4)
	defer record.Release()
	var file bytes.Buffer
	w := ipc.NewWriter(&file, ipc.WithSchema(record.Schema()), ipc.WithAllocator(mem))
	if err := w.Write(record); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := ipc.NewReader(&file, ipc.WithAllocator(mem))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if !r.Next() {
		t.Fatalf("no record came back: %v", r.Err())
	}
	checkRows(t, r.Record(), 4)
	meta, err := MetaOf(r.Schema())
	if err != nil {
		t.Fatal(err)
	}
	if want := NewMeta(clipRecipe(), []string{"a", "b"}, 1<<63, "test"); !reflect.DeepEqual(meta, want) {
		t.Errorf("metadata %+v, want %+v", meta, want)
	}
}

func TestBuilderRefusesWrongUse(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	b, err := NewBuilder(mem, NewMeta(clipRecipe(), nil, 0, ""), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Release()
	if err := b.Set(0, Row{ID: "x"}); err == nil {
		t.Error("a row without frame numbers was taken")
	}
	if _, err := b.Record(1); err == nil || !strings.Contains(err.Error(), "row 0 was not set") {
		t.Errorf("got %v, want the row that is missing", err)
	}
	if _, err := b.Record(3); err == nil {
		t.Error("more rows than there are were finished")
	}
	if _, err := NewBuilder(mem, Meta{Shape: Shape{1 << 20, 1 << 20, 1 << 20, 3}}, 1); err == nil {
		t.Error("an impossible shape was taken")
	}
}

func TestForeignSchemasAreRefused(t *testing.T) {
	if _, err := MetaOf(arrow.NewSchema(nil, nil)); err == nil {
		t.Error("a schema without metadata was taken")
	}
	for version, want := range map[string]string{"3": "newer padapter", "1": "run preprocess again"} {
		other := arrow.NewMetadata([]string{keyFormat}, []string{version})
		if _, err := MetaOf(arrow.NewSchema(nil, &other)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want advice", err)
		}
	}
	list := arrow.FixedSizeListOf(12, arrow.PrimitiveTypes.Uint8)
	for _, parameters := range []string{"", "{}", `{"shape":[1,2,2]}`, `{"shape":[1,2,2,4]}`, `{"shape":[-1,2,2,3]}`, `{"shape":[1,2,2,3],"permutation":[3,0,1,2]}`} {
		if _, err := (&TensorType{}).Deserialize(list, parameters); err == nil {
			t.Errorf("parameters %q were taken", parameters)
		}
	}
	if _, err := (&TensorType{}).Deserialize(list, `{"shape":[1,2,2,3]}`); err != nil {
		t.Errorf("another writer's tensor was refused: %v", err)
	}
}
