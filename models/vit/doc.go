// Package vit builds the video transformer that the paper tunes: a VideoMAE-style ViT over tubelets, with fixed
// sinusoidal position embeddings and pre-norm blocks. docs/reference/models.md has the equations and their sources.
//
// Symbols in shapes: B clips, T frames, H and W pixels, C channels, t and p the frames and side of a tubelet, N =
// (T/t)(H/p)(W/p) tokens, D embedding width, S attention heads, K = D/S head width.
//
// The package holds the backbone, from frames to pooled features. Tunings change its blocks through Hooks; the head
// belongs to package classifier. Functions that take and return nodes build graphs and panic on errors, as GoMLX's do.
package vit
