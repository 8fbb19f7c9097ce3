package source

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"gocloud.dev/blob"
)

// Entry is one of the objects that a place holds.
type Entry struct {
	Name    string // within the place: a member's name, or the key behind the prefix
	URI     string // that opens it
	Size    int64  // bytes
	Refused string // why it can't be opened; empty if it can
}

// IsArchive tells from a name whether a file is a tar archive, compressed or not.
func IsArchive(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasSuffix(lower, ".tar") || strings.HasSuffix(lower, ".tar.gz") || strings.HasSuffix(lower, ".tgz")
}

// List visits the members of the tar archive at a plain path or an object's URI, in the archive's order, or else, at
// s3://BUCKET/PREFIX and the like, all objects whose keys begin with that prefix and a slash, sorted by key. Folders
// are not visited. A damaged archive's error comes after the members before the damage. Entries are not collected: of an
// archive names are kept to find those that come twice.
func (m *Mux) List(ctx context.Context, place string, visit func(Entry) error) error {
	u, err := Parse(place)
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	switch {
	case IsArchive(u.Path) && (u.Form == Plain || u.Bucket != ""):
		err = m.listArchive(ctx, u, visit)
	case u.Bucket != "":
		err = m.listBucket(ctx, u, visit)
	default:
		err = errors.New("it is neither a tar archive (.tar, .tar.gz, .tgz) nor a prefix on an object store")
	}
	if err != nil {
		return fmt.Errorf("list %q: %w", place, err)
	}
	return nil
}

func (m *Mux) listBucket(ctx context.Context, u URI, visit func(Entry) error) (err error) {
	if u.Path != "" && !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	b, release, err := m.bucket(ctx, u)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	all := b.List(&blob.ListOptions{Prefix: u.Path})
	for {
		o, err := all.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return storeError(ctx, err)
		}
		if o.IsDir || strings.HasSuffix(o.Key, "/") { // an empty object that stands for a folder
			continue
		}
		at := u
		at.Path = o.Key
		if err := visit(Entry{Name: strings.TrimPrefix(o.Key, u.Path), URI: at.String(), Size: o.Size}); err != nil {
			return err
		}
	}
}

func (m *Mux) listArchive(ctx context.Context, u URI, visit func(Entry) error) (err error) {
	e, err := m.byteRange(ctx, u)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	in, err := headersOf(ctx, e)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for {
		h, err := in.Next()
		switch {
		case errors.Is(err, io.EOF):
			return ended(ctx, e, len(seen))
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return damaged(len(seen), err)
		case h.Typeflag == tar.TypeDir:
			continue
		}
		entry := Entry{Name: h.Name, URI: tarURI(u.String(), h.Name), Size: h.Size, Refused: refusal(h)}
		if seen[h.Name] {
			entry.Refused = "the archive holds several members of that name"
		}
		seen[h.Name] = true
		if err := visit(entry); err != nil {
			return err
		}
	}
}

// ended checks that an archive that is not compressed ends with the empty blocks that every archive ends with. One that
// was cut off between members looks complete otherwise; compression has checks of its own.
func ended(ctx context.Context, e byteRange, members int) error {
	const block = 512
	last := make([]byte, block+2)
	if _, err := e.ReadAtContext(ctx, last[:2], 0); err == nil && last[0] == 0x1f && last[1] == 0x8b {
		return nil
	}
	if _, err := e.ReadAtContext(ctx, last[2:], max(0, e.Size()-block)); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for _, b := range last[2:] {
		if b != 0 {
			return damaged(members, errors.New("it has no end mark, so it may have been cut off"))
		}
	}
	return nil
}

// headersOf reads an archive from its start. Of one that is not compressed nothing but headers is read.
func headersOf(ctx context.Context, e byteRange) (*tar.Reader, error) {
	in := sequential(ctx, e)
	magic := make([]byte, 2)
	if _, err := io.ReadFull(in, magic); err != nil {
		return nil, damaged(0, err)
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if magic[0] != 0x1f || magic[1] != 0x8b {
		return tar.NewReader(in), nil
	}
	unpacked, err := gzip.NewReader(bufio.NewReaderSize(in, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return tar.NewReader(unpacked), nil
}
