package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"padapter/manifests"
)

// The three splits of UCF-101.
var (
	officialUCF101Split1 = officialNumbers{Classes: 101, Splits: map[string]int{"train": 9537, "test": 3783}}
	officialUCF101Split2 = officialNumbers{Classes: 101, Splits: map[string]int{"train": 9586, "test": 3734}}
	officialUCF101Split3 = officialNumbers{Classes: 101, Splits: map[string]int{"train": 9624, "test": 3696}}
)

// UCF101Options say where UCF-101, or a dataset laid out like it, lies.
type UCF101Options struct {
	Root    string // <root>/<Class>/v_<Class>_g<group>_c<clip>.avi
	Splits  string // folder of classInd.txt, trainlist0<n>.txt and testlist0<n>.txt
	Split   int    // 1, 2 or 3
	Dataset string // name to record
	Tool    string // program and version to record
}

// UCF101 makes the manifest of one of UCF-101's three splits. Class numbers are those of classInd.txt less one; a clip's
// class is the folder in the list's path, with which the training list's number must agree. A clip's group is its name
// up to the clip's number. Its id is the path in the list; where the file's name differs in case, the file is taken.
// Videos in class folders that no list names are reported as skipped.
func UCF101(ctx context.Context, opt UCF101Options) (res *Result, err error) {
	fail := func(err error) (*Result, error) {
		return nil, fmt.Errorf("ingest UCF-101 split %d: %w", opt.Split, err)
	}
	if opt.Split < 1 || opt.Split > 3 {
		return fail(errors.New("there are splits 1, 2 and 3"))
	}
	t, err := openTree(opt.Root)
	if err != nil {
		return fail(err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	u := ucf101Reader{opt: opt, tree: t, seen: newOnce(), folded: map[string]string{}, numbers: map[string]int32{}}
	u.m = &manifests.Manifest{Dataset: opt.Dataset, Source: fmt.Sprintf("ucf101 split %d", opt.Split), Root: t.root, Tool: opt.Tool}
	if u.m.Classes, err = readWith(filepath.Join(opt.Splits, "classInd.txt"), parseUCF101Classes); err != nil {
		return fail(err)
	}
	for i, name := range u.m.Classes {
		u.numbers[name] = int32(i)
	}
	var clips []string
	err = t.walk(ctx, func(path string) error {
		if class, _, nested := strings.Cut(path, "/"); nested {
			if _, media := kindOf(path); media && u.isClass(class) {
				clips = append(clips, path)
				u.folded[strings.ToLower(path)] = path
			}
		}
		return nil
	})
	if err != nil {
		return fail(err)
	}
	for _, split := range []string{"train", "test"} {
		if err := u.add(ctx, fmt.Sprintf("%slist%02d.txt", split, opt.Split), split); err != nil {
			return fail(err)
		}
	}
	res = &Result{Manifest: u.m}
	named := map[string]bool{}
	for i := range u.m.Records {
		named[u.m.Records[i].URI] = true
	}
	for _, clip := range clips {
		if !named[plainURI(clip)] {
			res.Skipped = append(res.Skipped, Skipped{clip, "no list of this split names it"})
		}
	}
	return res, nil
}

// readWith opens a file and parses it.
func readWith[T any](file string, parse func(name string, r io.Reader) (T, error)) (value T, err error) {
	f, err := os.Open(file)
	if err != nil {
		return value, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return parse(file, f)
}

type ucf101Reader struct {
	opt     UCF101Options
	tree    *tree
	m       *manifests.Manifest
	numbers map[string]int32
	folded  map[string]string // clips by their paths in lower case
	seen    *once
}

func (u *ucf101Reader) isClass(name string) bool {
	_, ok := u.numbers[name]
	return ok
}

// ucf101Group takes a clip's name apart.
var ucf101Group = regexp.MustCompile(`^(v_.+_g\d+)_c\d+\.[^.]+$`)

func (u *ucf101Reader) add(ctx context.Context, list, split string) error {
	lines, err := readWith(filepath.Join(u.opt.Splits, list), parseUCF101List)
	if err != nil {
		return err
	}
	check := u.seen.part(list + " line")
	for _, line := range lines {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := manifests.Record{ID: line.path, URI: line.path, Kind: manifests.Video, Label: manifests.NoLabel, Split: split, Dataset: u.opt.Dataset}
		if m := ucf101Group.FindStringSubmatch(path.Base(line.path)); m != nil {
			r.Group = m[1]
		}
		u.tree.look(&r)
		if other, ok := u.folded[strings.ToLower(line.path)]; ok && r.Status == manifests.Missing {
			r.URI, r.Reason = other, ""
			u.tree.look(&r)
		}
		class := path.Base(path.Dir(line.path))
		number, known := u.numbers[class]
		switch {
		case !known:
			r.Status, r.Reason = manifests.Rejected, fmt.Sprintf("%s line %d: class %q is not in classInd.txt", list, line.number, class)
		case line.class != 0 && line.class != int(number)+1:
			r.Status, r.Reason = manifests.Rejected, fmt.Sprintf("%s line %d: class number %d, but %q is number %d in classInd.txt", list, line.number, line.class, class, number+1)
		default:
			r.Label, r.LabelName = number, class
		}
		check(&r, line.number)
		u.m.Records = append(u.m.Records, r)
	}
	return nil
}

// parseUCF101Classes reads lines "<number> <name>", numbers from 1 in order.
func parseUCF101Classes(name string, r io.Reader) ([]string, error) {
	var classes []string
	seen := map[string]bool{}
	err := eachLine(name, r, func(line string) error {
		if line == "" {
			return nil
		}
		number, class, ok := strings.Cut(line, " ")
		class = strings.TrimSpace(class)
		if n, err := strconv.Atoi(number); !ok || err != nil || n != len(classes)+1 || class == "" || seen[class] {
			return fmt.Errorf("%q: want the number %d, a space and the name of a class not named above", line, len(classes)+1)
		}
		seen[class] = true
		classes = append(classes, class)
		return nil
	})
	if err == nil && len(classes) == 0 {
		err = fmt.Errorf("%s: want lines like \"1 ApplyEyeMakeup\": it has none", name)
	}
	return classes, err
}

type ucf101Line struct {
	number int // from 1
	path   string
	class  int // from 1; 0 where the list has none
}

// parseUCF101List reads lines "<Class>/<name>.avi" or "<Class>/<name>.avi <number>".
func parseUCF101List(name string, r io.Reader) ([]ucf101Line, error) {
	var lines []ucf101Line
	number := 0
	err := eachLine(name, r, func(text string) error {
		number++
		if text == "" {
			return nil
		}
		line := ucf101Line{number: number, path: text}
		if at := strings.LastIndexByte(text, ' '); at > 0 {
			if class, err := strconv.Atoi(text[at+1:]); err == nil {
				line.path, line.class = strings.TrimRight(text[:at], " "), class
			}
		}
		if class, file, nested := strings.Cut(line.path, "/"); !nested || class == "" || file == "" || path.Ext(file) == "" || line.class < 0 {
			return fmt.Errorf("%q: want a path like Class/v_Class_g01_c01.avi, and in training lists a space and a number from 1", text)
		}
		lines = append(lines, line)
		return nil
	})
	return lines, err
}

// eachLine calls do for each line, without spaces around it; errors get the file and the line's number.
func eachLine(name string, r io.Reader, do func(line string) error) error {
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, maxListLine)
	number := 1
	for ; scan.Scan(); number++ {
		if err := do(strings.TrimSpace(strings.TrimPrefix(scan.Text(), "\ufeff"))); err != nil {
			return fmt.Errorf("%s line %d: %w", name, number, err)
		}
	}
	if err := scan.Err(); err != nil {
		return fmt.Errorf("%s line %d: %w", name, number, err)
	}
	return nil
}
