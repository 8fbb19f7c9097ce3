package manifests

import "hash/maphash"

// idTable finds duplicate ids. It is a hash table of row numbers, without a pointer per id, and takes a fraction of the
// memory and time of a map.
type idTable struct {
	seed  maphash.Seed
	slots []uint64             // upper half: hash; lower half: row + 1; 0 if free. The length is a power of two
	rows  int                  // number of rows added
	used  int                  // number of slots in use
	at    func(row int) string // returns the id of a row
}

func newIDTable(rows int, at func(row int) string) *idTable {
	n := 1 << 10
	for n/4*3 < rows {
		n *= 2
	}
	return &idTable{seed: maphash.MakeSeed(), slots: make([]uint64, n), at: at}
}

// add adds the next row. If an earlier row has the same id, it returns the first such row.
func (t *idTable) add(id string) (first int, twice bool) {
	row := t.rows
	t.rows++
	if t.used >= len(t.slots)/4*3 {
		t.grow()
	}
	hash := maphash.String(t.seed, id)
	for i := t.start(hash); ; i = (i + 1) & (len(t.slots) - 1) {
		slot := t.slots[i]
		if slot == 0 {
			t.slots[i] = hash&^0xffffffff | uint64(row+1)
			t.used++
			return 0, false
		}
		if slot>>32 == hash>>32 {
			if other := int(slot&0xffffffff) - 1; t.at(other) == id {
				return other, true
			}
		}
	}
}

// start returns the slot at which the search for a hash begins. It uses the half of the hash that slots store.
func (t *idTable) start(hash uint64) int {
	return int((hash >> 32 * 0x9e3779b1) & uint64(len(t.slots)-1))
}

func (t *idTable) grow() {
	old := t.slots
	t.slots = make([]uint64, 2*len(old))
	for _, slot := range old {
		if slot == 0 {
			continue
		}
		i := t.start(slot)
		for t.slots[i] != 0 {
			i = (i + 1) & (len(t.slots) - 1)
		}
		t.slots[i] = slot
	}
}
