// Package sampler says which frames and which pixels of a video make a clip. It is arithmetic on frame counts, times
// and sizes: it opens nothing, keeps no state and knows no clock.
//
// # Chance
//
// Every draw is a function of a Key (seed, epoch, record id, view) and of what is drawn ("time", "crop", "flip", …),
// so the same clip comes out in any order of work, on any number of workers and machines, and drawing one thing more
// does not change the others. See Key.Draws for the exact definition.
//
// # Words
//
// A frame index counts the frames of a record from 0 in presentation order. A window is a run of frames, a segment one
// of several equal parts of a video. Ranges are half-open. A Region is a rectangle of the picture as shown: rotation
// applied, square pixels, (0, 0) at the top left corner of the top left pixel.
//
// Values may be used from several goroutines; functions allocate what they return.
//
// docs/reference/sampling.md gives the distributions, and which numbers are compared with the paper's reference.
package sampler
