package sampler

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// golden reads the reference tables: those in testdata, which golden.py there computes, and those that the published code
// wrote, in the folder that PADAPTER_GOLDEN names, or else in shared/golden where that lies beside the repository.
func golden(t *testing.T) []map[string]json.RawMessage {
	t.Helper()
	files := []string{filepath.Join("testdata", "sampling.json")}
	if dir := os.Getenv("PADAPTER_GOLDEN"); dir != "" {
		files = append(files, filepath.Join(dir, "sampling.json"))
	} else if beside := filepath.Join("..", "..", "shared", "golden", "sampling.json"); exists(beside) {
		files = append(files, beside)
	}
	var all []map[string]json.RawMessage
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tables := map[string]json.RawMessage{}
		if err := json.Unmarshal(text, &tables); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, tables)
	}
	return all
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// table reads a table's rows from every file and insists that each has some.
func table[Row any](t *testing.T, name string) []Row {
	t.Helper()
	var all []Row
	for i, tables := range golden(t) {
		var rows []Row
		if err := json.Unmarshal(tables[name], &rows); err != nil {
			t.Fatalf("file %d, table %s: %v", i, name, err)
		}
		if len(rows) == 0 {
			t.Fatalf("file %d: table %s has no rows", i, name)
		}
		all = append(all, rows...)
	}
	return all
}

// injected hands out the reference's draws and checks each range.
type injected struct {
	t      *testing.T
	ranges []int
	values []int
	next   int
}

func (d *injected) Below(n int) int {
	if d.next == len(d.values) {
		d.t.Fatalf("draw %d of %d numbers", d.next+1, len(d.values))
	}
	if d.ranges[d.next] != n {
		d.t.Fatalf("draw %d is below %d, want below %d", d.next, n, d.ranges[d.next])
	}
	d.next++
	return d.values[d.next-1]
}

func (d *injected) Unit() float64 {
	d.t.Fatal("a fraction was drawn")
	return 0
}

func (d *injected) finish() {
	if d.next != len(d.values) {
		d.t.Errorf("%d of %d numbers were drawn", d.next, len(d.values))
	}
}

func TestGoldenSpread(t *testing.T) {
	for _, row := range table[struct {
		NumFrames  int      `json:"num_frames"`
		ClipLen    int      `json:"clip_len"`
		Rate       int      `json:"frame_sample_rate"`
		NumSegment int      `json:"num_segment"`
		Draws      [][3]int `json:"draws"`
		Indices    []int    `json:"indices"`
	}](t, "a_video_cls_train_val") {
		d := &injected{t: t}
		for _, draw := range row.Draws {
			d.ranges = append(d.ranges, draw[1]-draw[0])
			d.values = append(d.values, draw[2]-draw[0])
		}
		got := spreadIndices(row.NumFrames, row.ClipLen, row.Rate, row.NumSegment, d)
		if d.finish(); !slices.Equal(got, row.Indices) {
			t.Errorf("%d frames, %d at %d, %d segments, draws %v: got %v, want %v", row.NumFrames, row.ClipLen, row.Rate, row.NumSegment, row.Draws, got, row.Indices)
		}
	}
}

func TestGoldenVideoMAE(t *testing.T) {
	for _, row := range table[struct {
		Duration    int  `json:"duration"`
		NewLength   int  `json:"new_length"`
		NewStep     int  `json:"new_step"`
		NumSegments int  `json:"num_segments"`
		Jitter      bool `json:"temporal_jitter"`
		Draws       []struct {
			Low, High int
			Values    []int
		} `json:"draws"`
		SegmentIndices []int `json:"segment_indices"`
		SkipOffsets    []int `json:"skip_offsets"`
		FrameIDs       []int `json:"frame_ids"`
	}](t, "c_video_mae_train") {
		d := &injected{t: t}
		for _, draw := range row.Draws {
			for _, v := range draw.Values {
				d.ranges = append(d.ranges, draw.High-draw.Low)
				d.values = append(d.values, v-draw.Low)
			}
		}
		got := videoMAEIndices(row.Duration, row.NewLength, row.NewStep, row.NumSegments, row.Jitter, d)
		d.finish()
		for i := range got.Starts {
			got.Starts[i]++ // the table counts from 1
		}
		if !slices.Equal(got.Starts, row.SegmentIndices) || !slices.Equal(got.Skips, row.SkipOffsets) || !slices.Equal(got.Frames, row.FrameIDs) {
			t.Errorf("%+v: got %+v", row, got)
		}
	}
}

