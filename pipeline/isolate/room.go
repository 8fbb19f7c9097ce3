//go:build linux

package isolate

// room says where files lie in the memory of a queue: one behind the other, and from the beginning again, so that many
// small ones fit where a few big ones do.
type room struct {
	from []int64 // where those begin that lie there, the oldest first
	next int64
}

// place is where a file of any size fits.
func (r *room) place() (offset int64, ok bool) {
	if len(r.from) == 0 {
		return 0, true
	}
	oldest := r.from[0]
	if r.next > oldest { // up to the end, then before the oldest
		if r.next+slotBytes <= heldBytes {
			return r.next, true
		}
		return 0, slotBytes <= oldest
	}
	return r.next, r.next+slotBytes <= oldest
}

// take is for a file of so many bytes, at a place.
func (r *room) take(offset, size int64) {
	r.from = append(r.from, offset)
	r.next = offset + size
	r.next += -r.next & 63 // a line of the cache is one file's
}

// give frees the oldest file's.
func (r *room) give() { r.from = append(r.from[:0], r.from[1:]...) }
