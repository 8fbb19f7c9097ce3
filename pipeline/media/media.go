package media

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"padapter/manifests"
)

// What rows hold.
const (
	Frames   = "frames" // a video of JPEG pictures
	Original = "bytes"  // the bytes as they were
)

// formatVersion is the version of the schema; a reader refuses others.
const formatVersion = 1

// Keys of the schema's metadata.
const (
	KeyContent = "padapter.content"
	keyFormat  = "padapter.media_format"
	keyVersion = "padapter.version"
	keyClasses = "padapter.classes"
)

// Meta is what all rows share.
type Meta struct {
	Content string // Frames or Original
	Classes []string
	Version string
}

// Schema returns the schema of records with that metadata.
func Schema(m Meta) (*arrow.Schema, error) {
	classes, err := json.Marshal(append([]string{}, m.Classes...))
	if err != nil {
		return nil, fmt.Errorf("encode classes: %w", err)
	}
	metadata := arrow.NewMetadata([]string{keyFormat, KeyContent, keyVersion, keyClasses}, []string{strconv.Itoa(formatVersion), m.Content, m.Version, string(classes)})
	return arrow.NewSchema(fields, &metadata), nil
}

var fields = []arrow.Field{
	{Name: "id", Type: arrow.BinaryTypes.String},
	{Name: "uri", Type: arrow.BinaryTypes.String},
	{Name: "label", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "kind", Type: arrow.BinaryTypes.String},
	{Name: "start", Type: arrow.PrimitiveTypes.Float64},
	{Name: "end", Type: arrow.PrimitiveTypes.Float64},
	{Name: "width", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "height", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "frame_index", Type: arrow.ListOfNonNullable(arrow.PrimitiveTypes.Int32), Nullable: true},
	{Name: "pts", Type: arrow.ListOfNonNullable(arrow.PrimitiveTypes.Float64), Nullable: true},
	{Name: "source_sha256", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "suffix", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "error", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "media", Type: arrow.BinaryTypes.Binary, Nullable: true},
}

// MetaOf reads the metadata of a schema that Schema made.
func MetaOf(s *arrow.Schema) (Meta, error) {
	values := s.Metadata().ToMap()
	if version, err := strconv.Atoi(values[keyFormat]); err != nil || version != formatVersion {
		return Meta{}, fmt.Errorf("%s is %q, this program reads %d", keyFormat, values[keyFormat], formatVersion)
	}
	m := Meta{Content: values[KeyContent], Version: values[keyVersion]}
	if err := json.Unmarshal([]byte(values[keyClasses]), &m.Classes); err != nil {
		return m, fmt.Errorf("%s: %w", keyClasses, err)
	}
	return m, nil
}

// Row is one row. Its JSON form is that of a WebDataset archive.
type Row struct {
	ID           string    `json:"id"`
	URI          string    `json:"uri"`
	Label        *int32    `json:"label"`
	Kind         string    `json:"kind"`
	Start        float64   `json:"start,omitempty"`
	End          float64   `json:"end,omitempty"`
	Width        int32     `json:"width,omitempty"`
	Height       int32     `json:"height,omitempty"`
	FrameIndex   []int32   `json:"frame_index,omitempty"`
	Seconds      []float64 `json:"pts,omitempty"`
	SourceSHA256 string    `json:"source_sha256,omitempty"`
	Suffix       string    `json:"suffix,omitempty"`
	Error        string    `json:"error,omitempty"`
	Media        []byte    `json:"-"`
}

// RowOf is a manifest's record without its bytes.
func RowOf(r *manifests.Record) Row {
	row := Row{ID: r.ID, URI: r.URI, Kind: string(r.Kind), Start: r.StartSeconds, End: r.EndSeconds, SourceSHA256: r.Facts.SHA256}
	if r.Label != manifests.NoLabel {
		label := r.Label
		row.Label = &label
	}
	return row
}

