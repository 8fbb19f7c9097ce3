package manifests

// partRows is how many records are handed on at once, at least.
const partRows = 1 << 13

// intake takes what a file holds while it is read.
type collector struct {
	m      *Manifest          // the header, and records that were not handed on yet
	handed int64              // records that were
	begin  func() error       // called when the header is complete; may be nil
	hand   func() (err error) // hands on m.Records and leaves room for others; nil: all are kept
}

// whole says that nothing is handed on before the end.
func (in *collector) whole() bool { return in.hand == nil }

// begun says that the header is complete.
func (in *collector) begun() error {
	if in.begin == nil {
		return nil
	}
	return in.begin()
}

// pass hands the records on where there are enough of them, or some and the file has ended.
func (in *collector) pass(ended bool) error {
	n := len(in.m.Records)
	if in.whole() || n == 0 || n < partRows && !ended {
		return nil
	}
	in.handed += int64(n)
	return in.hand()
}

// read fills a manifest from a file's content.
func read(from func(in *collector) error) (*Manifest, error) {
	m := new(Manifest)
	if err := from(&collector{m: m}); err != nil {
		return nil, err
	}
	return m, nil
}
