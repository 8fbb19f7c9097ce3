package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"padapter/manifests"
)

// labelBase looks for labels that start at 1 instead of 0.
func (r *Report) labelBase(m *manifests.Manifest, c *census) {
	all := map[int32]int{}
	for _, counts := range c.labelled {
		for class, n := range counts {
			all[class] += n
		}
	}
	if len(all) == 0 {
		return
	}
	low, high := ends(all)
	classes := len(m.Classes)
	switch {
	case low == 1 && classes > 0 && int(high) == classes:
		r.put(Finding{Severity: Error, Check: "label base", Count: all[high],
			Message: fmt.Sprintf("labels count from 1: there is none of class 0, but %d records of class %d, and the classes are 0 to %d; subtract 1 from every label", all[high], high, classes-1)})
		return
	case low == 1 && classes == 0 && len(all) == int(high):
		r.put(Finding{Severity: Error, Check: "label base", Count: all[low],
			Message: fmt.Sprintf("labels count from 1: every class from 1 to %d has records, and class 0 none; subtract 1 from every label", high)})
		return
	}
	for _, split := range c.splits {
		counts := c.labelled[split]
		if len(counts) < 2 || low != 0 || counts[0] > 0 {
			continue
		}
		splitLow, splitHigh := ends(counts)
		others := int32(-1)
		for _, other := range c.splits {
			if other != split && len(c.labelled[other]) > 0 {
				_, high := ends(c.labelled[other])
				others = max(others, high)
			}
		}
		if splitLow == 1 && others >= 0 && splitHigh == others+1 {
			r.put(Finding{Severity: Error, Check: "label base", Count: counts[splitHigh],
				Message: fmt.Sprintf("split %s counts labels from 1: its classes are 1 to %d, those of the other splits 0 to %d", splitName(split), splitHigh, others)})
		}
	}
}

func ends(counts map[int32]int) (low, high int32) {
	classes := slices.Sorted(maps.Keys(counts))
	return classes[0], classes[len(classes)-1]
}

// labelNames looks for labels with several names, names with several labels, and names that are almost equal.
func (r *Report) labelNames(m *manifests.Manifest) {
	names, labels := map[int32]string{}, map[string]int32{}
	for i, name := range m.Classes {
		names[int32(i)] = name
	}
	clashes := map[string]bool{}
	for i := range m.Records {
		rec := &m.Records[i]
		if rec.Label < 0 || rec.LabelName == "" {
			continue
		}
		if name, ok := names[rec.Label]; !ok {
			names[rec.Label] = rec.LabelName
		} else if name != rec.LabelName {
			clashes[fmt.Sprintf("label %d is %q and %q", rec.Label, name, rec.LabelName)] = true
		}
		if label, ok := labels[rec.LabelName]; !ok {
			labels[rec.LabelName] = rec.Label
		} else if label != rec.Label {
			clashes[fmt.Sprintf("%q is label %d and %d", rec.LabelName, label, rec.Label)] = true
		}
	}
	r.add(Error, "label names", slices.Sorted(maps.Keys(clashes)), "labels and their names contradict each other")
	alike := map[string][]string{}
	for _, name := range m.Classes {
		alike[plain(name)] = append(alike[plain(name)], name)
	}
	var close []string
	for _, key := range slices.Sorted(maps.Keys(alike)) {
		if same := alike[key]; len(same) > 1 {
			close = append(close, fmt.Sprintf("%q", same))
		}
	}
	r.add(Warning, "label names", close, "class names differ in case, spaces or punctuation only: perhaps one class in two spellings")
}

// plain removes differences in spelling from a name.
func plain(name string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, name)
}

// emptyClasses looks for classes without clips, overall and in single splits.
func (r *Report) emptyClasses(m *manifests.Manifest, c *census) {
	all := map[int32]bool{}
	for _, counts := range c.usable {
		for class := range counts {
			all[class] = true
		}
	}
	if len(all) == 0 {
		return // unlabelled
	}
	var empty []string
	for class := range classesOf(m, all) {
		if !all[class] {
			empty = append(empty, nameOf(m, class))
		}
	}
	r.add(Warning, "empty classes", empty, "classes have no clip that is there")
	for _, split := range c.splits {
		if len(c.usable[split]) == 0 || split == "" {
			continue
		}
		var lacking []string
		for _, class := range slices.Sorted(maps.Keys(all)) {
			if c.usable[split][class] == 0 {
				lacking = append(lacking, nameOf(m, class))
			}
		}
		if split == "train" || split == "training" {
			r.add(Error, "empty classes", lacking, "classes have clips in other splits and none in %s: they cannot be learned", split)
		} else {
			r.add(Warning, "empty classes", lacking, "classes have clips in other splits and none in %s", splitName(split))
		}
	}
}

// mostUnnamed limits the number of unnamed classes to check.
const mostUnnamed = 1 << 16

// classesOf returns the number of classes: that of the class list or, without one, the highest label plus one.
func classesOf(m *manifests.Manifest, used map[int32]bool) int32 {
	if len(m.Classes) > 0 {
		return int32(len(m.Classes))
	}
	high := int32(0)
	for class := range used {
		high = max(high, class)
	}
	return min(high, mostUnnamed-1) + 1
}

// skewed is the size ratio of the largest to the smallest class above which there is a warning.
const skewed = 10

// balance counts the clips of the classes in every split.
func (r *Report) balance(m *manifests.Manifest, c *census) {
	for _, split := range c.splits {
		counts := c.usable[split]
		if len(counts) == 0 {
			continue
		}
		b := Balance{Split: split, Classes: len(counts)}
		sizes := make([]int, 0, len(counts))
		for _, class := range slices.Sorted(maps.Keys(counts)) {
			n := counts[class]
			b.Found += n
			sizes = append(sizes, n)
			if b.Least == 0 || n < b.Least {
				b.Least, b.Smallest = n, nameOf(m, class)
			}
			if n > b.Most {
				b.Most, b.Largest = n, nameOf(m, class)
			}
		}
		slices.Sort(sizes)
		b.Median = sizes[len(sizes)/2]
		r.Balance = append(r.Balance, b)
		if b.Most > skewed*b.Least {
			r.put(Finding{Severity: Warning, Check: "balance", Count: b.Classes,
				Message: fmt.Sprintf("classes of %s are of very different sizes: %s has %d clips, %s has %d", splitName(split), b.Largest, b.Most, b.Smallest, b.Least)})
		}
	}
}
