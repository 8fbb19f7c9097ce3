// Package recipe describes an experiment as plain data: clips, network, tuning, training and evaluation. Recipes are
// YAML files; unknown keys are errors. Built-in recipes are found by name, others by path.
//
// The package computes nothing from frames or weights. A Recipe is a value that may be copied and changed freely.
package recipe
