// Package sampler selects the frames and the pixels of a clip. It is arithmetic on frame counts, times and sizes: it
// does no I/O, keeps no state and does not read the clock.
//
// # Randomness
//
// Every draw is a function of a Key (seed, epoch, record id, view) and of its purpose ("time", "crop", "flip", …). So
// clips do not depend on the order of work or on the number of workers and machines, and an additional draw does not
// change the others. See Key.Draws for the exact definition.
//
// # Terms
//
// A frame index counts the frames of a record from 0 in presentation order. A window is a range of consecutive frames;
// a segment is one of several equal parts of a video. Ranges are half-open. A Region is a rectangle of the displayed
// picture: rotation applied, square pixels, (0, 0) at the top left corner of the top left pixel.
//
// All functions are safe for concurrent use and return newly allocated slices.
//
// docs/reference/sampling.md describes the distributions and the comparison with the paper's reference.
package sampler
