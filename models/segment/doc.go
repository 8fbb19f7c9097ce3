// Package segment turns the scores of sliding windows over one video into time segments, and writes segments as WebVTT.
// It is arithmetic on scores: it neither decodes video nor runs a model.
//
// # From windows to segments
//
// Windows overlap, so each window represents the time nearest to its middle, its cell. A cell extends halfway to the
// middles of the neighbouring windows; the first starts with its window, and the last ends with its window. Cells are
// half-open and tile the video, so a boundary between two actions is accurate to one hop.
//
// A class is on from the first cell whose score reaches Options.On until the score falls below Options.Off. This
// hysteresis keeps flicker from splitting a segment. Segments of one class no more than JoinGapSeconds apart are
// joined. Segments that are then shorter than MinLengthSeconds are dropped.
//
// A window across the cut between two actions resembles nothing in the training data, and its prediction is unreliable.
// If no class is on for at most CloseGapSeconds, the segments before and after that gap are extended to its middle.
// With hops of half a window or more, the resulting boundary is within one hop of the cut. This assumes that a window
// across a cut is classified as the action that fills more of it, or as a third class whose segment is dropped. A pause
// as short as a window cannot be distinguished from a cut.
//
// A [Finder] keeps one cell and one open segment per class, whatever the length of the video, and the segments found.
// It must not be used concurrently.
package segment
