package segment

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"padapter/manifests/storage"
)

// Row is one line of a segment file: a segment of a video, or the reason why a video (from some time on) has none.
type Row struct {
	ID           string  `json:"id"`
	URI          string  `json:"uri"`
	Label        int32   `json:"label_id"`
	Name         string  `json:"label_name"`
	StartSeconds float64 `json:"start"` // seconds from the first frame
	EndSeconds   float64 `json:"end"`
	Score        float64 `json:"score"` // mean probability
	Peak         float64 `json:"peak"`  // largest probability
	Error        string  `json:"error"` // "reason: message"; only ID and URI are valid then
}

// columns are the columns of a file, in order. Those between uri and error are null in a row with an error.
var columns = []arrow.Field{
	{Name: "id", Type: arrow.BinaryTypes.String},
	{Name: "uri", Type: arrow.BinaryTypes.String},
	{Name: "label_id", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "label_name", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "start", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "end", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "score", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "peak", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
	{Name: "error", Type: arrow.BinaryTypes.String, Nullable: true},
}

// rowsPerGroup is the size of Parquet row groups.
const rowsPerGroup = 4096

// File writes a segment file. The file appears under its name only after Close has returned nil.
type File struct {
	draft storage.Draft
	write func(Row) error
	end   func() error
	ended bool
}

// CreateFile starts a file whose format follows its extension: .parquet, .jsonl or .csv.
func CreateFile(path string) (*File, error) {
	ext := strings.ToLower(filepath.Ext(path))
	start, known := map[string]func(*File) error{".parquet": (*File).parquet, ".jsonl": (*File).jsonLines, ".csv": (*File).csv}[ext]
	if !known {
		return nil, fmt.Errorf("write segments %s: unknown extension %q, use .parquet, .jsonl or .csv", path, ext)
	}
	draft, err := storage.Create(path)
	if err != nil {
		return nil, fmt.Errorf("write segments %s: %w", path, err)
	}
	f := &File{draft: draft}
	if err := start(f); err != nil {
		return nil, errors.Join(fmt.Errorf("write segments %s: %w", path, err), draft.Abort())
	}
	return f, nil
}

// Write appends a row.
func (f *File) Write(row Row) error { return f.write(row) }

// Commit commits the file.
func (f *File) Commit() error {
	if f.ended {
		return nil
	}
	f.ended = true
	if err := f.end(); err != nil {
		return errors.Join(fmt.Errorf("write segments: %w", err), f.draft.Abort())
	}
	return f.draft.Commit()
}

// Abort discards the file. It does nothing after Close.
func (f *File) Abort() error {
	if f.ended {
		return nil
	}
	f.ended = true
	return errors.Join(f.end(), f.draft.Abort())
}

func (f *File) jsonLines() error {
	lines := json.NewEncoder(f.draft)
	lines.SetEscapeHTML(false)
	f.write = func(r Row) error {
		if r.Error != "" {
			return lines.Encode(struct {
				ID    string `json:"id"`
				URI   string `json:"uri"`
				Label *int32 `json:"label_id"`
				nothing
				Error string `json:"error"`
			}{ID: r.ID, URI: r.URI, Error: r.Error})
		}
		return lines.Encode(struct {
			Row
			Error *string `json:"error"`
		}{Row: r})
	}
	f.end = func() error { return nil }
	return nil
}

// nothing holds the fields that are null in a line with an error.
type nothing struct {
	Name  *string  `json:"label_name"`
	Start *float64 `json:"start"`
	End   *float64 `json:"end"`
	Score *float64 `json:"score"`
	Peak  *float64 `json:"peak"`
}

func (f *File) csv() error {
	table := csv.NewWriter(f.draft)
	f.write = func(r Row) error {
		if r.Error != "" {
			return table.Write([]string{r.ID, r.URI, "", "", "", "", "", "", r.Error})
		}
		number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
		return table.Write([]string{r.ID, r.URI, strconv.Itoa(int(r.Label)), r.Name, number(r.StartSeconds), number(r.EndSeconds), number(r.Score), number(r.Peak), ""})
	}
	f.end = func() error {
		table.Flush()
		return table.Error()
	}
	var header []string
	for _, c := range columns {
		header = append(header, c.Name)
	}
	return table.Write(header)
}

func (f *File) parquet() error {
	schema := arrow.NewSchema(columns, nil)
	table, err := pqarrow.NewFileWriter(schema, f.draft, parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Zstd), parquet.WithCreatedBy("padapter"),
	), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		return err
	}
	builder := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	rows := 0
	flush := func() error {
		record := builder.NewRecord()
		defer record.Release()
		if rows == 0 {
			return nil
		}
		rows = 0
		return table.Write(record)
	}
	text := func(i int, s string) { builder.Field(i).(*array.StringBuilder).Append(s) }
	f.write = func(r Row) error {
		text(0, r.ID)
		text(1, r.URI)
		if r.Error != "" {
			for i := 2; i < 8; i++ {
				builder.Field(i).AppendNull()
			}
			text(8, r.Error)
		} else {
			builder.Field(2).(*array.Int32Builder).Append(r.Label)
			text(3, r.Name)
			for i, v := range []float64{r.StartSeconds, r.EndSeconds, r.Score, r.Peak} {
				builder.Field(4 + i).(*array.Float64Builder).Append(v)
			}
			builder.Field(8).AppendNull()
		}
		if rows++; rows == rowsPerGroup {
			return flush()
		}
		return nil
	}
	f.end = func() error {
		defer builder.Release()
		return errors.Join(flush(), table.Close())
	}
	return nil
}
