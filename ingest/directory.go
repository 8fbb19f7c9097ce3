package ingest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"padapter/manifests"
)

// DirectoryOptions say what to list for labelling.
type DirectoryOptions struct {
	Root string // a folder, a tar archive, or s3://BUCKET/PREFIX and the like
	Tool string // program and version to record
}

// Directory makes an unlabelled manifest of all videos and images below a folder, in a tar archive or below a prefix on an
// object store. A file's id is its path, a member's its name. A name that an archive has twice is one record, which is
// rejected.
func Directory(ctx context.Context, opt DirectoryOptions) (res *Result, err error) {
	if info, err := os.Stat(opt.Root); err != nil || !info.IsDir() {
		if isPlace(opt.Root) {
			if res, err = listRemote(ctx, opt); err != nil {
				return nil, fmt.Errorf("ingest directory: %w", err)
			}
			return res, nil
		}
	}
	t, err := openTree(opt.Root)
	if err != nil {
		return nil, fmt.Errorf("ingest directory: %w", err)
	}
	defer func() { err = errors.Join(err, t.close()) }()
	res = &Result{Manifest: &manifests.Manifest{Source: "directory", Root: t.root, Tool: opt.Tool}}
	err = t.walk(ctx, func(path string) error {
		kind, ok := kindOf(path)
		if !ok {
			res.Skipped = append(res.Skipped, Skipped{path, "its name has no ending of a video or an image"})
			return nil
		}
		r := manifests.Record{ID: strings.ToValidUTF8(path, "\ufffd"), URI: path, Kind: kind, Label: manifests.NoLabel}
		t.look(&r)
		res.Manifest.Records = append(res.Manifest.Records, r)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ingest directory: %w", err)
	}
	return res, nil
}
