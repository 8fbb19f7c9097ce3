// Package encode writes small video files for fixtures and demonstrations:
// the same frames and options give the same bytes on every machine.
//
// It is no transcoder: four encoders of FFmpeg, one thread, constant quality,
// no audio, no metadata of time or tool. A Writer belongs to one goroutine.
package encode
