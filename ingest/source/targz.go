package source

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// tarStream reads members out of a compressed archive, which can only be read from its start. It keeps one reader that
// goes forward, and begins anew when a member is wanted that was passed and isn't among the recent pieces.
type tarStream struct {
	of     byteRange
	recent *lruCache
	turn   chan struct{} // full while someone reads

	// Of whom the turn is:
	in     *tar.Reader // nil when it must begin anew
	from   *restartable
	passed map[string]bool // names of the members from the start to here
	names  map[string]bool // names of all members; nil before the end was seen
	damage error           // what kept the reader from going on to the archive's end
	starts int             // how often the archive was read from its start

	mu     sync.Mutex
	wanted map[string][]chan answer // who waits for which member
}

// answer is a member that someone came upon, or why it can't be had.
type answer struct {
	bytes byteRange
	err   error
}

func newTarStream(of byteRange, r *lruCache) *tarStream {
	return &tarStream{of: of, recent: r, turn: make(chan struct{}, 1), wanted: map[string][]chan answer{}}
}

// restartable is the reader below the decompressor; its context is that of whoever reads.
type restartable struct {
	ctx context.Context
	of  byteRange
	off int64
	err error // of the byte range
}

func (r *restartable) Read(p []byte) (int, error) {
	if r.off >= r.of.Size() {
		return 0, io.EOF
	}
	n, err := r.of.ReadAtContext(r.ctx, p[:min(int64(len(p)), r.of.Size()-r.off)], r.off)
	r.off += int64(n)
	if n == 0 && err == nil {
		err = io.ErrUnexpectedEOF
	}
	r.err = err
	return n, err
}

func (s *tarStream) open(ctx context.Context, u URI, release func() error) (Object, error) {
	e, err := s.member(ctx, u.Member)
	if err != nil {
		return nil, fmt.Errorf("member %q: %w", u.Member, err)
	}
	// The member is a copy: what reads it doesn't need the archive, which stays open for the next all the same.
	return newPart(ctx, e, 0, e.Size(), func() error { return errors.Join(e.Close(), release()) }), nil
}

func (s *tarStream) member(ctx context.Context, name string) (byteRange, error) {
	if data, ok := s.recent.get(s, name); ok {
		return byteRangeOf(data), nil
	}
	came := make(chan answer, 1)
	s.want(name, came)
	defer s.unwant(name, came)
	select {
	case a := <-came:
		return a.bytes, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	case s.turn <- struct{}{}:
	}
	defer func() { <-s.turn }()
	select {
	case a := <-came: // with the turn
		return a.bytes, a.err
	default:
	}
	if data, ok := s.recent.get(s, name); ok { // it was passed before it was wanted
		return byteRangeOf(data), nil
	}
	return s.read(ctx, name, came)
}

// read goes forward to a member, from the start if it was passed, and takes it from where it is handed to.
func (s *tarStream) read(ctx context.Context, name string, came chan answer) (byteRange, error) {
	if s.names != nil && !s.names[name] {
		return nil, s.absent()
	}
	if s.in == nil || s.passed[name] {
		if err := s.restart(ctx); err != nil {
			return nil, err
		}
	}
	s.from.ctx = ctx
	for {
		h, err := s.in.Next()
		if err == nil {
			err = s.pass(h)
		}
		switch {
		case errors.Is(err, io.EOF):
			s.in, s.names = nil, s.passed
			return nil, s.absent()
		case err != nil:
			s.in = nil // it is somewhere
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if s.from.err != nil {
				return nil, s.from.err
			}
			s.names, s.damage = s.passed, damaged(len(s.passed), err)
			return nil, s.damage
		}
		select {
		case a := <-came:
			return a.bytes, a.err
		default:
		}
	}
}

// pass goes past a member. It reads it if it is small or wanted, and hands it to who wants it.
func (s *tarStream) pass(h *tar.Header) error {
	if h.Typeflag == tar.TypeDir || s.passed[h.Name] { // the first of a name counts
		return nil
	}
	s.passed[h.Name] = true
	if why := refusal(h); why != "" {
		for s.hand(h.Name, answer{err: errors.New(why)}) {
		}
		return nil
	}
	if h.Size <= inMemory {
		data, err := readInMemory(s.in, h.Size)
		if err != nil {
			return err
		}
		s.recent.put(s, h.Name, data)
		for s.hand(h.Name, answer{bytes: byteRangeOf(data)}) {
		}
		return nil
	}
	if !s.isWanted(h.Name) {
		return nil
	}
	e, err := spill(s.in, h.Size)
	if err != nil {
		return err
	}
	if !s.hand(h.Name, answer{bytes: e}) { // to one; another one who wants it now reads it again
		return e.Close()
	}
	return nil
}

func (s *tarStream) absent() error {
	if s.damage != nil {
		return fmt.Errorf("it was not found: %w", s.damage)
	}
	return fs.ErrNotExist
}

func (s *tarStream) restart(ctx context.Context) error {
	s.in = nil
	s.from = &restartable{ctx: ctx, of: s.of}
	unpacked, err := gzip.NewReader(bufio.NewReaderSize(s.from, 1<<20))
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	s.in = tar.NewReader(unpacked)
	s.starts++
	s.passed = map[string]bool{}
	return nil
}

func (s *tarStream) want(name string, came chan answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted[name] = append(s.wanted[name], came)
}

// unwant ends a want, with what came too late.
func (s *tarStream) unwant(name string, came chan answer) {
	s.mu.Lock()
	left := slices.DeleteFunc(s.wanted[name], func(c chan answer) bool { return c == came })
	if s.wanted[name] = left; len(left) == 0 {
		delete(s.wanted, name)
	}
	s.mu.Unlock()
	select {
	case a := <-came:
		if a.bytes != nil {
			_ = a.bytes.Close() // a copy of which nobody knows
		}
	default:
	}
}

func (s *tarStream) isWanted(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.wanted[name]) > 0
}

// hand gives an answer to one who wants it and has none; false if there is nobody.
func (s *tarStream) hand(name string, a answer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.wanted[name] {
		select {
		case c <- a:
			return true
		default: // it has one
		}
	}
	return false
}

func (s *tarStream) Close() error {
	s.recent.forget(s)
	return s.of.Close()
}
