package ingest

import (
	"net/url"
	"strconv"
	"strings"
)

// plainURI is the URI of a file below the root. Plain paths are never decoded; one whose first segment reads like a
// scheme gets a leading "./", so that it isn't taken for one.
func plainURI(path string) string {
	first, _, _ := strings.Cut(path, "/")
	name, _, colon := strings.Cut(first, ":")
	if colon && isScheme(name) {
		return "./" + path
	}
	return path
}

// isScheme reports whether name has the form of a URI scheme: a letter, then letters, digits, '+', '-' and '.'.
func isScheme(name string) bool {
	for i, c := range []byte(name) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(c))) {
			return false
		}
	}
	return name != ""
}

// partURI is the URI of a part of a file below the root: scheme, ':', the escaped path, and the part in the query.
func partURI(scheme, path string, part url.Values) string {
	return scheme + ":" + (&url.URL{Path: path}).EscapedPath() + "?" + part.Encode()
}

func cifar100URI(path string, record int) string {
	return partURI("cifar100", path, url.Values{"record": {strconv.Itoa(record)}})
}

func svhnURI(path string, record int) string {
	return partURI("svhn", path, url.Values{"record": {strconv.Itoa(record)}})
}

func parquetURI(path, column string, row int64) string {
	return partURI("parquet", path, url.Values{"column": {column}, "row": {strconv.FormatInt(row, 10)}})
}
