// Package segment turns the scores of sliding windows over one video into time segments, and writes segments as
// WebVTT. It is plain arithmetic on scores: it neither decodes nor runs a model.
//
// # From windows to segments
//
// Windows overlap, so each one answers for the time nearest to its middle: its cell reaches halfway to its neighbours'
// middles, the first window's from its start and the last one's to its end. Cells tile the video, and a boundary between
// two actions is found to within one hop.
//
// A class is on from the first cell whose score reaches Options.On to the last one before the score falls below
// Options.Off (hysteresis: a lower Off keeps flicker from cutting a segment in two). Segments of one class no more
// than JoinGap apart become one; what is then shorter than MinLength is dropped.
//
// A window over the cut between two actions is like nothing that training has shown, and may be taken for anything.
// Where nothing is on for no more than Meet seconds, what ends before and what begins after it meet in the middle. With
// hops of half a window or more this time is within one hop of the cut, as long as windows over the cut are taken for the
// action that fills more of them, or for a third class whose segment is too short to stay. A pause as short as a
// window cannot be told from a cut.
//
// A [Finder] keeps one cell and one open segment a class, whatever the video's length, plus the segments found. It
// belongs to one goroutine.
package segment
