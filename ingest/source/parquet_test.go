package source

import (
	"bytes"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/compress"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"
)

// parquetOf writes the cells, in row groups of the given length, as a plain column "plain", as the structs
// {bytes, path} of Hugging Face's images in "image", and as lists in "list". A nil cell is null.
func parquetOf(t testing.TB, cells [][]byte, group int, props ...parquet.WriterProperty) []byte {
	t.Helper()
	image := arrow.StructOf(arrow.Field{Name: "bytes", Type: arrow.BinaryTypes.Binary, Nullable: true}, arrow.Field{Name: "path", Type: arrow.BinaryTypes.String, Nullable: true})
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "label", Type: arrow.PrimitiveTypes.Int64},
		{Name: "image", Type: image, Nullable: true},
		{Name: "plain", Type: arrow.BinaryTypes.Binary, Nullable: true},
		{Name: "list", Type: arrow.ListOf(arrow.BinaryTypes.Binary)},
	}, nil)
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &out, parquet.NewWriterProperties(props...), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for start := 0; start < len(cells); start += group {
		for i, cell := range cells[start:min(start+group, len(cells))] {
			b.Field(0).(*array.Int64Builder).Append(int64(start + i))
			s := b.Field(1).(*array.StructBuilder)
			s.Append(true)
			plain := b.Field(2).(*array.BinaryBuilder)
			for _, bytes := range []*array.BinaryBuilder{s.FieldBuilder(0).(*array.BinaryBuilder), plain} {
				if cell == nil {
					bytes.AppendNull()
				} else {
					bytes.Append(cell)
				}
			}
			s.FieldBuilder(1).(*array.StringBuilder).Append("0.jpg")
			b.Field(3).(*array.ListBuilder).Append(true)
			b.Field(3).(*array.ListBuilder).ValueBuilder().(*array.BinaryBuilder).Append([]byte("x"))
		}
		rec := b.NewRecord()
		err := w.Write(rec)
		rec.Release()
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// namedCells are the contents of all names, with a null behind each.
func namedCells() [][]byte {
	var cells [][]byte
	for _, name := range names {
		cells = append(cells, content(name), nil)
	}
	return cells
}

// cellsAt is the fixture of a file of namedCells.
func cellsAt(src Source, path, column string) fixture {
	cell := func(row int64) string { return ParquetURI(path, column, row) }
	return fixture{
		src: src, names: names,
		uri:     func(name string) string { return cell(int64(2 * slices.Index(names, name))) },
		missing: []string{cell(20), ParquetURI(path, "none", 0), ParquetURI("none.parquet", column, 0)},
		refused: append(within(outsiders, func(path string) string { return ParquetURI(path, column, 0) }),
			cell(1), cell(3), ParquetURI(path, "label", 0), ParquetURI(path, "list", 0)),
	}
}

func TestParquet(t *testing.T) {
	for what, props := range map[string][]parquet.WriterProperty{
		"dictionary, zstd, small pages": {parquet.WithCompression(compress.Codecs.Zstd), parquet.WithDataPageSize(4000), parquet.WithBatchSize(1)},
		"plain, uncompressed":           {parquet.WithDictionaryDefault(false), parquet.WithCompression(compress.Codecs.Uncompressed)},
		"plain, snappy, pages v2":       {parquet.WithDictionaryDefault(false), parquet.WithCompression(compress.Codecs.Snappy), parquet.WithDataPageVersion(parquet.DataPageV2)},
	} {
		for _, column := range []string{"image", "plain", "image.bytes"} {
			t.Run(what+" "+column, func(t *testing.T) {
				root := t.TempDir()
				writeFile(t, filepath.Join(root, "a b.parquet"), parquetOf(t, namedCells(), 6, props...))
				conform(t, cellsAt(openMux(t, root), "a b.parquet", column))
			})
		}
	}
}

func TestParquetWithoutRecentPieces(t *testing.T) {
	c, err := openCells(t.Context(), byteRangeOf(parquetOf(t, namedCells(), 4)), newLRUCache(0))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, i := range []int{0, 9, 3, 3, 2, 4, 9, 8, 0} {
		if got, err := c.cell(t.Context(), "image", int64(2*i)); err != nil || !bytes.Equal(got, content(names[i])) {
			t.Errorf("row %d: %d bytes, %v", 2*i, len(got), err)
		}
		if len(c.cursors) > keptCursors || c.recent.bytes > 0 {
			t.Errorf("%d cursors and %d bytes are kept", len(c.cursors), c.recent.bytes)
		}
	}
}

func TestParquetDamaged(t *testing.T) {
	whole := parquetOf(t, namedCells(), 6, parquet.WithDictionaryDefault(false))
	for at := 0; at < len(whole); at += max(1, len(whole)/500) {
		data := bytes.Clone(whole)
		data[at] ^= 0x55
		c, err := openCells(t.Context(), byteRangeOf(data), newLRUCache(1<<20))
		if err != nil {
			continue
		}
		for i := range 10 {
			// Not every flip can be told; none may end the program.
			if _, err := c.cell(t.Context(), "image", int64(2*i)); err != nil && err.Error() == "" {
				t.Error("an error without words")
			}
		}
	}
	for what, data := range map[string][]byte{"cut": whole[:len(whole)-100], "empty": nil, "text": []byte("this is no Parquet file")} {
		if _, err := openCells(t.Context(), byteRangeOf(data), newLRUCache(0)); err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "Parquet") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
