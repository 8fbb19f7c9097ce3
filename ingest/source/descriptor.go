package source

import "os"

// File is the local file that an object lies in, and where it begins there; ok is false where there is none. It is for
// passing on the descriptor, and open as long as the object is. Objects of archives of local files have one, too, unless
// they are compressed.
func (p *part) File() (f *os.File, offset int64, ok bool) {
	of, ok := p.of.(local)
	if !ok {
		return nil, 0, false
	}
	f, ok = of.ReaderAt.(*os.File)
	return f, p.off, ok
}
