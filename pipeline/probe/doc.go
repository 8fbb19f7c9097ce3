// Package probe looks into every record of a manifest and fills in what it finds: frames, rate, size, codec, length and
// checksum of the bytes. Records that cannot be decoded become rejected, with decode's reason; files that are not there
// become missing.
//
// A file is opened once, even where several records are parts of it. The outcome depends on the files, not on the number of
// workers or on the engine. [Run] changes nothing in the manifest that it is given.
//
// A run is a pipeline.Job: its files, in units of 256 (64 where every frame is decoded), and a [Store] of the outcomes of
// units that are done. It is the same in this process and on other processes of an engine, and a run of either that was
// stopped or killed goes on from what the store has.
package probe
