// Package label predicts labels for every input of a data source: clips → logits → softmax → the k best classes → rows,
// written as Parquet, JSON Lines or CSV (docs/reference/formats/labels.md).
//
// There is exactly one row for every input, or for every window of it. The row of an input that could not be read has
// an error and no labels. No input is replaced or dropped.
//
// A Session runs networks and turns a pass over clips into rows. A Ledger is a result store: a folder of segments that
// appear whole, each with all rows of some inputs. An interrupted run continues with it. The output is assembled from
// the rows in input order. Memory holds a few batches, a few segments and one row group, whatever the number of inputs.
// Files appear under their names only when they are complete.
//
// The package neither decodes video nor opens inputs: it reads Arrow clip batches.
package label
