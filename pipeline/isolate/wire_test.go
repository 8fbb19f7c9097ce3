//go:build linux

package isolate

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"
)

// fill gives every field a value that is not zero.
func fill(t *testing.T, v reflect.Value, random *rand.Rand) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), random)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+random.IntN(300), 300))
		for i := range v.Len() {
			fill(t, v.Index(i), random)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(random.Int64() - 1<<62)
	case reflect.Uint8:
		v.SetUint(1 + random.Uint64N(255))
	case reflect.Uint64:
		v.SetUint(1<<63 | random.Uint64())
	case reflect.Float64:
		v.SetFloat(random.NormFloat64())
	case reflect.String:
		text := make([]byte, 1+random.IntN(50))
		for i := range text {
			text[i] = byte(random.IntN(256))
		}
		v.SetString(string(text))
	default:
		t.Fatalf("messages have no fields of type %s yet", v.Type())
	}
}

func TestMessagesArriveWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var conn bytes.Buffer
	w := newWire(&conn)
	var sent []message
	for range 50 {
		o, s := new(request), new(response)
		fill(t, reflect.ValueOf(o).Elem(), random)
		fill(t, reflect.ValueOf(s).Elem(), random)
		sent = append(sent, o, s, new(request), new(response))
	}
	for _, m := range sent {
		if err := w.send(m); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range sent {
		got := reflect.New(reflect.TypeOf(want).Elem()).Interface().(message)
		if err := w.receive(got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("message %d: %+v, want %+v", i, got, want)
		}
	}
	if err := w.receive(new(request)); err != io.EOF {
		t.Errorf("at the end: %v, want io.EOF", err)
	}
}

// FuzzWire: whatever comes is a message or an error, and no panic or large allocation.
func FuzzWire(f *testing.F) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 4 {
		o, s := request{Kind: givePlan, Call: 7}, response{Kind: sayPlan}
		o.Plan.Indices = []int{1, 2, random.IntN(99)}
		s.Info.Pts, s.Info.Keys = []int64{-1, random.Int64()}, []bool{true, false}
		for _, m := range []message{&o, &s} {
			var b bytes.Buffer
			if err := newWire(&b).send(m); err != nil {
				f.Fatal(err)
			}
			f.Add(b.Bytes())
		}
	}
	f.Add([]byte{255, 255, 255, 255, 1})
	f.Add([]byte{255, 255, 255, 63, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, m := range []message{new(request), new(response)} {
			w := newWire(bytes.NewBuffer(bytes.Clone(b)))
			err := w.receive(m)
			if cap(w.in) > 4<<20+2*len(b) {
				t.Errorf("%d bytes were allocated for a message of %d", cap(w.in), len(b))
			}
			if err != nil {
				continue
			}
			var again bytes.Buffer
			if err := newWire(&again).send(m); err != nil {
				t.Fatal(err)
			}
			same := reflect.New(reflect.TypeOf(m).Elem()).Interface().(message)
			if err := newWire(&again).receive(same); err != nil || !reflect.DeepEqual(same, m) && !nan(m) {
				t.Errorf("%+v came back as %+v, %v", m, same, err)
			}
		}
	})
}

// nan says whether a number in it is none, which equals nothing.
func nan(m message) bool {
	switch m := m.(type) {
	case *request:
		r := m.Plan.Region
		return r.X != r.X || r.Y != r.Y || r.W != r.W || r.H != r.H
	case *response:
		for _, f := range m.Frames {
			if f.Seconds != f.Seconds {
				return true
			}
		}
		return m.Info.Duration != m.Info.Duration
	}
	return false
}

func TestShortMessagesAreErrors(t *testing.T) {
	var conn bytes.Buffer
	if err := newWire(&conn).send(&response{Kind: sayDone, SHA256: "abc"}); err != nil {
		t.Fatal(err)
	}
	whole := conn.Bytes()
	for n := range whole {
		err := newWire(bytes.NewBuffer(bytes.Clone(whole[:n]))).receive(new(response))
		want := io.ErrUnexpectedEOF
		if n == 0 {
			want = io.EOF
		}
		if !errors.Is(err, want) {
			t.Errorf("%d of %d bytes: %v, want %v", n, len(whole), err, want)
		}
	}
	long := append([]byte{byte(len(whole) - 4 + 1), 0, 0, 0}, whole[4:]...)
	if err := newWire(bytes.NewBuffer(append(long, 0))).receive(new(response)); !errors.Is(err, errMessage) {
		t.Errorf("a byte too many: %v, want %v", err, errMessage)
	}
}
