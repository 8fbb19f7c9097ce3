// Package label gives every input of a data source its labels: clips → logits → softmax → the k best classes → rows,
// written as Parquet, JSON Lines or CSV (docs/reference/formats/labels.md).
//
// There is exactly one row for every input, or for every window of it; an input that could not be read keeps its row, with
// the reason and without labels. Nothing is substituted and nothing is dropped.
//
// A Session has networks ready and turns a pass over clips into rows. A Ledger is a folder of parts, each with all rows of
// some inputs, that appear whole; a run that was killed goes on with it. From its rows, input by input, the output is put
// together: memory holds a few batches, a few parts and one row group, whatever the size of the archive. Files appear
// under their names only when complete.
//
// The package never decodes video and never opens an input: it consumes Arrow clip batches.
package label
