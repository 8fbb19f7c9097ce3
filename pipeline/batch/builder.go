package batch

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/manifests"
)

// Row is one row without its pixels, which lie in the builder already.
type Row struct {
	ID, URI    string
	Label      int32     // manifests.NoLabel for none
	View       int32     //
	FrameIndex []int32   // [T]; ignored in a row with an error
	Seconds    []float64 // [T], seconds; ignored in a row with an error
	Error      string    // "reason: message", or empty

	Crop         [4]float64 // x, y, width, height in pixels of the picture as shown; ignored in a row with an error
	Flip         bool       // the picture was mirrored left to right
	SourceSHA256 string     // hex, or empty where it is not known

	Part [2]float64 // [start, end) in seconds from the file's first frame; ignored without Meta.Parts
}

// Builder makes one record. The memory for all its clips is there from the start. Clip and Set may be called for
// different rows from different goroutines; Record and Release are for one.
type Builder struct {
	schema *arrow.Schema
	shape  Shape
	parts  bool
	mem    memory.Allocator
	frames *memory.Buffer
	rows   []Row
	set    []bool
}

// NewBuilder allocates a builder for at most capacity rows.
func NewBuilder(mem memory.Allocator, meta Meta, capacity int) (*Builder, error) {
	if err := meta.Shape.Validate(); err != nil {
		return nil, fmt.Errorf("new batch: %w", err)
	}
	if capacity < 1 {
		return nil, fmt.Errorf("new batch: capacity is %d rows, it must be at least 1", capacity)
	}
	b := &Builder{schema: Schema(meta), shape: meta.Shape, parts: meta.Parts, mem: mem, rows: make([]Row, capacity), set: make([]bool, capacity)}
	if pool, ok := mem.(*Pool); ok {
		b.mem = pool.below // package array does not write what lies under a null
	}
	b.frames = memory.NewResizableBuffer(mem)
	b.frames.Resize(capacity * meta.Shape.Bytes())
	return b, nil
}

// Capacity is the number of rows.
func (b *Builder) Capacity() int { return len(b.rows) }

// Clip returns the memory of row i's clip, [T, H, W, C] uint8, to be filled before Record. It is not cleared.
func (b *Builder) Clip(i int) []byte {
	n := b.shape.Bytes()
	return b.frames.Bytes()[i*n : (i+1)*n : (i+1)*n]
}

// Set says what row i is.
func (b *Builder) Set(i int, r Row) error {
	if r.Error == "" && (len(r.FrameIndex) != b.shape.Frames || len(r.Seconds) != b.shape.Frames) {
		return fmt.Errorf("batch row %d, record %s: %d frame numbers and %d times for %d frames", i, r.ID, len(r.FrameIndex), len(r.Seconds), b.shape.Frames)
	}
	b.rows[i], b.set[i] = r, true
	return nil
}

// Record returns the first n rows as a record, which the caller releases. The builder is used up: only Release may
// follow.
func (b *Builder) Record(n int) (arrow.Record, error) {
	if b.frames == nil {
		return nil, fmt.Errorf("finish batch: it was finished already")
	}
	if n < 0 || n > len(b.rows) {
		return nil, fmt.Errorf("finish batch: %d rows of at most %d", n, len(b.rows))
	}
	for i := range n {
		if !b.set[i] {
			return nil, fmt.Errorf("finish batch: row %d was not set", i)
		}
	}
	other := array.NewRecordBuilder(b.mem, arrow.NewSchema(b.otherFields(), nil))
	defer other.Release()
	for _, r := range b.rows[:n] {
		b.appendOther(other, r)
	}
	rest := other.NewRecord()
	defer rest.Release()
	frames := b.tensor(n)
	defer frames.Release()

	columns := make([]arrow.Array, 0, b.schema.NumFields())
	next := 0
	for _, f := range b.schema.Fields() {
		if f.Name == "frames" {
			columns = append(columns, frames)
			continue
		}
		columns = append(columns, rest.Column(next))
		next++
	}
	return array.NewRecord(b.schema, columns, int64(n)), nil
}

// otherFields are all fields but the frames.
func (b *Builder) otherFields() []arrow.Field {
	var fields []arrow.Field
	for _, f := range b.schema.Fields() {
		if f.Name != "frames" {
			fields = append(fields, f)
		}
	}
	return fields
}

// appendOther adds a row to the columns of otherFields, in the schema's order.
func (b *Builder) appendOther(to *array.RecordBuilder, r Row) {
	to.Field(0).(*array.StringBuilder).Append(r.ID)
	to.Field(1).(*array.StringBuilder).Append(r.URI)
	if label := to.Field(2).(*array.Int32Builder); r.Label == manifests.NoLabel {
		label.AppendNull()
	} else {
		label.Append(r.Label)
	}
	index, pts := to.Field(3).(*array.FixedSizeListBuilder), to.Field(4).(*array.FixedSizeListBuilder)
	failed := r.Error != ""
	if failed {
		index.AppendNull()
		pts.AppendNull()
	} else {
		index.Append(true)
		index.ValueBuilder().(*array.Int32Builder).AppendValues(r.FrameIndex, nil)
		pts.Append(true)
		pts.ValueBuilder().(*array.Float64Builder).AppendValues(r.Seconds, nil)
	}
	to.Field(5).(*array.Int32Builder).Append(r.View)
	if reason := to.Field(6).(*array.StringBuilder); failed {
		reason.Append(r.Error)
	} else {
		reason.AppendNull()
	}
	if crop := to.Field(7).(*array.FixedSizeListBuilder); failed {
		crop.AppendNull()
	} else {
		crop.Append(true)
		crop.ValueBuilder().(*array.Float64Builder).AppendValues(r.Crop[:], nil)
	}
	to.Field(8).(*array.BooleanBuilder).Append(r.Flip && !failed)
	if sum := to.Field(9).(*array.StringBuilder); r.SourceSHA256 != "" {
		sum.Append(r.SourceSHA256)
	} else {
		sum.AppendNull()
	}
	if b.parts {
		part := to.Field(10).(*array.FixedSizeListBuilder)
		if failed {
			part.AppendNull()
		} else {
			part.Append(true)
			part.ValueBuilder().(*array.Float64Builder).AppendValues(r.Part[:], nil)
		}
	}
}

// tensor turns the frames buffer into the frames column; the buffer goes over to it. Clips of failed rows are cleared,
// so that equal batches have equal bytes.
func (b *Builder) tensor(n int) arrow.Array {
	validity := memory.NewResizableBuffer(b.mem)
	validity.Resize(int(bitutil.BytesForBits(int64(n))))
	clear(validity.Bytes())
	defer validity.Release()
	nulls := 0
	for i, r := range b.rows[:n] {
		if r.Error == "" {
			bitutil.SetBit(validity.Bytes(), i)
			continue
		}
		nulls++
		clear(b.Clip(i))
	}
	b.frames.Resize(n * b.shape.Bytes())
	pixels := array.NewData(arrow.PrimitiveTypes.Uint8, n*b.shape.Bytes(), []*memory.Buffer{nil, b.frames}, nil, 0, 0)
	defer pixels.Release()
	b.frames.Release()
	b.frames = nil
	data := array.NewData(newTensorType(b.shape), n, []*memory.Buffer{validity}, []arrow.ArrayData{pixels}, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data)
}

// Release frees what Record did not hand over.
func (b *Builder) Release() {
	if b != nil && b.frames != nil {
		b.frames.Release()
		b.frames = nil
	}
}
