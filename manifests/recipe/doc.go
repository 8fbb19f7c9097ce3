// Package recipe describes one experiment as plain data: what a clip is, which network sees it, what of it is
// trained, how, and how it is evaluated. Recipes are YAML files; unknown keys are errors. Those that come with the
// program are found by name, others by path.
//
// The package computes nothing from frames or weights. A Recipe is a value: copy it freely, change the copy.
package recipe
