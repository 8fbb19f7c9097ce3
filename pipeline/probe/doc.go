// Package probe looks into every record of a manifest and fills in what it finds: frames, rate, size, codec, length and
// checksum of the bytes. Records that cannot be decoded become rejected, with decode's reason; files that are not there
// become missing.
//
// A record is opened once, even where several records are parts of the same file. Workers bound how many files are open
// and decoded at once; each holds at most Options.MaxHeld bytes besides its decoder. The outcome depends on the files,
// not on the number of workers. Run changes nothing in the manifest that it is given.
//
// With a Journal every outcome is on disk as soon as it is known, one line each, so that a run that was killed goes on
// where it was. A Journal belongs to one Run at a time. With Units other processes look, and leave parts beside the Journal,
// which are of the same form and count as much: a run goes on from both.
package probe
