package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/file"

	"padapter/manifests/pages"
)

// imageTable is a Parquet file of images.
type imageTable struct {
	file    *file.Reader
	image   string         // column of the images
	classes []string       // names from the metadata; nil for none
	texts   bool           // labels are names, not numbers
	leaves  map[string]int // flat columns by path
	label   string
	extra   []string            // further columns
	names   map[string][]string // names of their classes
}

// imageRow is a row.
type imageRow struct {
	number         int64
	missing, empty bool // the image's cell
	labelled       bool
	label          string
	extra          map[string]string
}

// openImageTable calls use with a file's table. Columns that aren't named are looked for.
func openImageTable(r parquet.ReaderAtSeeker, image, label string, use func(*imageTable) error) (err error) {
	defer func() { // the Parquet library panics on some damaged files
		if r := recover(); r != nil {
			err = fmt.Errorf("the file is damaged: %v", r)
		}
	}()
	props := parquet.NewReaderProperties(memory.DefaultAllocator)
	props.BufferedStreamEnabled = true
	reader, err := file.NewParquetReader(r, file.WithReadProps(props))
	if err != nil {
		return fmt.Errorf("not a readable Parquet file: %w", err)
	}
	t := &imageTable{file: reader, image: image, label: label, leaves: map[string]int{}, names: map[string][]string{}}
	if err := t.columns(); err != nil {
		return err
	}
	return use(t)
}

// columns finds the columns.
func (t *imageTable) columns() error {
	schema := t.file.MetaData().Schema
	var images, integers, all []string
	for i := range schema.NumColumns() {
		c := schema.Column(i)
		all = append(all, c.Path())
		if c.MaxRepetitionLevel() > 0 {
			continue
		}
		t.leaves[c.Path()] = i
		if column, ok := strings.CutSuffix(c.Path(), ".bytes"); ok && c.PhysicalType() == parquet.Types.ByteArray {
			images = append(images, column)
		}
		if k := c.PhysicalType(); k == parquet.Types.Int32 || k == parquet.Types.Int64 {
			integers = append(integers, c.Path())
		}
	}
	if t.image == "" {
		if len(images) != 1 {
			return fmt.Errorf("want one column of structs with a field \"bytes\", found %q among %q: name the images' column", images, all)
		}
		t.image = images[0]
	}
	if _, ok := t.bytes(); !ok {
		return fmt.Errorf("there is no column %s of bytes, or of structs with a field \"bytes\", among %q", t.image, all)
	}
	features, err := t.features()
	if err != nil {
		return err
	}
	if t.label == "" {
		var labels []string
		for _, name := range all {
			if features[name] != nil {
				labels = append(labels, name)
			}
		}
		if labels == nil {
			labels = integers
		}
		if len(labels) > 1 {
			return fmt.Errorf("the columns %q may all hold labels: name one", labels)
		}
		t.label = strings.Join(labels, "")
	} else if _, ok := t.leaves[t.label]; !ok {
		return fmt.Errorf("there is no column %s among %q: name the labels' column", t.label, all)
	}
	if t.label != "" {
		t.classes = features[t.label]
		t.texts = schema.Column(t.leaves[t.label]).PhysicalType() == parquet.Types.ByteArray
	}
	for _, name := range all {
		i, flat := t.leaves[name]
		kind := schema.Column(i).PhysicalType()
		readable := kind == parquet.Types.ByteArray || kind == parquet.Types.Int32 || kind == parquet.Types.Int64
		ours := name == t.label || name == t.image || strings.HasSuffix(name, ".bytes")
		if flat && readable && !ours {
			t.extra = append(t.extra, name)
			t.names[name] = features[name]
		}
	}
	return nil
}

// bytes is the column of the images' bytes.
func (t *imageTable) bytes() (int, bool) {
	i, ok := t.leaves[t.image+".bytes"]
	if !ok {
		i, ok = t.leaves[t.image]
	}
	return i, ok && t.file.MetaData().Schema.Column(i).PhysicalType() == parquet.Types.ByteArray
}

// features reads the class names by column, which Hugging Face's library puts into the metadata.
func (t *imageTable) features() (map[string][]string, error) {
	text := t.file.MetaData().KeyValueMetadata().FindValue("huggingface")
	if text == nil {
		return nil, nil
	}
	return parseFeatures(*text)
}

func parseFeatures(text string) (map[string][]string, error) {
	var head struct {
		Info struct {
			Features map[string]json.RawMessage `json:"features"`
		} `json:"info"`
	}
	if err := json.Unmarshal([]byte(text), &head); err != nil {
		return nil, fmt.Errorf(`metadata huggingface: want {"info": {"features": {…}}}: %w`, err)
	}
	names := map[string][]string{}
	for column, feature := range head.Info.Features {
		var class struct {
			Type  string   `json:"_type"`
			Names []string `json:"names"`
		}
		if err := json.Unmarshal(feature, &class); err != nil || class.Type != "ClassLabel" {
			continue // other features have other forms
		}
		seen := map[string]bool{}
		for _, name := range class.Names {
			if name == "" || seen[name] {
				return nil, fmt.Errorf("metadata huggingface: column %s: class name %q is empty or stands there twice", column, name)
			}
			seen[name] = true
		}
		names[column] = class.Names
	}
	return names, nil
}

