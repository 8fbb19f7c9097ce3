package manifests

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"math"
	"strconv"
)

// Hash returns the hex SHA-256 of all fields that determine results. It excludes the tool that wrote the manifest, the
// root folder, and probed facts. The hashed text is the JSON that encoding/json produces for [Dataset, Classes] and for
// each Record with zero Facts, one line each.
func (m *Manifest) Hash() string {
	h := newHasher(m)
	h.add(m.Records)
	return h.end()
}

// hasher computes Hash for records that arrive in parts.
type hasher struct {
	sum  hash.Hash
	out  *bufio.Writer // writes to sum, which never fails
	line []byte
}

func newHasher(head *Manifest) *hasher {
	h := &hasher{sum: sha256.New()}
	h.out = bufio.NewWriterSize(h.sum, 1<<16)
	_ = json.NewEncoder(h.out).Encode([]any{head.Dataset, head.Classes})
	return h
}

func (h *hasher) add(records []Record) {
	for i := range records {
		h.line = appendHashed(h.line[:0], &records[i])
		_, _ = h.out.Write(h.line)
	}
}

func (h *hasher) end() string {
	_ = h.out.Flush()
	return hex.EncodeToString(h.sum.Sum(nil))
}

// noFacts is the JSON of zero Facts.
var noFacts = encoded(Facts{})

// appendHashed appends a record as encoding/json writes it, with zero Facts and a newline. json.Marshal would take five
// times as long.
func appendHashed(b []byte, r *Record) []byte {
	b = appendString(append(b, `{"ID":`...), r.ID)
	b = appendString(append(b, `,"URI":`...), r.URI)
	b = appendString(append(b, `,"Kind":`...), string(r.Kind))
	b = strconv.AppendInt(append(b, `,"Label":`...), int64(r.Label), 10)
	b = appendString(append(b, `,"LabelName":`...), r.LabelName)
	b = appendString(append(b, `,"Split":`...), r.Split)
	b = appendFloat(append(b, `,"Start":`...), r.StartSeconds)
	b = appendFloat(append(b, `,"End":`...), r.EndSeconds)
	b = appendString(append(b, `,"Group":`...), r.Group)
	b = appendString(append(b, `,"Dataset":`...), r.Dataset)
	b = append(b, `,"Extra":`...)
	if r.Extra == nil {
		b = append(b, "null"...)
	} else {
		b = append(b, encoded(r.Extra)...)
	}
	b = append(append(b, `,"Facts":`...), noFacts...)
	b = appendString(append(b, `,"Status":`...), string(r.Status))
	b = appendString(append(b, `,"Reason":`...), r.Reason)
	return append(b, "}\n"...)
}

// appendString appends a JSON string.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return append(b, encoded(s)...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// appendFloat appends a JSON number.
func appendFloat(b []byte, x float64) []byte {
	if whole := int64(x); x == float64(whole) && math.Abs(x) < 1e15 && !math.Signbit(x) {
		return strconv.AppendInt(b, whole, 10)
	}
	return append(b, encoded(x)...)
}

// encoded returns v as JSON, or null if it cannot be encoded (a number that is not finite).
func encoded(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return []byte("null")
	}
	return text
}
