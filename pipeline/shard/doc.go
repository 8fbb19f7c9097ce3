// Package shard keeps batches of clips on disk: a folder of Arrow IPC files of a fixed number of records each, completion markers
// that say which of them are complete, and an index. docs/reference/formats/shard.md specifies the folder.
//
// Files appear whole or not at all: they are written under a temporary name, synced and renamed. The order is job.json,
// then each shard followed by its completion marker, then index.json. A shard without completion marker counts as not there.
//
// A Writer belongs to one goroutine. A Set may be used from several; each iteration over it is for one. A record that
// an iteration yields is valid until the next turn: retain it to keep it.
package shard
