// Package vit is the video transformer that the paper tunes: a VideoMAE-style ViT over tubelets with fixed sinusoid
// positions and pre-norm blocks (../../docs/reference/models.md has the arithmetic and its sources).
//
// Letters in shapes: B clips, T frames, H and W pixels, C channels, t and p a tubelet's frames and side,
// N = (T/t)(H/p)(W/p) tokens, D embedding width, S attention heads, K = D/S head width.
//
// The package holds the trunk: from frames to pooled features. What is added to blocks comes through Hooks; the head
// is package classifier's. Functions that take and return nodes build graphs and panic on errors, as GoMLX's do.
package vit
