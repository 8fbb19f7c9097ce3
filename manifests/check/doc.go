// Package check finds what is wrong or doubtful with a manifest before anything is computed from it: labels that do not
// fit the classes, classes without clips, the same clip on both sides of a split, clips too short for a recipe.
//
// It looks at the manifest only and opens no files; what needs the facts of probing is left out for records without
// them, and said to be left out. Run is pure.
package check
