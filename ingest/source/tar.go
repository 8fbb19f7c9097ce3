package source

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// tarIndex says where the members of an uncompressed archive lie. It never changes after it was built.
type tarIndex struct {
	of      byteRange
	members map[string]member
	damage  error // what ended the index before the archive's end; nil if nothing did
}

// member is where a member's bytes lie, or why it can't be read.
type member struct {
	off, size int64
	refused   string
}

// indexTar reads all headers of an archive once. Its memory grows with the number of members and their names.
func indexTar(ctx context.Context, of byteRange) (*tarIndex, error) {
	x := &tarIndex{of: of, members: map[string]member{}}
	in := sequential(ctx, of)
	r := tar.NewReader(in)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return x, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			x.damage = damaged(len(x.members), err)
			return x, nil
		}
		// A reader that can seek reads headers and nothing else, so this is where the content starts.
		off, err := in.Seek(0, io.SeekCurrent)
		if err != nil {
			return nil, err
		}
		m := member{off: off, size: h.Size, refused: refusal(h)}
		if h.Typeflag == tar.TypeDir {
			continue
		}
		if _, twice := x.members[h.Name]; twice {
			m = member{refused: "the archive holds several members of that name"}
		}
		if m.refused == "" && m.size > of.Size()-off {
			x.damage = damaged(len(x.members), fmt.Errorf("%q goes on after the end of the file: %w", h.Name, io.ErrUnexpectedEOF))
			return x, nil
		}
		x.members[h.Name] = m
	}
}

func damaged(members int, err error) error {
	if members == 0 {
		return fmt.Errorf("it is no tar archive: %w", err)
	}
	return fmt.Errorf("the archive is damaged after %d members: %w", members, err)
}

// refusal says why a member can't be opened; empty if it can.
func refusal(h *tar.Header) string {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return "it is a sparse file: pack the archive without --sparse"
		}
	}
	switch h.Typeflag {
	case tar.TypeReg:
		return ""
	case tar.TypeGNUSparse:
		return "it is a sparse file: pack the archive without --sparse"
	case tar.TypeLink:
		return fmt.Sprintf("it is a link to the member %q: use that one, or pack the archive with --hard-dereference", h.Linkname)
	case tar.TypeSymlink:
		return fmt.Sprintf("it is a symbolic link to %q: pack the archive with --dereference", h.Linkname)
	case tar.TypeDir:
		return "it is a folder"
	}
	return "it is no regular file"
}

// openTar makes an archive, compressed or not, into a container.
func openTar(ctx context.Context, of byteRange, r *lruCache) (container, error) {
	magic := make([]byte, 2)
	if n, err := of.ReadAtContext(ctx, magic, 0); n < len(magic) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, damaged(0, err)
	}
	if magic[0] == 0x1f && magic[1] == 0x8b {
		return newTarStream(of, r), nil
	}
	return indexTar(ctx, of)
}

// open opens a member; release gives up the archive.
func (x *tarIndex) open(ctx context.Context, u URI, release func() error) (Object, error) {
	m, ok := x.members[u.Member]
	switch {
	case !ok && x.damage != nil:
		return nil, fmt.Errorf("member %q was not found: %w", u.Member, x.damage)
	case !ok:
		return nil, fmt.Errorf("member %q: %w", u.Member, fs.ErrNotExist)
	case m.refused != "":
		return nil, fmt.Errorf("member %q: %s", u.Member, m.refused)
	}
	return newPart(ctx, x.of, m.off, m.size, release), nil
}

func (x *tarIndex) Close() error { return x.of.Close() }
