package recipe

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

// The built-in recipes: complete ones in recipes, and a base for each data set that is combined with a tuning.
//
//go:embed recipes
var embedded embed.FS

const (
	wholeDir   = "recipes"
	datasetDir = "recipes/datasets"
	tuningDir  = "recipes/tunings"
)

// datasets returns the data sets that have a base, sorted.
func datasets() []string { return names(datasetDir) }

// tunings returns the tunings that can be combined with any data set, sorted.
func tunings() []string { return names(tuningDir) }

// Names returns the built-in recipes, sorted: complete ones, and DATASET-TUNING for every pair.
func Names() []string {
	list := names(wholeDir)
	for _, dataset := range datasets() {
		for _, tuning := range tunings() {
			list = append(list, dataset+"-"+tuning)
		}
	}
	slices.Sort(list)
	return list
}

// names returns the recipe files of an embedded folder, without extension.
func names(dir string) []string {
	entries, err := embedded.ReadDir(dir)
	if err != nil {
		return nil
	}
	var list []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".yaml"); ok {
			list = append(list, name)
		}
	}
	return list
}

// builtIn returns the built-in recipe with the given name, not yet validated.
func builtIn(name string) (*Recipe, error) {
	r := new(Recipe)
	if text, err := embedded.ReadFile(wholeDir + "/" + name + ".yaml"); err == nil {
		return r, r.lay(name, text)
	}
	dataset, tuning, found := strings.Cut(name, "-")
	if !found || !slices.Contains(datasets(), dataset) || !slices.Contains(tunings(), tuning) {
		return nil, fmt.Errorf("load recipe %q: no such recipe; there are %s, and each of %s with each of -%s (a file's name ends in .yaml)",
			name, strings.Join(names(wholeDir), ", "), strings.Join(datasets(), ", "), strings.Join(tunings(), ", -"))
	}
	for _, path := range []string{datasetDir + "/" + dataset, tuningDir + "/" + tuning} {
		text, err := embedded.ReadFile(path + ".yaml")
		if err != nil {
			return nil, fmt.Errorf("load recipe %s: %w", name, err)
		}
		if err := r.lay(path, text); err != nil {
			return nil, err
		}
	}
	r.Name = name
	return r, nil
}
