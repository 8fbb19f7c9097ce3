package manifests

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"testing"
)

// slowHash is what Hash is defined as.
func slowHash(t testing.TB, m *Manifest) string {
	t.Helper()
	sum := sha256.New()
	enc := json.NewEncoder(sum)
	values := []any{[]any{m.Dataset, m.Classes}}
	for _, r := range m.Records {
		r.Facts = Facts{}
		values = append(values, r)
	}
	for _, v := range values {
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func TestHashIsOfTheJSON(t *testing.T) {
	m := large(1000)
	m.Records = append(m.Records, sample().Records...)
	for i, x := range []float64{0.1, 1e-7, 1e21, 123456789.125, 1e15, 9007199254740993, 5e-324, math.Copysign(0, -1), math.MaxFloat64, 33.366700033} {
		m.Records[i].StartSeconds, m.Records[i+20].EndSeconds = x, x
	}
	for i, s := range []string{"a<b>&c", "\u2028", "\x7f", "\xff\xfe", "tab\there", `back\slash "quoted"`, "名前", "\x00", "#20!;%20"} {
		m.Records[i].ID, m.Records[i].URI, m.Records[i].Reason, m.Records[i].Extra = s, s, s, map[string]string{s: s, "a": "b"}
	}
	m.Records[50].Extra = map[string]string{}
	if got, want := m.Hash(), slowHash(t, m); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}

func TestHashIgnoresFactsAndPlace(t *testing.T) {
	a, b := sample(), sample()
	b.Root, b.Tool, b.Source, b.Records[0].Facts = "elsewhere", "another", "", Facts{Frames: 3}
	if a.Hash() != b.Hash() {
		t.Error("a probed and moved copy has another hash")
	}
	b.Records[0].EndSeconds++
	if a.Hash() == b.Hash() {
		t.Error("another clip has the same hash")
	}
}

func FuzzHash(f *testing.F) {
	f.Add("id", "a/b.avi", 1.5, 2.0, "key", "value")
	f.Add("<>&", "\u2029\xff", 1e-9, 1e22, "", "\n")
	f.Fuzz(func(t *testing.T, id, uri string, start, end float64, key, value string) {
		if math.IsNaN(start+end) || math.IsInf(start, 0) || math.IsInf(end, 0) {
			return
		}
		m := &Manifest{Records: []Record{{ID: id, URI: uri, StartSeconds: start, EndSeconds: end, Extra: map[string]string{key: value}}}}
		if m.Hash() != slowHash(t, m) {
			t.Errorf("the hash of %+v is not that of its JSON", m.Records[0])
		}
	})
}
