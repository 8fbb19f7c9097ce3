package manifests

// partRows is the minimum number of records per part.
const partRows = 1 << 13

// collector receives the content of a file while it is read.
type collector struct {
	m      *Manifest          // header, and records not emitted yet
	handed int64              // number of records emitted
	begin  func() error       // called when the header is complete, if not nil
	hand   func() (err error) // emits m.Records and replaces it by an empty buffer; if nil, all records are kept
}

// whole reports whether all records are kept until the end.
func (in *collector) whole() bool { return in.hand == nil }

// begun signals that the header is complete.
func (in *collector) begun() error {
	if in.begin == nil {
		return nil
	}
	return in.begin()
}

// pass emits the records if there are enough, or if the file has ended.
func (in *collector) pass(ended bool) error {
	n := len(in.m.Records)
	if in.whole() || n == 0 || n < partRows && !ended {
		return nil
	}
	in.handed += int64(n)
	return in.hand()
}

// read reads a whole manifest.
func read(from func(in *collector) error) (*Manifest, error) {
	m := new(Manifest)
	if err := from(&collector{m: m}); err != nil {
		return nil, err
	}
	return m, nil
}
