package batch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"padapter/manifests"
)

// Clips reads the rows of a record. It copies nothing: what it returns lives as long as the record.
type Clips struct {
	record     arrow.Record
	id, uri    *array.String
	label      *array.Int32
	frames     *TensorArray
	frameIndex *array.FixedSizeList
	pts        *array.FixedSizeList
	view       *array.Int32
	err        *array.String
	crop       *array.FixedSizeList
	flip       *array.Boolean
	sha256     *array.String
	part       *array.FixedSizeList // nil without the column
}

// View checks a record's columns and returns access to its rows. The record stays the caller's.
func View(record arrow.Record) (*Clips, error) {
	c := &Clips{record: record}
	for _, err := range []error{
		column(record, "id", &c.id), column(record, "uri", &c.uri), column(record, "label", &c.label),
		column(record, "frames", &c.frames), column(record, "frame_index", &c.frameIndex), column(record, "pts", &c.pts),
		column(record, "view", &c.view), column(record, "error", &c.err),
		column(record, "crop", &c.crop), column(record, "flip", &c.flip), column(record, "source_sha256", &c.sha256),
	} {
		if err != nil {
			return nil, fmt.Errorf("batch of clips: %w", err)
		}
	}
	if c.frameIndex.ListValues().DataType().ID() != arrow.INT32 || c.pts.ListValues().DataType().ID() != arrow.FLOAT64 {
		return nil, fmt.Errorf("batch of clips: frame_index is %s and pts %s, want lists of int32 and float64", c.frameIndex.DataType(), c.pts.DataType())
	}
	if t, ok := c.crop.DataType().(*arrow.FixedSizeListType); !ok || t.Len() != 4 || t.Elem().ID() != arrow.FLOAT64 {
		return nil, fmt.Errorf("batch of clips: crop is %s, want lists of four float64", c.crop.DataType())
	}
	if !record.Schema().HasField("part") {
		return c, nil
	}
	if err := column(record, "part", &c.part); err != nil {
		return nil, fmt.Errorf("batch of clips: %w", err)
	}
	if t, ok := c.part.DataType().(*arrow.FixedSizeListType); !ok || t.Len() != 2 || t.Elem().ID() != arrow.FLOAT64 {
		return nil, fmt.Errorf("batch of clips: part is %s, want lists of two float64", c.part.DataType())
	}
	return c, nil
}

func column[A arrow.Array](record arrow.Record, name string, to *A) error {
	found := record.Schema().FieldIndices(name)
	if len(found) != 1 {
		return fmt.Errorf("%d columns are called %s, want one", len(found), name)
	}
	a, ok := record.Column(found[0]).(A)
	if !ok {
		return fmt.Errorf("column %s is %s, want another type", name, record.Column(found[0]).DataType())
	}
	*to = a
	return nil
}

// Len is the number of rows.
func (c *Clips) Len() int { return int(c.record.NumRows()) }

// Shape is the shape of a clip.
func (c *Clips) Shape() Shape { return c.frames.DataType().(*TensorType).Shape() }

// ID is the record's id.
func (c *Clips) ID(i int) string { return c.id.Value(i) }

// URI is where the record's bytes are.
func (c *Clips) URI(i int) string { return c.uri.Value(i) }

// Label is the class number; false when the row is unlabelled.
func (c *Clips) Label(i int) (int32, bool) {
	if c.label.IsNull(i) {
		return 0, false
	}
	return c.label.Value(i), true
}

// Has is whether the row has a clip; it has none when it has an error.
func (c *Clips) Has(i int) bool { return c.frames.IsValid(i) }

// Frames is the clip, [T, H, W, C]; false when the row has an error.
func (c *Clips) Frames(i int) ([]byte, bool) {
	if c.frames.IsNull(i) {
		return nil, false
	}
	return c.frames.Bytes(i), true
}

// FrameIndex is the numbers of the frames in the file, [T]; nil in a row with an error.
func (c *Clips) FrameIndex(i int) []int32 {
	if c.frameIndex.IsNull(i) {
		return nil
	}
	from, to := c.frameIndex.ValueOffsets(i)
	return c.frameIndex.ListValues().(*array.Int32).Int32Values()[from:to]
}

// Seconds is the presentation times of the frames in seconds, [T]; nil in a row with an error.
func (c *Clips) Seconds(i int) []float64 {
	if c.pts.IsNull(i) {
		return nil
	}
	from, to := c.pts.ValueOffsets(i)
	return c.pts.ListValues().(*array.Float64).Float64Values()[from:to]
}

// ViewNumber is which view of the record this is, from 0.
func (c *Clips) ViewNumber(i int) int32 { return c.view.Value(i) }

// Err is the row's error, "reason: message", or empty.
func (c *Clips) Err(i int) string {
	if c.err.IsNull(i) {
		return ""
	}
	return c.err.Value(i)
}

// Crop is the part of the picture that became the clip: x, y, width, height in pixels of the picture as shown; false in
// a row with an error.
func (c *Clips) Crop(i int) (crop [4]float64, ok bool) {
	if c.crop.IsNull(i) {
		return crop, false
	}
	from, to := c.crop.ValueOffsets(i)
	copy(crop[:], c.crop.ListValues().(*array.Float64).Float64Values()[from:to])
	return crop, true
}

// Flipped is whether the picture was mirrored left to right.
func (c *Clips) Flipped(i int) bool { return c.flip.Value(i) }

// SourceSHA256 is the hex checksum of the encoded record, or empty.
func (c *Clips) SourceSHA256(i int) string {
	if c.sha256.IsNull(i) {
		return ""
	}
	return c.sha256.Value(i)
}

// Row is row i without its pixels, copied.
func (c *Clips) Row(i int) Row {
	row := Row{ID: strings.Clone(c.ID(i)), URI: strings.Clone(c.URI(i)), Label: manifests.NoLabel, View: c.ViewNumber(i),
		Error: strings.Clone(c.Err(i)), FrameIndex: slices.Clone(c.FrameIndex(i)), Seconds: slices.Clone(c.Seconds(i)),
		Flip: c.Flipped(i), SourceSHA256: strings.Clone(c.SourceSHA256(i))}
	if label, ok := c.Label(i); ok {
		row.Label = label
	}
	row.Crop, _ = c.Crop(i)
	return row
}

// Part is what the row stands for of its file, [start, end) in seconds from the first frame; false for the whole file, or
// whatever part the manifest's record names, and in a row with an error.
func (c *Clips) Part(i int) (part [2]float64, ok bool) {
	if c.part == nil || c.part.IsNull(i) {
		return part, false
	}
	from, to := c.part.ValueOffsets(i)
	copy(part[:], c.part.ListValues().(*array.Float64).Float64Values()[from:to])
	return part, true
}
