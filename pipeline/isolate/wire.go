//go:build linux

package isolate

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"padapter/decode"
)

// wire carries messages between two processes of one program, four for each clip. encoding/gob, which looks at every
// field of every frame by reflection, takes a hundredth of the time that a small clip takes to decode.
type wire struct {
	to      io.Writer
	from    *bufio.Reader
	out, in []byte
}

func newWire(conn io.ReadWriter) *wire {
	return &wire{to: conn, from: bufio.NewReaderSize(conn, 16<<10)}
}

// message is what travels: a request or a response.
type message interface{ code(c *coder) }

// mostMessage bounds a message in bytes: the frames of the longest clip that an index holds take less.
const mostMessage = 1 << 30

// errMessage is of bytes that are no message.
var errMessage = errors.New("a message that makes no sense")

// send writes one message.
func (w *wire) send(m message) error {
	if err := w.add(m); err != nil {
		return err
	}
	return w.flush()
}

// add puts a message behind those that flush will write: its length in four bytes, then its fields.
func (w *wire) add(m message) error {
	at := len(w.out)
	c := coder{writes: true, b: append(w.out, 0, 0, 0, 0)}
	m.code(&c)
	n := len(c.b) - at - 4
	if n > mostMessage {
		w.out = c.b[:at]
		return fmt.Errorf("a message of %d bytes is too long", n)
	}
	binary.LittleEndian.PutUint32(c.b[at:], uint32(n))
	w.out = c.b
	return nil
}

// flush writes what was added.
func (w *wire) flush() error {
	_, err := w.to.Write(w.out)
	w.out = w.out[:0]
	return err
}

// receive reads one message into m, whose fields must be zero. It gives io.EOF when the other end has ended between two.
func (w *wire) receive(m message) error {
	var length [4]byte
	if _, err := io.ReadFull(w.from, length[:]); err != nil {
		return err
	}
	n := int(binary.LittleEndian.Uint32(length[:]))
	if n > mostMessage {
		return errMessage
	}
	w.in = w.in[:0]
	for have := 0; have < n; have = len(w.in) { // in parts, so that a wrong length costs no memory
		part := min(n-have, 1<<20)
		w.in = slices.Grow(w.in, part)[:have+part]
		if _, err := io.ReadFull(w.from, w.in[have:]); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	c := coder{b: w.in}
	if m.code(&c); c.bad || len(c.b) > 0 {
		return errMessage
	}
	return nil
}

// coder writes fields behind b, or reads them from its beginning. Naming each field once, for both ways, keeps the two
// alike.
type coder struct {
	writes bool
	b      []byte
	bad    bool // too little was there to read
}

func (c *coder) i64(v *int64) {
	if c.writes {
		c.b = binary.AppendVarint(c.b, *v)
		return
	}
	x, n := binary.Varint(c.b)
	if n <= 0 {
		c.b, c.bad = nil, true
		return
	}
	*v, c.b = x, c.b[n:]
}

func (c *coder) num(v *int) {
	x := int64(*v)
	c.i64(&x)
	*v = int(x)
}

func (c *coder) u64(v *uint64) {
	x := int64(*v)
	c.i64(&x)
	*v = uint64(x)
}

func (c *coder) u8(v *uint8) {
	x := int64(*v)
	c.i64(&x)
	*v = uint8(x)
}

func (c *coder) duration(v *time.Duration) { c.i64((*int64)(v)) }

func (c *coder) f64(v *float64) {
	if c.writes {
		c.b = binary.LittleEndian.AppendUint64(c.b, math.Float64bits(*v))
		return
	}
	if b := c.take(8); b != nil {
		*v = math.Float64frombits(binary.LittleEndian.Uint64(b))
	}
}

func (c *coder) flag(v *bool) {
	if c.writes {
		x := byte(0)
		if *v {
			x = 1
		}
		c.b = append(c.b, x)
		return
	}
	if b := c.take(1); b != nil {
		*v = b[0] != 0
	}
}

func (c *coder) text(v *string) {
	n := c.count(len(*v))
	if c.writes {
		c.b = append(c.b, *v...)
		return
	}
	*v = string(c.take(n))
}

// take removes n bytes, or gives nil where they are not there.
func (c *coder) take(n int) []byte {
	if n > len(c.b) {
		c.b, c.bad = nil, true
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

// count is the number of elements that follow, of at least one byte each.
func (c *coder) count(n int) int {
	c.num(&n)
	if !c.writes && (n < 0 || n > len(c.b)) {
		c.b, c.bad = nil, true
		return 0
	}
	return n
}

// list codes the elements of v, each by one. An empty list arrives as nil.
func list[T any](c *coder, v *[]T, one func(*T)) {
	n := c.count(len(*v))
	if !c.writes && n > 0 {
		*v = make([]T, n)
	}
	for i := range *v {
		one(&(*v)[i])
	}
}

func (o *request) code(c *coder) {
	c.u8(&o.Kind)
	c.u64(&o.Call)
	list(c, &o.Files, c.file)
	c.flag(&o.All)
	c.i64(&o.Held)
	c.num(&o.Count)
	c.plan(&o.Plan)
	o.Err.code(c)
}

func (c *coder) file(f *fileRef) {
	c.i64(&f.Size)
	c.flag(&f.Open)
	c.i64(&f.Offset)
	c.text(&f.Name)
}

func (w *response) code(c *coder) {
	c.u8(&w.Kind)
	c.i64(&w.Offset)
	c.num(&w.Count)
	c.info(&w.Info)
	list(c, &w.Frames, c.frame)
	list(c, &w.Warnings, c.text)
	c.duration(&w.Work.Codec)
	c.duration(&w.Work.Pixels)
	c.num(&w.Work.Packets)
	c.num(&w.Damaged)
	c.num(&w.First)
	w.Err.code(c)
	c.text(&w.SHA256)
	c.flag(&w.Known)
}

func (f *failure) code(c *coder) {
	c.text(&f.Text)
	c.text((*string)(&f.Reason))
	c.text(&f.Op)
	c.u8(&f.Kind)
	c.flag(&f.FromParent)
}

func (c *coder) plan(p *decode.Plan) {
	list(c, &p.Indices, c.num)
	for _, v := range []*float64{&p.Region.X, &p.Region.Y, &p.Region.W, &p.Region.H} {
		c.f64(v)
	}
	c.num(&p.Width)
	c.num(&p.Height)
	c.num((*int)(&p.Filter))
	c.flag(&p.HFlip)
}

func (c *coder) info(in *decode.Info) {
	for _, v := range []*int{
		&in.Frames, &in.Width, &in.Height, &in.StoredWidth, &in.StoredHeight, &in.Rotation,
		&in.FPSNum, &in.FPSDen, &in.TimeBaseNum, &in.TimeBaseDen,
	} {
		c.num(v)
	}
	for _, v := range []*bool{&in.FramesExact, &in.Counted, &in.HFlip, &in.Image} {
		c.flag(v)
	}
	c.f64(&in.Duration)
	for _, v := range []*string{&in.Codec, &in.Container, &in.PixelFormat} {
		c.text(v)
	}
	list(c, &in.Pts, c.i64)
	list(c, &in.Keys, c.flag)
	list(c, &in.Disposable, c.flag)
}

func (c *coder) frame(f *decode.Frame) {
	c.num(&f.Index)
	c.i64(&f.Pts)
	c.f64(&f.Seconds)
	c.flag(&f.Damaged)
}
