package ingest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"padapter/ingest/source"
	"padapter/manifests"
)

// isPlace reports whether a path is one whose videos and images Directory can list: a folder, a tar archive, or
// s3://BUCKET/PREFIX and the like, which may name an archive, too.
func isPlace(path string) bool {
	if _, remote := objectsAt(path); remote {
		return true
	}
	info, err := os.Stat(path)
	return err == nil && (info.IsDir() || source.IsArchive(path))
}

// objectsAt parses a place on an object store.
func objectsAt(place string) (source.URI, bool) {
	u, err := source.Parse(place)
	return u, err == nil && u.Bucket != ""
}

// rootOf splits a place into the root that its manifest has and what is listed there.
func rootOf(place string) (root, list string, err error) {
	u, remote := objectsAt(place)
	switch {
	case remote && source.IsArchive(u.Path):
		prefix, _, _ := cutLast(u.Path)
		u.Path = prefix
		return u.String(), place, nil
	case remote:
		if u.Path != "" {
			u.Path = strings.TrimRight(u.Path, "/") + "/"
		}
		return u.String(), u.String(), nil
	}
	abs, err := filepath.Abs(place)
	if err != nil {
		return "", "", fmt.Errorf("root %s: %w", place, err)
	}
	return filepath.Dir(abs), plainURI(filepath.Base(abs)), nil
}

// cutLast splits a key behind its last slash.
func cutLast(key string) (prefix, name string, found bool) {
	at := strings.LastIndexByte(key, '/')
	return key[:at+1], key[at+1:], at >= 0
}

// listRemote lists an archive or a prefix on an object store.
func listRemote(ctx context.Context, opt DirectoryOptions) (res *Result, err error) {
	root, place, err := rootOf(opt.Root)
	if err != nil {
		return nil, err
	}
	m, err := source.Open(ctx, root)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	res = &Result{Manifest: &manifests.Manifest{Source: "directory", Root: root, Tool: opt.Tool}}
	rows := map[string]int{} // of ids
	err = m.List(ctx, place, func(e source.Entry) error {
		if hidden(e.Name) {
			return nil
		}
		kind, ok := kindOf(e.Name)
		if !ok {
			res.Skipped = append(res.Skipped, Skipped{e.Name, "its name has no ending of a video or an image"})
			return nil
		}
		r := entryRecord(e, kind, root)
		if first, twice := rows[r.ID]; twice { // one record stands for all members of the name
			res.Manifest.Records[first].Status, res.Manifest.Records[first].Reason = manifests.Rejected, e.Refused
			return nil
		}
		rows[r.ID] = len(res.Manifest.Records)
		res.Manifest.Records = append(res.Manifest.Records, r)
		return nil
	})
	if err != nil && len(res.Manifest.Records) > 0 && ctx.Err() == nil {
		// What lies before the damage can be read; the rest has one row, which says what happened.
		res.Manifest.Records = append(res.Manifest.Records, manifests.Record{
			ID: strings.ToValidUTF8(opt.Root, "\ufffd"), URI: place, Kind: manifests.Video, Label: manifests.NoLabel,
			Status: manifests.Rejected, Reason: err.Error(),
		})
		return res, nil
	}
	return res, err
}

// hidden reports whether a name or one of its folders begins with a dot.
func hidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != "." && part != ".." {
			return true
		}
	}
	return false
}

// entryRecord is the record of a listed object. Below a root on an object store its URI is the path from there, where
// that is one that leads there.
func entryRecord(e source.Entry, kind manifests.Kind, root string) manifests.Record {
	r := manifests.Record{ID: strings.ToValidUTF8(e.Name, "\ufffd"), URI: e.URI, Kind: kind, Label: manifests.NoLabel, Status: manifests.Found}
	if strings.HasPrefix(e.URI, root) && !strings.HasPrefix(e.Name, "/") && !strings.HasPrefix("/"+e.Name, "/./") && !strings.Contains("/"+e.Name+"/", "/../") {
		r.URI = plainURI(e.Name)
	}
	reject := func(reason string) { r.Status, r.Reason = manifests.Rejected, reason }
	switch {
	case !utf8.ValidString(e.Name):
		reject("the name is not UTF-8: rename it")
		r.URI = strings.ToValidUTF8(r.URI, "\ufffd")
	case e.Refused != "":
		reject(e.Refused)
	case e.Size == 0:
		reject("the file is empty")
	default:
		r.Facts.Bytes = e.Size
	}
	return r
}
