package ingest

import "padapter/ingest/source"

// plainURI is the URI of a file below the root.
func plainURI(path string) string { return source.PlainURI(path) }

func cifar100URI(path string, record int) string { return source.CIFAR100URI(path, record) }

func svhnURI(path string, record int) string { return source.SVHNURI(path, record) }

func parquetURI(path, column string, row int64) string { return source.ParquetURI(path, column, row) }
