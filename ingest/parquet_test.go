package ingest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/apache/arrow/go/v17/parquet"
	"github.com/apache/arrow/go/v17/parquet/pqarrow"

	"padapter/manifests"
)

// hubImages is a file as Hugging Face's hub has them: structs {bytes, path}, class numbers, names in the metadata. An
// image that is nil has a null cell.
func hubImages(t testing.TB, labels []int64, images [][]byte, features string) []byte {
	t.Helper()
	image := arrow.StructOf(arrow.Field{Name: "bytes", Type: arrow.BinaryTypes.Binary, Nullable: true}, arrow.Field{Name: "path", Type: arrow.BinaryTypes.String, Nullable: true})
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "img", Type: image, Nullable: true},
		{Name: "fine_label", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "coarse_label", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	}, nil)
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(schema, &out, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if features != "" {
		if err := w.AppendKeyValueMetadata("huggingface", `{"info": {"features": `+features+`}}`); err != nil {
			t.Fatal(err)
		}
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i, label := range labels {
		cell := b.Field(0).(*array.StructBuilder)
		cell.Append(true)
		if images[i] == nil {
			cell.FieldBuilder(0).(*array.BinaryBuilder).AppendNull()
		} else {
			cell.FieldBuilder(0).(*array.BinaryBuilder).Append(images[i])
		}
		cell.FieldBuilder(1).(*array.StringBuilder).Append("a b.png")
		b.Field(1).(*array.Int64Builder).Append(label)
		b.Field(2).(*array.Int64Builder).Append(label / 2)
	}
	rec := b.NewRecord()
	defer rec.Release()
	if err := w.Write(rec); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const hubFeatures = `{"img": {"_type": "Image"}, "fine_label": {"_type": "ClassLabel", "names": ["apple", "bee & co", "crab"]}, "coarse_label": {"_type": "ClassLabel", "names": ["fruit", "animal"]}}`

func put(t *testing.T, root, name string, content []byte) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestParquetImages(t *testing.T) {
	root := t.TempDir()
	here := []byte("png")
	put(t, root, "data/train-00000-of-00002.parquet", hubImages(t, []int64{2, 0, 1}, [][]byte{here, nil, {}}, hubFeatures))
	put(t, root, "data/train-00001-of-00002.parquet", hubImages(t, []int64{-1, 7}, [][]byte{here, here}, hubFeatures))
	put(t, root, "test/#1 ü.parquet", hubImages(t, []int64{1}, [][]byte{here}, hubFeatures))
	put(t, root, "README.md", []byte("text"))
	res, err := Parquet(t.Context(), ParquetOptions{Root: root, Label: "fine_label", Dataset: "things"})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Skipped) != 1 || res.Skipped[0].Path != "README.md" {
		t.Errorf("skipped %+v", res.Skipped)
	}
	if want := []string{"apple", "bee & co", "crab"}; !slices.Equal(res.Manifest.Classes, want) {
		t.Errorf("classes %q", res.Manifest.Classes)
	}
	if err := res.Manifest.Validate(); err != nil {
		t.Error(err)
	}
	type row struct {
		id, uri, split, name, coarse string
		label                        int32
		status                       manifests.Status
	}
	first, second, third := "data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet", "test/#1 ü.parquet"
	want := []row{
		{first + "#0", "parquet:data/train-00000-of-00002.parquet?column=img&row=0", "train", "crab", "animal", 2, manifests.Found},
		{first + "#1", "parquet:data/train-00000-of-00002.parquet?column=img&row=1", "train", "apple", "fruit", 0, manifests.Missing},
		{first + "#2", "parquet:data/train-00000-of-00002.parquet?column=img&row=2", "train", "bee & co", "fruit", 1, manifests.Rejected},
		{second + "#0", "parquet:data/train-00001-of-00002.parquet?column=img&row=0", "train", "", "fruit", manifests.NoLabel, manifests.Found},
		{second + "#1", "parquet:data/train-00001-of-00002.parquet?column=img&row=1", "train", "", "3", manifests.NoLabel, manifests.Rejected},
		{third + "#0", "parquet:test/%231%20%C3%BC.parquet?column=img&row=0", "test", "bee & co", "fruit", 1, manifests.Found},
	}
	var got []row
	for _, r := range res.Manifest.Records {
		got = append(got, row{r.ID, r.URI, r.Split, r.LabelName, r.Extra["coarse_label"], r.Label, r.Status})
		if r.Kind != manifests.Image || r.Extra["path"] != "a b.png" {
			t.Errorf("record %+v", r)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

func TestParquetThatCannotBe(t *testing.T) {
	good := hubImages(t, []int64{0}, [][]byte{[]byte("x")}, hubFeatures)
	for name, c := range map[string]struct {
		file   []byte
		opt    ParquetOptions
		reason string
	}{
		"no Parquet":       {[]byte("PAR1 but no more"), ParquetOptions{}, "not a readable Parquet file"},
		"two label lists":  {good, ParquetOptions{}, `may all hold labels: name one`},
		"no such label":    {good, ParquetOptions{Label: "lable"}, "there is no column lable"},
		"no such image":    {good, ParquetOptions{Label: "fine_label", Image: "picture"}, "there is no column picture"},
		"features":         {hubImages(t, []int64{0}, [][]byte{nil}, `[1]`), ParquetOptions{Label: "fine_label"}, "metadata huggingface"},
		"a name twice":     {hubImages(t, []int64{0}, [][]byte{nil}, `{"fine_label": {"_type": "ClassLabel", "names": ["a", "a"]}}`), ParquetOptions{Label: "fine_label"}, `"a" is empty or stands there twice`},
		"half of the file": {append(good[:len(good)/2:len(good)/2], good[len(good)-8:]...), ParquetOptions{Label: "fine_label"}, "a.parquet"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			put(t, root, "a.parquet", c.file)
			c.opt.Root = root
			_, err := Parquet(t.Context(), c.opt)
			if err == nil || !strings.Contains(err.Error(), c.reason) {
				t.Errorf("%v, want an error about %q", err, c.reason)
			}
		})
	}
	if _, err := Parquet(t.Context(), ParquetOptions{Root: t.TempDir()}); err == nil {
		t.Error("an empty folder is no error")
	}
}

func FuzzParquetImages(f *testing.F) {
	f.Add(hubImages(f, []int64{2, 0, 1}, [][]byte{[]byte("png"), nil, {}}, hubFeatures))
	f.Fuzz(func(t *testing.T, file []byte) {
		_ = openImageTable(bytes.NewReader(file), "", "fine_label", func(table *imageTable) error {
			return table.each(func(imageRow) error { return nil })
		})
	})
}