// Builder makes records row by row. Release it.
type Builder struct {
	build *array.RecordBuilder
	rows  int
	bytes int
}

// NewBuilder makes an empty one.
func NewBuilder(mem memory.Allocator, schema *arrow.Schema) *Builder {
	return &Builder{build: array.NewRecordBuilder(mem, schema)}
}

// Rows and Bytes are what has been added since the last record.
func (b *Builder) Rows() int  { return b.rows }
func (b *Builder) Bytes() int { return b.bytes }

// Add adds a row. The bytes are copied.
func (b *Builder) Add(r Row) {
	b.rows++
	b.bytes += len(r.Media)
	text := func(column int, v string, nullable bool) {
		if c := b.build.Field(column).(*array.StringBuilder); v == "" && nullable {
			c.AppendNull()
		} else {
			c.Append(v)
		}
	}
	number := func(column int, v int32, ok bool) {
		if c := b.build.Field(column).(*array.Int32Builder); ok {
			c.Append(v)
		} else {
			c.AppendNull()
		}
	}
	text(0, r.ID, false)
	text(1, r.URI, false)
	if r.Label != nil {
		number(2, *r.Label, true)
	} else {
		number(2, 0, false)
	}
	text(3, r.Kind, false)
	b.build.Field(4).(*array.Float64Builder).Append(r.Start)
	b.build.Field(5).(*array.Float64Builder).Append(r.End)
	number(6, r.Width, r.Width > 0)
	number(7, r.Height, r.Height > 0)
	index, pts := b.build.Field(8).(*array.ListBuilder), b.build.Field(9).(*array.ListBuilder)
	if r.FrameIndex == nil {
		index.AppendNull()
		pts.AppendNull()
	} else {
		index.Append(true)
		index.ValueBuilder().(*array.Int32Builder).AppendValues(r.FrameIndex, nil)
		pts.Append(true)
		pts.ValueBuilder().(*array.Float64Builder).AppendValues(r.Seconds, nil)
	}
	text(10, r.SourceSHA256, true)
	text(11, r.Suffix, true)
	text(12, r.Error, true)
	if bytes := b.build.Field(13).(*array.BinaryBuilder); r.Error != "" {
		bytes.AppendNull()
	} else {
		bytes.Append(r.Media)
	}
}

// Record returns the rows added so far and starts anew. The caller releases it.
func (b *Builder) Record() arrow.Record {
	b.rows, b.bytes = 0, 0
	return b.build.NewRecord()
}

// Release frees what is left.
func (b *Builder) Release() { b.build.Release() }

// At is row i of the columns of a record of this schema, all of them or all but media; columns of other types panic.
func At(columns []arrow.Array, i int) Row {
	text := func(column int) string {
		if columns[column].IsNull(i) {
			return ""
		}
		return string([]byte(columns[column].(*array.String).Value(i)))
	}
	number := func(column int) int32 {
		if columns[column].IsNull(i) {
			return 0
		}
		return columns[column].(*array.Int32).Value(i)
	}
	r := Row{ID: text(0), URI: text(1), Kind: text(3), Start: columns[4].(*array.Float64).Value(i), End: columns[5].(*array.Float64).Value(i),
		Width: number(6), Height: number(7), SourceSHA256: text(10), Suffix: text(11), Error: text(12)}
	if columns[2].IsValid(i) {
		label := number(2)
		r.Label = &label
	}
	if index, pts := columns[8].(*array.List), columns[9].(*array.List); index.IsValid(i) && pts.IsValid(i) {
		from, to := index.ValueOffsets(i)
		r.FrameIndex = append([]int32{}, index.ListValues().(*array.Int32).Int32Values()[from:to]...)
		from, to = pts.ValueOffsets(i)
		r.Seconds = append([]float64{}, pts.ListValues().(*array.Float64).Float64Values()[from:to]...)
	}
	if len(columns) > 13 && columns[13].IsValid(i) {
		r.Media = columns[13].(*array.Binary).Value(i)
	}
	return r
}
