package layout

import (
	"fmt"
	"regexp"
	"strings"
)

// Source is a file of named tensors.
type Source interface {
	Names() []string
	Shape(name string) ([]int, bool)
	Float32(name string) ([]float32, error)
}

// found is a layout with the name prefix of a file.
type found struct {
	*Layout
	prefix string
}

// detect returns the layout of src.
func detect(src Source) (found, error) {
	for i := range Layouts {
		l := &Layouts[i]
		for _, prefix := range l.Prefixes {
			if l.signed(src, prefix) {
				return found{l, prefix}, nil
			}
		}
	}
	nearest, matches := Layouts[0].Name, 0
	for i := range Layouts {
		if n := Layouts[i].matches(src); n > matches {
			nearest, matches = Layouts[i].Name, n
		}
	}
	example := "none at all"
	if names := src.Names(); len(names) > 0 {
		example = strings.Join(names[:min(3, len(names))], ", ")
	}
	return found{}, fmt.Errorf("its names (%s, …) are of no known layout; the nearest is %s, of which %d names match: convert the file to one of %s",
		example, nearest, matches, strings.Join(names(), ", "))
}

func names() []string {
	var all []string
	for _, l := range Layouts {
		all = append(all, l.Name)
	}
	return all
}

func (l *Layout) signed(src Source, prefix string) bool {
	for _, name := range l.sign {
		if _, ok := src.Shape(prefix + name); !ok {
			return false
		}
	}
	return true
}

var number = regexp.MustCompile(`\.\d+\.`)

// matches returns how many of the file's names end like one of the layout's.
func (l *Layout) matches(src Source) int {
	n := 0
	for _, name := range src.Names() {
		template := number.ReplaceAllString(name, ".{}.")
		for _, r := range l.rules {
			if strings.HasSuffix(template, r.from) {
				n++
				break
			}
		}
	}
	return n
}

// from returns where the file holds one of our parameters: its name in the file, and the part.
func (f found) from(name string, src Source) (string, int, bool) {
	template, block := templateOf(name)
	for _, r := range f.rules {
		if r.to != template {
			continue
		}
		there := f.prefix + strings.Replace(r.from, "{}", block, 1)
		if _, ok := src.Shape(there); ok {
			return there, r.part, true
		}
	}
	return "", 0, false
}

func (f found) ignores(name string) bool {
	rest, ok := strings.CutPrefix(name, f.prefix)
	for _, beginning := range f.ignored {
		if strings.HasPrefix(name, beginning) || ok && strings.HasPrefix(rest, beginning) {
			return true
		}
	}
	return false
}

// templateOf replaces the number in the name of a block parameter by {} and returns both.
func templateOf(name string) (template, block string) {
	if rest, ok := strings.CutPrefix(name, "blocks."); ok {
		if number, after, ok := strings.Cut(rest, "."); ok {
			return "blocks.{}." + after, number
		}
	}
	return name, ""
}
