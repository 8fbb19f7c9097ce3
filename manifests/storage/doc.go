// Package storage reads and writes whole files by name, wherever the name says they are: a path of this machine, or
// SCHEME://BUCKET/KEY on an object store that somebody has registered. Files appear whole or not at all in both. It knows
// nothing of what is in them, and of object stores only the interface Store.
//
// On this machine a file is written under a temporary name, synced and renamed (package wholefile). An object appears when
// its upload is completed, which is one step on every store. There are no folders on object stores: what MakeFolder and
// Sync do is done there already.
//
// Everything here may be used by several goroutines at once; a Draft and an Object's Close belong to one.
package storage
