//go:build linux

package isolate

import (
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"padapter/decode"
)

// fill gives every field a value that is not zero.
func fill(t *testing.T, v reflect.Value, random *rand.Rand) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), random)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), random)
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

// pair are the two ends of a connection.
func pair(t testing.TB) (a, b *conn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return newConn(fds[0]), newConn(fds[1])
}

func TestMessagesArriveWhole(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	a, b := pair(t)
	var asked []*request
	var said []*response
	for range 50 {
		r, s := new(request), new(response)
		fill(t, reflect.ValueOf(r).Elem(), random)
		fill(t, reflect.ValueOf(s).Elem(), random)
		asked, said = append(asked, r, new(request)), append(said, s, new(response))
	}
	failed := make(chan error, 1)
	go func() {
		defer a.close()
		for i := range asked {
			if err := errors.Join(a.send(asked[i]), a.send(said[i])); err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	for i := range asked {
		r, s := new(request), new(response)
		if err := errors.Join(b.receive(r), b.receive(s)); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(r, asked[i]) || !reflect.DeepEqual(s, said[i]) {
			t.Fatalf("messages %d: %+v, %+v, want %+v, %+v", i, r, s, asked[i], said[i])
		}
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	if err := b.receive(new(request)); err != io.EOF {
		t.Errorf("at the end: %v, want io.EOF", err)
	}
	b.close()
}

// sent is what a connection sends for some messages.
func sent(t testing.TB) []byte {
	t.Helper()
	a, b := pair(t)
	said := &response{Kind: sayPlan, Found: Inspection{SHA256: "abc"}, Clip: decode.Clip{Warnings: []string{"one", "two"}}}
	said.Clip.Info.Pts, said.Clip.Info.Keys = []int64{-1, 1 << 40}, []bool{true, false}
	if err := errors.Join(a.send(said), a.send(&response{Kind: sayDone, Count: 7})); err != nil {
		t.Fatal(err)
	}
	a.close()
	defer b.close()
	all, err := io.ReadAll(b)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// feedTo makes a connection to which some bytes were sent.
func feedTo(t testing.TB, bytes []byte) *conn {
	t.Helper()
	a, b := pair(t)
	if _, err := a.Write(bytes); err != nil {
		t.Fatal(err)
	}
	a.close()
	return b
}

func TestMessagesThatAreCutOff(t *testing.T) {
	whole := sent(t)
	for n := range whole {
		b := feedTo(t, whole[:n])
		var err error
		for err == nil {
			err = b.receive(new(response))
		}
		if b.close(); !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
}

// Whatever bytes come, they are messages or an error, and never a panic.
func FuzzMessages(f *testing.F) {
	whole := sent(f)
	f.Add(whole)
	for i := range whole {
		damaged := slices.Clone(whole)
		damaged[i] ^= 0xff
		f.Add(damaged)
	}
	f.Fuzz(func(t *testing.T, bytes []byte) {
		if len(bytes) > 64<<10 {
			t.Skip("more than a socket holds")
		}
		b := feedTo(t, bytes)
		defer b.close()
		for b.receive(new(response)) == nil {
		}
	})
}
