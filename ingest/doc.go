// Package ingest turns datasets as they are published into manifests: one file a dataset form. Every annotated item
// becomes a record that is found, missing, or rejected with a reason; files that are no media are reported beside the
// manifest. Nothing here opens a video: see package source for bytes and package decode for frames.
//
// Manifests are deterministic: records come in the order of the annotation, or of sorted paths where there is none.
// Ids are derived from the annotation, so they stay when the dataset moves.
// Records may share an Extra map: copy one before changing it.
package ingest
