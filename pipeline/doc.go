// Package pipeline decodes the records of a manifest into Arrow batches of clips, many at a time.
//
// Clips runs a bounded stream: records are opened and decoded by Options.Workers workers, each of which writes pixels
// straight into the batch being built; batches leave in the manifest's order. A record that cannot be delivered, for
// whatever reason, becomes a row with an error. What comes out depends on the manifest, the recipe, the seed and the
// epoch, not on the number of workers.
//
// Preprocess writes the same batches as shards (package shard), unit by unit on an Engine, and goes on where an earlier
// run stopped. Manifest and Shards give batches to training, decoded on the fly or read back.
//
// Memory: at most as many clips as fit in 2·Workers+2 rows and two batches exist at once, besides what the decoders
// hold (see decode.Options.MaxHeld).
//
// Ownership: a record passed to an emit function is released when the function returns; retain it to keep it. All
// goroutines end before a function returns.
package pipeline
