// Package tuning holds the ways of adapting a frozen transformer: what each adds to a block, how that starts, and which
// parameters train.
//
// A Tuning is vit.Hooks plus a list of parameters. Kinds are found by name through New, so that recipes and
// checkpoints can name them.
package tuning
