// Package source turns a record's URI into bytes: an Object with a size and random access. It knows nothing of what
// the bytes mean.
//
// A URI is a plain path below the source's root, with slashes. It is never decoded, expanded or interpreted: '#', '%',
// '!', ';', '&', spaces, a leading '-' and dots are ordinary characters. Absolute paths are taken when they lie below
// the root, or when there is no root. What would leave the root is refused, by ".." as well as by a symbolic link.
// Other forms are URLs: members of tar archives, cells of Parquet files, records of CIFAR-100 and SVHN files, objects on
// S3, Google and Azure storage. docs/reference/sources.md lists them; Parse reads them and Open serves them all.
//
// A Source may be used from several goroutines; so may an Object's ReadAt. Close every Object.
package source
