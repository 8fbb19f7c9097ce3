// Package inspect is the job of 'padapter inspect': what shards say of themselves, and their first rows.
package inspect

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"padapter/manifests/storage"
	"padapter/pipeline/batch"
	"padapter/pipeline/contactsheet"
	"padapter/pipeline/shard"
)

// Options say what of a shard is looked at. Zero values are the defaults where a field says so.
type Options struct {
	Rows   int    // to show
	Skip   int    // rows to pass over first
	Failed bool   // only rows with an error
	Sheet  string // PNG file for a contact sheet of the rows; empty: none
	Verify bool   // compare every file of a folder with its checksum first
}

// Inspection is what a shard, or a folder of shards, says of itself.
type Inspection struct {
	Path     string       `json:"path"`
	Index    *shard.Index `json:"index,omitempty"` // of a folder
	Verified bool         `json:"verified"`
	Shape    string       `json:"shape"`
	Classes  int          `json:"classes"`
	Seed     uint64       `json:"seed"`
	Version  string       `json:"version"`
	Columns  []string     `json:"columns"`
	Rows     []Row        `json:"rows"`
	Sheet    string       `json:"sheet,omitempty"`
}

// Row is one row of a shard.
type Row struct {
	ID      string    `json:"id"`
	View    int32     `json:"view"`
	Label   *int32    `json:"label"`
	Class   string    `json:"class,omitempty"`
	Frames  []int32   `json:"frames"`
	Seconds []float64 `json:"seconds"`
	Error   string    `json:"error,omitempty"`
}

// Run looks into a shard, or into a folder of shards of clips or of encoded media.
func Run(ctx context.Context, path string, opt Options) (*Inspection, error) {
	result := &Inspection{Path: path}
	files := []string{path}
	at, err := storage.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	if at.Folder {
		set, err := shard.OpenDir(path)
		if errors.Is(err, shard.ErrMedia) {
			return media(ctx, path, opt)
		}
		if err != nil {
			return nil, err
		}
		index := set.Index()
		result.Index, files = &index, nil
		for _, e := range index.Shards {
			files = append(files, storage.Join(path, e.Name))
		}
		if opt.Verify {
			if err := set.Verify(ctx); err != nil {
				return nil, err
			}
			result.Verified = true
		}
	}
	look := &inspector{opt: opt, result: result, skip: opt.Skip}
	for _, file := range files {
		if err := look.file(ctx, file); err != nil {
			return nil, err
		}
		if len(result.Rows) == opt.Rows {
			break
		}
	}
	if look.sheet != nil {
		if err := storage.Write(opt.Sheet, func(w io.Writer) error { return png.Encode(w, look.sheet.Image()) }); err != nil {
			return nil, err
		}
		result.Sheet = opt.Sheet
	}
	return result, nil
}

// inspector collects rows from one file after another.
type inspector struct {
	opt    Options
	result *Inspection
	skip   int
	sheet  *contactsheet.Sheet
}

func (l *inspector) file(ctx context.Context, path string) (err error) {
	f, err := shard.OpenFile(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	meta := f.Meta()
	if r := l.result; r.Columns == nil {
		r.Shape, r.Classes, r.Seed, r.Version = meta.Shape.String(), len(meta.Classes), meta.Seed, meta.Version
		for _, field := range f.Schema().Fields() {
			null := ""
			if field.Nullable {
				null = ", may be null"
			}
			r.Columns = append(r.Columns, fmt.Sprintf("%s: %s%s", field.Name, field.Type, null))
		}
		if l.opt.Sheet != "" {
			l.sheet = contactsheet.New(meta, l.opt.Rows)
		}
	}
	for record, err := range f.Batches(ctx) {
		if err != nil {
			return err
		}
		clips, err := batch.View(record)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for i := range clips.Len() {
			if len(l.result.Rows) == l.opt.Rows {
				return nil
			}
			l.row(meta, clips, i)
		}
	}
	return nil
}

func (l *inspector) row(meta batch.Meta, clips *batch.Clips, i int) {
	if l.opt.Failed && clips.Err(i) == "" {
		return
	}
	if l.skip > 0 {
		l.skip--
		return
	}
	row := Row{ID: strings.Clone(clips.ID(i)), View: clips.ViewNumber(i), Error: strings.Clone(clips.Err(i)),
		Frames: slices.Clone(clips.FrameIndex(i)), Seconds: slices.Clone(clips.Seconds(i))}
	if label, ok := clips.Label(i); ok {
		row.Label = &label
		if int(label) >= 0 && int(label) < len(meta.Classes) {
			row.Class = meta.Classes[label]
		}
	}
	l.result.Rows = append(l.result.Rows, row)
	if l.sheet != nil {
		l.sheet.Add(clips, i)
	}
}

// Text is the inspection for people.
func (r *Inspection) Text() string {
	var buf strings.Builder
	out := bufio.NewWriter(&buf)
	fmt.Fprintf(out, "%s: clips of %s, %d classes, seed %d, written by %s\n", r.Path, r.Shape, r.Classes, r.Seed, r.Version)
	if r.Index != nil {
		fmt.Fprintf(out, "%d rows in %d shards, %d with errors, %.1f MB", r.Index.Rows, len(r.Index.Shards), r.Index.Errors, float64(r.Index.Bytes)/1e6)
		if r.Verified {
			fmt.Fprint(out, "; all checksums agree")
		}
		fmt.Fprintln(out)
	}
	for _, c := range r.Columns {
		fmt.Fprintf(out, "  %s\n", c)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "id\tview\tlabel\tframes\tseconds\terror")
	for _, row := range r.Rows {
		label := "-"
		if row.Label != nil {
			label = strings.TrimSpace(fmt.Sprintf("%d %s", *row.Label, row.Class))
		}
		frames, seconds := "-", "-"
		if n := len(row.Frames); n > 0 {
			frames = fmt.Sprintf("%d…%d", row.Frames[0], row.Frames[n-1])
			seconds = fmt.Sprintf("%.2f…%.2f", row.Seconds[0], row.Seconds[n-1])
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%s\n", row.ID, row.View, label, frames, seconds, row.Error)
	}
	table.Flush()
	if r.Sheet != "" {
		fmt.Fprintf(out, "contact sheet: %s\n", r.Sheet)
	}
	out.Flush()
	return buf.String()
}
