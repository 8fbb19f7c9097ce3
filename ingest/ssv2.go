package ingest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"padapter/manifests"
)

var officialSSv2 = officialNumbers{Classes: 174, Splits: map[string]int{"train": 168913, "val": 24777, "test": 27157}}

// SSv2Options say where Something-Something V2 lies.
type SSv2Options struct {
	Root        string // holds <id>.webm, or the folder 20bn-something-something-v2 with them
	Annotations string // holds the JSON files, under either publisher's names
	Extension   string // ending of the clips' names; empty stands for ".webm"
	Dataset     string // name to record
	Tool        string // program and version to record
}

// ssv2Folder is the folder that the archive's parts unpack to.
const ssv2Folder = "20bn-something-something-v2"

// ssv2Prefix is how 20BN's file names began; Qualcomm's lack it.
const ssv2Prefix = "something-something-v2-"

// SSv2 makes the manifest of Something-Something V2. A record's class is its template without brackets, looked up in
// labels.json; the label, template and placeholders as annotated stay with it. Test records carry an id alone and get
// their classes from test-answers.csv where that lies beside. A clip's id is the annotation's.
func SSv2(ctx context.Context, opt SSv2Options) (res *Result, err error) {
	fail := func(err error) (*Result, error) {
		return nil, fmt.Errorf("ingest Something-Something V2: %w", err)
	}
	t, err := openTree(opt.Root)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	prefix, err := ssv2Naming(opt.Annotations)
	if err != nil {
		return fail(err)
	}
	s := ssv2Reader{tree: t, prefix: prefix, opt: opt, seen: newOnce()}
	if info, err := t.dir.Stat(ssv2Folder); err == nil && info.IsDir() {
		s.folder = ssv2Folder
	}
	if s.opt.Extension == "" {
		s.opt.Extension = ".webm"
	}
	s.m = &manifests.Manifest{Dataset: opt.Dataset, Source: "ssv2", Root: t.root, Tool: opt.Tool}
	if s.m.Classes, err = readSSv2Labels(s.file("labels.json")); err != nil {
		return fail(err)
	}
	s.numbers = map[string]int32{}
	for i, name := range s.m.Classes {
		s.numbers[name] = int32(i)
	}
	answers, err := readSSv2Answers(filepath.Join(opt.Annotations, "test-answers.csv"))
	if err != nil {
		return fail(err)
	}
	present := 0
	for _, part := range []struct{ file, split string }{{"train", "train"}, {"validation", "val"}, {"test", "test"}} {
		err := s.add(ctx, s.file(part.file+".json"), part.split, answers)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fail(err)
		}
		present++
	}
	if present == 0 {
		return fail(fmt.Errorf("%s, %s, %s: none of them is there", s.file("train.json"), s.file("validation.json"), s.file("test.json")))
	}
	return &Result{Manifest: s.m}, nil
}

// ssv2Naming tells by the class list which names the annotation files have.
func ssv2Naming(dir string) (prefix string, err error) {
	there := func(prefix string) bool {
		_, err := os.Stat(filepath.Join(dir, prefix+"labels.json"))
		return err == nil
	}
	switch old, plain := there(ssv2Prefix), there(""); {
	case old && plain:
		return "", fmt.Errorf("annotations %s: it holds %slabels.json and labels.json: keep the files of one publisher", dir, ssv2Prefix)
	case old:
		return ssv2Prefix, nil
	case plain:
		return "", nil
	default:
		return "", fmt.Errorf("annotations %s: it holds neither %slabels.json nor labels.json: %w", dir, ssv2Prefix, fs.ErrNotExist)
	}
}

type ssv2Reader struct {
	tree    *tree
	prefix  string
	folder  string // below the root
	opt     SSv2Options
	m       *manifests.Manifest
	numbers map[string]int32
	seen    *once
}

func (s *ssv2Reader) file(name string) string { return filepath.Join(s.opt.Annotations, s.prefix+name) }

type ssv2Record struct {
	ID           string   `json:"id"`
	Label        string   `json:"label"`
	Template     string   `json:"template"`
	Placeholders []string `json:"placeholders"`
}

