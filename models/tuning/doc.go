// Package tuning implements the ways to adapt a pretrained transformer: what each adds to a block, how the added
// parameters are initialised, and which parameters train.
//
// A Tuning is vit.Hooks with a list of parameters. New looks tunings up by name, so that recipes and checkpoints can
// refer to them.
package tuning
