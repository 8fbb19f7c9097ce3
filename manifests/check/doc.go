// Package check finds errors and doubtful entries in a manifest before anything is computed from it: labels that do not
// fit the classes, classes without clips, the same clip in several splits, clips too short for a recipe.
//
// It reads only the manifest and opens no files. Checks that need probed facts skip records without them, and the
// report says so. Run is pure.
package check