func TestGoldenTestViews(t *testing.T) {
	for _, row := range table[struct {
		NumFrames     int      `json:"num_frames"`
		Rate          int      `json:"frame_sample_rate"`
		ClipLen       int      `json:"clip_len"`
		Segments      int      `json:"test_num_segment"`
		Crops         int      `json:"test_num_crop"`
		ShortSide     int      `json:"short_side_size"`
		Height        int      `json:"height"`
		Width         int      `json:"width"`
		AllIndex      []int    `json:"all_index"`
		ResizedHeight int      `json:"resized_height"`
		ResizedWidth  int      `json:"resized_width"`
		Views         [][8]int `json:"views"`
	}](t, "b_video_cls_test") {
		v := testViews{Frames: row.ClipLen, Stride: row.Rate, Segments: row.Segments, Crops: row.Crops, ShortSide: row.ShortSide}
		if got := v.Strided(row.NumFrames); !slices.Equal(got, row.AllIndex) {
			t.Errorf("%d frames at %d: got %v, want %v", row.NumFrames, row.Rate, got, row.AllIndex)
		}
		w, h := Resized(row.Width, row.Height, row.ShortSide)
		if w != row.ResizedWidth || h != row.ResizedHeight {
			t.Errorf("%d x %d resized to %d x %d, want %d x %d", row.Width, row.Height, w, h, row.ResizedWidth, row.ResizedHeight)
		}
		if len(row.Views) != v.Count() {
			t.Fatalf("%d views in the table, want %d", len(row.Views), v.Count())
		}
		for i, want := range row.Views {
			segment, crop := v.Split(i)
			x, y := v.Crop(w, h, crop)
			frames := v.Indices(row.NumFrames, segment)
			got := [8]int{segment, crop, want[2], want[2] + len(frames), y, y + row.ShortSide, x, x + row.ShortSide}
			if got != want || !slices.Equal(frames, row.AllIndex[want[2]:want[3]]) {
				t.Errorf("%d frames of %d x %d, view %d: got %v with frames %v, want %v", row.NumFrames, row.Width, row.Height, i, got, frames, want)
			}
		}
	}
}

func TestGoldenTestOrder(t *testing.T) {
	for _, tables := range golden(t) {
		var want struct {
			Videos   int      `json:"videos"`
			Segments int      `json:"test_num_segment"`
			Crops    int      `json:"test_num_crop"`
			Order    [][3]int `json:"order"`
		}
		if err := json.Unmarshal(tables["b_test_order"], &want); err != nil {
			t.Fatal(err)
		}
		v := testViews{Frames: 8, Stride: 4, Segments: want.Segments, Crops: want.Crops, ShortSide: 32}
		var got [][3]int
		for view := range v.Count() {
			for video := range want.Videos {
				segment, crop := v.Split(view)
				got = append(got, [3]int{video, segment, crop})
			}
		}
		if !slices.Equal(got, want.Order) || len(got) == 0 {
			t.Errorf("got %v, want %v", got, want.Order)
		}
	}
}

func TestGoldenMultiscale(t *testing.T) {
	for _, row := range table[struct {
		W       int        `json:"image_w"`
		H       int        `json:"image_h"`
		Input   int        `json:"input_size"`
		Scales  []float64  `json:"scales"`
		Pairs   [][2]int   `json:"pairs"`
		Offsets [][][2]int `json:"offsets"`
	}](t, "d_multi_scale_crop") {
		sizes := multiscaleSizes(row.W, row.H, size{W: row.Input, H: row.Input}, row.Scales)
		if len(sizes) != len(row.Pairs) {
			t.Fatalf("%d sizes, want %d", len(sizes), len(row.Pairs))
		}
		for i, got := range sizes {
			if got != (size{W: row.Pairs[i][0], H: row.Pairs[i][1]}) {
				t.Errorf("%d x %d, size %d: got %v, want %v", row.W, row.H, i, got, row.Pairs[i])
			}
			for j, at := range multiscaleOffsets(row.W, row.H, got) {
				if at != (point{X: row.Offsets[i][j][0], Y: row.Offsets[i][j][1]}) {
					t.Errorf("%d x %d, size %v, place %d: got %v, want %v", row.W, row.H, got, j, at, row.Offsets[i][j])
				}
			}
		}
	}
}

func TestGoldenValidationCrop(t *testing.T) {
	for _, row := range table[struct {
		Height        int `json:"height"`
		Width         int `json:"width"`
		ShortSide     int `json:"short_side_size"`
		Crop          int `json:"crop_size"`
		ResizedHeight int `json:"resized_height"`
		ResizedWidth  int `json:"resized_width"`
		CropY         int `json:"crop_y"`
		CropX         int `json:"crop_x"`
	}](t, "f_validation_resize_center_crop") {
		if w, h := Resized(row.Width, row.Height, row.ShortSide); w != row.ResizedWidth || h != row.ResizedHeight {
			t.Errorf("%d x %d resized to %d x %d, want %d x %d", row.Width, row.Height, w, h, row.ResizedWidth, row.ResizedHeight)
		}
		s := Spatial{ShortSide: row.ShortSide, Height: row.Crop, Width: row.Crop, Crop: CropCenter}
		region, flip, err := s.Region(row.Width, row.Height, Key{})
		sx, sy := float64(row.Width)/float64(row.ResizedWidth), float64(row.Height)/float64(row.ResizedHeight)
		want := Region{X: float64(row.CropX) * sx, Y: float64(row.CropY) * sy, W: float64(row.Crop) * sx, H: float64(row.Crop) * sy}
		if err != nil || flip || region != want {
			t.Errorf("%d x %d: got %+v, %v, %v, want %+v", row.Width, row.Height, region, flip, err, want)
		}
	}
}
