package isolate

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"padapter/decode"
)

// inspector inspects files with a decoder of this process.
type inspector struct {
	decoder *decode.Decoder
	held    []byte // of the file, if it is read once
}

// inspect finds out what a file is. progress is called before all frames are decoded, and after each.
func (in *inspector) inspect(ctx context.Context, src decode.Source, opt InspectOptions, progress func(Inspection) error) (found Inspection, err error) {
	if src.Size() <= opt.Held {
		if src, err = in.hold(ctx, src); err != nil {
			return found, err
		}
		sum := sha256.Sum256(in.held)
		found.SHA256 = hex.EncodeToString(sum[:])
	} else if found.SHA256, err = checksum(ctx, src); err != nil {
		return found, err
	}
	info, err := in.decoder.Info(ctx, src)
	if err != nil {
		return found, err
	}
	info.Pts, info.Keys, info.Disposable = nil, nil, nil // nobody asks for them
	found.Info = info
	if !opt.All {
		return found, nil
	}
	if err := progress(found); err != nil {
		return found, err
	}
	beforeFrames(src)
	err = in.decoder.Native(ctx, src, nil, func(f decode.NativeFrame) error {
		if f.Damaged {
			if found.Damaged == 0 {
				found.First = f.Index
			}
			found.Damaged++
		}
		return progress(found)
	})
	return found, err
}

// hold reads all of a file into memory, which the next one takes over.
func (in *inspector) hold(ctx context.Context, src decode.Source) (decode.Source, error) {
	size := src.Size()
	if int64(cap(in.held)) < size {
		in.held = make([]byte, size)
	}
	in.held = in.held[:size]
	if err := decode.ReadFull(ctx, src, in.held); err != nil {
		return nil, err
	}
	return bytes.NewReader(in.held), nil
}

// checksum is the hex SHA-256 of a file.
func checksum(ctx context.Context, src decode.Source) (string, error) {
	sum := sha256.New()
	in := io.NewSectionReader(src, 0, src.Size())
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		_, err := io.CopyN(sum, in, 4<<20)
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", fmt.Errorf("read: %w", err)
		}
	}
}

// mostFiles is how many files one call of Inspect takes.
const mostFiles = 16

// checkFiles says whether one call takes so many files.
func checkFiles(files []File) error {
	if len(files) > mostFiles {
		return &decode.Error{Reason: decode.Failed, Op: "open", Err: fmt.Errorf("%d files in one call, at most %d", len(files), mostFiles)}
	}
	return nil
}