// add reads the records of one split.
func (s *ssv2Reader) add(ctx context.Context, file, split string, answers map[string]string) error {
	j, err := readJSON(file)
	if err != nil {
		return err
	}
	check := s.seen.part(filepath.Base(file) + " record")
	return j.array(`records like {"id": "1", "label": "…", "template": "…", "placeholders": ["…"]}`, func(number int, value func(any) error) error {
		var a ssv2Record
		if err := errors.Join(value(&a), ctx.Err()); err != nil {
			return err
		}
		r := manifests.Record{ID: a.ID, Kind: manifests.Video, Label: manifests.NoLabel, Split: split, Dataset: s.opt.Dataset, Extra: a.extra()}
		if a.ID != "" {
			r.URI = path.Join(s.folder, a.ID+s.opt.Extension)
			s.tree.look(&r)
		}
		class := a.class()
		if split == "test" && class == "" {
			class = answers[a.ID]
		}
		switch label, known := s.numbers[class]; {
		case known:
			r.Label, r.LabelName = label, class
		case class != "":
			r.Status, r.Reason = manifests.Rejected, fmt.Sprintf("class %q is not in %s", class, filepath.Base(s.file("labels.json")))
		case split != "test":
			r.Status, r.Reason = manifests.Rejected, "the record has no template"
		}
		check(&r, number)
		s.m.Records = append(s.m.Records, r)
		return nil
	})
}

// class is the template without the brackets around what stands for objects.
func (a ssv2Record) class() string {
	return strings.NewReplacer("[", "", "]", "").Replace(a.Template)
}

// extra keeps the annotation.
func (a ssv2Record) extra() map[string]string {
	extra := map[string]string{}
	for key, value := range map[string]string{"label": a.Label, "template": a.Template} {
		if value != "" {
			extra[key] = value
		}
	}
	if len(a.Placeholders) > 0 {
		list, _ := json.Marshal(a.Placeholders) // strings always encode
		extra["placeholders"] = string(list)
	}
	if len(extra) == 0 {
		return nil
	}
	return extra
}

// readSSv2Labels reads the classes: a name and its number, which is written as a string.
func readSSv2Labels(file string) ([]string, error) {
	j, err := readJSON(file)
	if err != nil {
		return nil, err
	}
	return parseSSv2Labels(j)
}

func parseSSv2Labels(j jsonText) ([]string, error) {
	const want = `an object like {"Holding something": "0", …}`
	names, numbers := map[int]string{}, map[string]int{}
	err := j.object(want, func(name string, value func(any) error) error {
		var text string
		if err := value(&text); err != nil {
			return err
		}
		number, err := strconv.Atoi(text)
		if err != nil || number < 0 {
			return fmt.Errorf("%s: class %q: number %q: want a number from 0", j.name, name, text)
		}
		if other, twice := names[number]; twice {
			return fmt.Errorf("%s: classes %q and %q both have number %d", j.name, other, name, number)
		}
		if other, twice := numbers[name]; twice {
			return fmt.Errorf("%s: class %q has the numbers %d and %d", j.name, name, other, number)
		}
		names[number], numbers[name] = name, number
		return nil
	})
	if err != nil {
		return nil, err
	}
	classes := make([]string, len(names))
	for i := range classes {
		name, ok := names[i]
		if !ok {
			return nil, fmt.Errorf("%s: no class has number %d, though there are %d classes", j.name, i, len(names))
		}
		classes[i] = name
	}
	return classes, nil
}

// readSSv2Answers reads the classes of the test records by their ids; nil where there is no such file.
func readSSv2Answers(file string) (answers map[string]string, err error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return parseSSv2Answers(file, f)
}

func parseSSv2Answers(name string, r io.Reader) (map[string]string, error) {
	answers := map[string]string{}
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, maxListLine)
	number := 1
	for ; scan.Scan(); number++ {
		line := strings.TrimSpace(strings.TrimPrefix(scan.Text(), "\ufeff"))
		if line == "" {
			continue
		}
		id, class, ok := strings.Cut(line, ";")
		if !ok || id == "" || class == "" {
			return nil, fmt.Errorf("%s line %d: %q: want an id, a semicolon and a class", name, number, line)
		}
		if other, twice := answers[id]; twice && other != class {
			return nil, fmt.Errorf("%s line %d: %s is %q, and %q above", name, number, id, class, other)
		}
		answers[id] = class
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("%s line %d: %w", name, number, err)
	}
	return answers, nil
}