// each calls do for each row.
func (t *imageTable) each(do func(row imageRow) error) error {
	number := int64(0)
	for g := range t.file.NumRowGroups() {
		group := t.file.RowGroup(g)
		read, err := t.group(group)
		if err != nil {
			return fmt.Errorf("row group %d: %w", g, err)
		}
		for range group.NumRows() {
			row, err := read()
			if err != nil {
				return fmt.Errorf("row %d: %w", number, err)
			}
			row.number = number
			if err := do(row); err != nil {
				return err
			}
			number++
		}
	}
	return nil
}

// group returns a function that reads the next row of a row group. The images are only read where the statistics don't
// tell that all are there.
func (t *imageTable) group(group *file.RowGroupReader) (func() (imageRow, error), error) {
	at, _ := t.bytes()
	image := func() (string, bool, error) { return "there", true, nil }
	chunk, err := group.MetaData().ColumnChunk(at)
	if err != nil {
		return nil, err
	}
	if stats, err := chunk.Statistics(); err != nil || stats == nil || !stats.HasNullCount() || stats.NullCount() > 0 {
		if image, err = cells(group, at, 16); err != nil {
			return nil, err
		}
	}
	readers := make([]func() (string, bool, error), len(t.extra))
	for i, name := range t.extra {
		if readers[i], err = cells(group, t.leaves[name], 1<<10); err != nil {
			return nil, err
		}
	}
	label := func() (string, bool, error) { return "", false, nil }
	if t.label != "" {
		if label, err = cells(group, t.leaves[t.label], 1<<10); err != nil {
			return nil, err
		}
	}
	return func() (row imageRow, err error) {
		content, there, err := image()
		if err != nil {
			return row, fmt.Errorf("column %s: %w", t.image, err)
		}
		row.missing, row.empty = !there, there && content == ""
		if row.label, row.labelled, err = label(); err != nil {
			return row, fmt.Errorf("column %s: %w", t.label, err)
		}
		for i, name := range t.extra {
			value, there, err := readers[i]()
			if err != nil {
				return row, fmt.Errorf("column %s: %w", name, err)
			}
			if !there || value == "" {
				continue
			}
			if row.extra == nil {
				row.extra = map[string]string{}
			}
			if n, err := strconv.Atoi(value); err == nil && n >= 0 && n < len(t.names[name]) {
				value = t.names[name][n]
			}
			row.extra[strings.TrimPrefix(name, t.image+".")] = value
		}
		return row, nil
	}, nil
}

// cells returns a function that reads a column's next cell as text; false for a null.
func cells(group *file.RowGroupReader, column int, batch int) (func() (string, bool, error), error) {
	reader, err := pages.Column(group, column)
	if err != nil {
		return nil, err
	}
	levels := make([]int16, batch)
	most := reader.Descriptor().MaxDefinitionLevel()
	var texts []string
	var read func() (total int64, err error) // fills levels and texts
	switch r := reader.(type) {
	case *file.Int32ColumnChunkReader:
		values := make([]int32, batch)
		read = func() (int64, error) {
			total, n, err := r.ReadBatch(int64(batch), values, levels, nil)
			for _, v := range values[:n] {
				texts = append(texts, strconv.FormatInt(int64(v), 10))
			}
			return total, err
		}
	case *file.Int64ColumnChunkReader:
		values := make([]int64, batch)
		read = func() (int64, error) {
			total, n, err := r.ReadBatch(int64(batch), values, levels, nil)
			for _, v := range values[:n] {
				texts = append(texts, strconv.FormatInt(v, 10))
			}
			return total, err
		}
	case *file.ByteArrayColumnChunkReader:
		values := make([]parquet.ByteArray, batch)
		read = func() (int64, error) {
			total, n, err := r.ReadBatch(int64(batch), values, levels, nil)
			for _, v := range values[:n] {
				texts = append(texts, strings.ToValidUTF8(string(v), "\ufffd"))
			}
			return total, err
		}
	default:
		return nil, fmt.Errorf("its values are %s: want whole numbers, texts or bytes", reader.Type())
	}
	var at, filled int64
	return func() (string, bool, error) {
		if at == filled {
			texts = texts[:0]
			total, err := read()
			if err != nil {
				return "", false, err
			}
			if total == 0 {
				return "", false, errors.Join(errors.New("the column ends before its row group"), io.ErrUnexpectedEOF)
			}
			at, filled = 0, total
		}
		level := levels[at]
		at++
		if most > 0 && level < most {
			return "", false, nil
		}
		if len(texts) == 0 {
			return "", false, errors.New("there are fewer values than cells")
		}
		text := texts[0]
		texts = texts[1:]
		return text, true, nil
	}, nil
}
