package manifests

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// column is one field of a record in files. field returns a pointer into the record: *string, *int32, *int64, *float64,
// *class or *fields. A zero value corresponds to a null or an empty cell in files.
type column struct {
	name  string
	field func(r *Record) any
}

// class is a label. Its zero value in files is NoLabel.
type class int32

// fields is Record.Extra, a JSON object in files.
type fields map[string]string

// columns lists the columns in the order of files. The names belong to the format: changing one needs a new format
// version.
var columns = []column{
	{"id", func(r *Record) any { return &r.ID }},
	{"uri", func(r *Record) any { return &r.URI }},
	{"kind", func(r *Record) any { return (*string)(&r.Kind) }},
	{"label", func(r *Record) any { return (*class)(&r.Label) }},
	{"label_name", func(r *Record) any { return &r.LabelName }},
	{"split", func(r *Record) any { return &r.Split }},
	{"start", func(r *Record) any { return &r.StartSeconds }},
	{"end", func(r *Record) any { return &r.EndSeconds }},
	{"group", func(r *Record) any { return &r.Group }},
	{"dataset", func(r *Record) any { return &r.Dataset }},
	{"extra", func(r *Record) any { return (*fields)(&r.Extra) }},
	{"frames", func(r *Record) any { return &r.Facts.Frames }},
	{"fps", func(r *Record) any { return &r.Facts.FPS }},
	{"duration", func(r *Record) any { return &r.Facts.DurationSeconds }},
	{"width", func(r *Record) any { return &r.Facts.Width }},
	{"height", func(r *Record) any { return &r.Facts.Height }},
	{"rotation", func(r *Record) any { return &r.Facts.Rotation }},
	{"codec", func(r *Record) any { return &r.Facts.Codec }},
	{"bytes", func(r *Record) any { return &r.Facts.Bytes }},
	{"sha256", func(r *Record) any { return &r.Facts.SHA256 }},
	{"status", func(r *Record) any { return (*string)(&r.Status) }},
	{"reason", func(r *Record) any { return &r.Reason }},
}

// blank returns a record in which every column is empty.
func blank() Record { return Record{Label: NoLabel} }

// complete sets the defaults that a hand-written file may omit. It replaces bytes in extra fields that are not UTF-8,
// because files store them as JSON.
func (r *Record) complete() {
	if len(r.Extra) == 0 {
		r.Extra = nil
	}
	for name, value := range r.Extra {
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			delete(r.Extra, name)
			r.Extra[strings.ToValidUTF8(name, "\ufffd")] = strings.ToValidUTF8(value, "\ufffd")
		}
	}
	if r.Kind == "" {
		r.Kind = Video
	}
	if r.Status == "" {
		r.Status = Found
	}
}

// text formats a field; the empty string is its zero value.
func text(field any) string {
	switch v := field.(type) {
	case *string:
		return *v
	case *class:
		if *v == class(NoLabel) {
			return ""
		}
		return strconv.Itoa(int(*v))
	case *int32:
		return number(int64(*v))
	case *int64:
		return number(*v)
	case *float64:
		if *v == 0 {
			return ""
		}
		return strconv.FormatFloat(*v, 'g', -1, 64)
	case *fields:
		if len(*v) == 0 {
			return ""
		}
		return string(v.json())
	}
	panic(fmt.Sprintf("manifests: field of type %T", field))
}

func number(v int64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatInt(v, 10)
}

// json returns the object with sorted keys.
func (f *fields) json() []byte {
	out, err := json.Marshal(map[string]string(*f))
	if err != nil { // strings always encode
		panic(fmt.Sprintf("manifests: encode extra: %v", err))
	}
	return out
}

// parse sets a field from its text.
func parse(field any, s string) error {
	switch v := field.(type) {
	case *string:
		*v = s
		return nil
	case *extraField:
		v.set(strings.Clone(s))
		return nil
	case *class:
		if s == "" {
			*v = class(NoLabel)
			return nil
		}
		n, err := parseInt(s, 32)
		*v = class(n)
		return err
	case *int32:
		n, err := parseInt(s, 32)
		*v = int32(n)
		return err
	case *int64:
		n, err := parseInt(s, 64)
		*v = n
		return err
	case *float64:
		if s == "" {
			*v = 0
			return nil
		}
		x, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%q is not a finite number", s)
		}
		*v = x
		return nil
	case *fields:
		*v = nil
		if s == "" {
			return nil
		}
		if err := json.Unmarshal([]byte(s), (*map[string]string)(v)); err != nil {
			return fmt.Errorf("%q is not a JSON object of strings", s)
		}
		return nil
	}
	panic(fmt.Sprintf("manifests: field of type %T", field))
}

func parseInt(s string, bits int) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(s, 10, bits)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number of %d bits", s, bits)
	}
	return n, nil
}
