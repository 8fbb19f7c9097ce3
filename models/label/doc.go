// Package label gives every input of a data source its labels: clips → logits → softmax → the k best classes → rows,
// written as Parquet, JSON Lines or CSV (docs/formats/labels.md).
//
// There is exactly one row for every input, in input order; an input that could not be read keeps its row, with the
// reason and without labels. Nothing is substituted and nothing is dropped. The rows stream: memory holds a few
// batches and one row group, whatever the size of the input. The output appears under its name only when complete.
//
// The package never decodes video and never opens an input: it consumes Arrow clip batches.
package label
