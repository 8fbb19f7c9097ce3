package ingest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"padapter/ingest/fixture"
)

func TestCIFAR100(t *testing.T) {
	dir := t.TempDir()
	if err := fixture.CIFAR100(dir, fixture.CIFAR100Options{Traps: true}); err != nil {
		t.Fatal(err)
	}
	res, err := CIFAR100(t.Context(), CIFAR100Options{Root: dir})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, rows(t, res.Manifest), []string{
		"cifar100:cifar-100-binary/train.bin?record=0|image|0|apple|train|found",
		"cifar100:cifar-100-binary/train.bin?record=1|image|1|aquarium_fish|train|found",
		"cifar100:cifar-100-binary/train.bin?record=2|image|2|baby|train|found",
		"cifar100:cifar-100-binary/train.bin?record=3|image|3|bear|train|found",
		"cifar100:cifar-100-binary/train.bin?record=4|image|-1||train|rejected|coarse class 0, fine class 100: there are 2 and 4, from 0",
		"cifar100:cifar-100-binary/train.bin?record=5|image|-1||train|rejected|the file ends within it",
		"cifar100:cifar-100-binary/test.bin?record=0|image|0|apple|test|found",
		"cifar100:cifar-100-binary/test.bin?record=1|image|1|aquarium_fish|test|found",
		"cifar100:cifar-100-binary/test.bin?record=2|image|2|baby|test|found",
		"cifar100:cifar-100-binary/test.bin?record=3|image|3|bear|test|found",
	})
	if r := res.Manifest.Records[2]; r.ID != "train/2" || r.Extra["coarse"] != "people" {
		t.Errorf("record %+v", r)
	}
	counts := CompareOfficial(res.Manifest)
	if len(counts) != 3 || counts[0] != (Count{"classes", 4, 100}) {
		t.Errorf("counts %v", counts)
	}
	odd := filepath.Join(t.TempDir(), "50% #1?&x=ü")
	if err := os.Rename(dir, odd); err != nil {
		t.Fatal(err)
	}
	res, err = CIFAR100(t.Context(), CIFAR100Options{Root: filepath.Join(odd, "cifar-100-binary"), Coarse: true})
	if err != nil {
		t.Fatal(err)
	}
	r := res.Manifest.Records[2]
	if r.URI != "cifar100:train.bin?record=2" || r.LabelName != "people" || r.Label != 1 || r.Extra["fine"] != "baby" {
		t.Errorf("record %+v", r)
	}
	if counts := CompareOfficial(res.Manifest); counts[0] != (Count{"classes", 2, 20}) {
		t.Errorf("counts %v", counts)
	}
}

func TestCIFAR100BadInput(t *testing.T) {
	const fine, coarse = "fine_label_names.txt", "coarse_label_names.txt"
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"no class lists": {map[string]string{"train.bin": "x"}, []string{fine}},
		"no coarse list": {map[string]string{fine: "a\n"}, []string{coarse}},
		"doubled list":   {map[string]string{fine: "a\na\n"}, []string{fine, "line 2"}},
		"no images":      {map[string]string{fine: "a\n", coarse: "b\n"}, []string{"train.bin"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := CIFAR100(t.Context(), CIFAR100Options{Root: lay(t, c.files)})
			complains(t, err, c.want...)
		})
	}
}

func TestPartURIs(t *testing.T) {
	for got, want := range map[string]string{
		plainURI("a:b/c"):           "./a:b/c",
		plainURI("C+1.x-y:z"):       "./C+1.x-y:z",
		plainURI("1a:b"):            "1a:b",
		plainURI("a b:c"):           "a b:c",
		plainURI("d/a:b"):           "d/a:b",
		plainURI(":a"):              ":a",
		svhnURI("a b/50%#?.mat", 7): "svhn:a%20b/50%25%23%3F.mat?record=7",
		parquetURI("données/x.parquet", "img & co", 3): "parquet:donn%C3%A9es/x.parquet?column=img+%26+co&row=3",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func FuzzCIFAR100(f *testing.F) {
	f.Add(make([]byte, 2*cifar100Record+5))
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, data []byte) {
		whole, all := 0, 0
		err := eachCIFAR100(bytes.NewReader(data), func(number int, _, _ byte, ok bool) error {
			if all++; ok {
				whole++
			}
			return nil
		})
		if err != nil || whole != len(data)/cifar100Record || all != (len(data)+cifar100Record-1)/cifar100Record {
			t.Fatalf("%d bytes: %d of %d, %v", len(data), whole, all, err)
		}
	})
}
