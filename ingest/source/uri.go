package source

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Form is how a URI names bytes.
type Form string

// The forms, by the URI's scheme.
const (
	Plain    Form = ""         // a file: its path below the root, never decoded
	Tar      Form = "tar"      // tar:PATH?member=NAME
	Parquet  Form = "parquet"  // parquet:PATH?column=NAME&row=N
	CIFAR100 Form = "cifar100" // cifar100:PATH?record=N
	SVHN     Form = "svhn"     // svhn:PATH?record=N
	S3       Form = "s3"       // s3://BUCKET/KEY, never decoded, as are the two below
	GS       Form = "gs"       // gs://BUCKET/KEY
	AzBlob   Form = "azblob"   // azblob://CONTAINER/KEY
)

// URI is a parsed URI.
type URI struct {
	Form   Form
	Path   string // decoded: a plain path or, in Tar, Parquet, CIFAR100 and SVHN too, an object's URI
	Bucket string // S3, GS, AzBlob; Path is then the key
	Member string // Tar
	Column string // Parquet
	Record int64  // Parquet: the row; CIFAR100, SVHN: the record; from 0
}

// Parse tells a URI's form and parts. It takes anything without a scheme as a plain path; a name that reads like one
// with a scheme needs a leading "./".
func Parse(uri string) (URI, error) {
	u, err := parse(uri)
	if err != nil {
		return URI{}, fmt.Errorf("uri %q: %w", uri, err)
	}
	return u, nil
}

func parse(uri string) (URI, error) {
	scheme, rest, ok := cutScheme(uri)
	if !ok {
		if uri == "" {
			return URI{}, errors.New("it is empty")
		}
		return URI{Path: uri}, nil
	}
	form := Form(scheme)
	switch form {
	case S3, GS, AzBlob:
		return parseObject(form, rest)
	case Tar, Parquet, CIFAR100, SVHN:
		return parsePart(form, rest)
	}
	return URI{}, fmt.Errorf("scheme %q is none of tar, parquet, cifar100, svhn, s3, gs, azblob; a file of that name is written ./%s", scheme, uri)
}

func parseObject(form Form, rest string) (URI, error) {
	rest, ok := strings.CutPrefix(rest, "//")
	bucket, key, _ := strings.Cut(rest, "/")
	switch {
	case !ok || bucket == "":
		return URI{}, fmt.Errorf("it has no bucket: write %s://BUCKET/KEY", form)
	case strings.ContainsAny(bucket, "?#%@:\\ \x00"):
		return URI{}, fmt.Errorf("bucket %q is no bucket's name", bucket)
	case strings.ContainsRune(key, 0):
		return URI{}, errors.New("the key holds a zero byte")
	}
	return URI{Form: form, Bucket: bucket, Path: key}, nil
}

// keysOf are the parts that a form's query has, in the order in which net/url writes them.
var keysOf = map[Form][]string{Tar: {"member"}, Parquet: {"column", "row"}, CIFAR100: {"record"}, SVHN: {"record"}}

func parsePart(form Form, rest string) (URI, error) {
	escaped, query, _ := strings.Cut(rest, "?")
	path, err := url.PathUnescape(escaped)
	if err != nil {
		return URI{}, fmt.Errorf("decode its path: %w", err)
	}
	if err := checkContainer(path); err != nil {
		return URI{}, err
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return URI{}, fmt.Errorf("decode its query: %w", err)
	}
	keys := keysOf[form]
	for key := range values {
		if !slices.Contains(keys, key) {
			return URI{}, fmt.Errorf("%q is not part of it: %s has %s", key, form, strings.Join(keys, ", "))
		}
	}
	u := URI{Form: form, Path: path}
	for _, key := range keys {
		if len(values[key]) != 1 || values[key][0] == "" {
			return URI{}, fmt.Errorf("it needs %s= once", key)
		}
		value := values[key][0]
		switch key {
		case "member":
			u.Member = value
		case "column":
			u.Column = value
		default:
			if u.Record, err = strconv.ParseInt(value, 10, 64); err != nil || u.Record < 0 {
				return URI{}, fmt.Errorf("%s=%q is no number from 0", key, value)
			}
		}
	}
	return u, nil
}

// checkContainer checks the path of a file that holds records: a plain path or an object's URI.
func checkContainer(path string) error {
	scheme, rest, ok := cutScheme(path)
	switch {
	case path == "":
		return errors.New("it has no path")
	case !ok:
		return nil
	case Form(scheme) == S3 || Form(scheme) == GS || Form(scheme) == AzBlob:
		_, err := parseObject(Form(scheme), rest)
		return err
	}
	return fmt.Errorf("its path %q may be a file or an object on an object store; a file of that name is written ./%s", path, path)
}

// String is the URI in its canonical writing, which Parse takes apart again.
func (u URI) String() string {
	switch u.Form {
	case S3, GS, AzBlob:
		return string(u.Form) + "://" + u.Bucket + "/" + u.Path
	case Tar:
		return u.part(url.Values{"member": {u.Member}})
	case Parquet:
		return u.part(url.Values{"column": {u.Column}, "row": {strconv.FormatInt(u.Record, 10)}})
	case CIFAR100, SVHN:
		return u.part(url.Values{"record": {strconv.FormatInt(u.Record, 10)}})
	}
	return u.Path
}

func (u URI) part(query url.Values) string {
	return string(u.Form) + ":" + (&url.URL{Path: u.Path}).EscapedPath() + "?" + query.Encode()
}

// PlainURI is the URI of a file below the root: its path with slashes, led by "./" when it would read like a scheme.
func PlainURI(path string) string {
	if _, _, ok := cutScheme(path); ok {
		return "./" + path
	}
	return path
}

// tarURI is the URI of a member of the archive at path, which is a plain path or an object's URI; so it is below.
func tarURI(path, member string) string {
	return URI{Form: Tar, Path: path, Member: member}.String()
}

// ParquetURI is the URI of one cell of a Parquet file: a column of bytes, or of structs that hold bytes.
func ParquetURI(path, column string, row int64) string {
	return URI{Form: Parquet, Path: path, Column: column, Record: row}.String()
}

// CIFAR100URI is the URI of one record of a CIFAR-100 file in the binary form.
func CIFAR100URI(path string, record int) string {
	return URI{Form: CIFAR100, Path: path, Record: int64(record)}.String()
}

// SVHNURI is the URI of one record of an SVHN file of cropped digits.
func SVHNURI(path string, record int) string {
	return URI{Form: SVHN, Path: path, Record: int64(record)}.String()
}

// cutScheme splits "scheme:rest". A scheme is a letter, then letters, digits, '+', '-' and '.', and ends before the
// first slash. Schemes are written in lower case.
func cutScheme(uri string) (scheme, rest string, ok bool) {
	scheme, rest, ok = strings.Cut(uri, ":")
	if !ok || scheme == "" {
		return "", uri, false
	}
	for i, c := range []byte(scheme) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(c))) {
			return "", uri, false
		}
	}
	return scheme, rest, true
}
