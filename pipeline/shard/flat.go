package shard

import "encoding/binary"

// flat reads FlatBuffers tables without trusting them: what lies outside the bytes reads as zero and sets bad. Positions
// are offsets into the bytes; 0 stands for a field that is absent.
type flat struct {
	b   []byte
	bad bool
}

func (f *flat) at(pos, n int) []byte {
	if pos < 0 || n < 0 || pos > len(f.b)-n {
		f.bad = true
		return make([]byte, 8)
	}
	return f.b[pos : pos+n]
}

func (f *flat) u8(pos int) int    { return int(f.at(pos, 1)[0]) }
func (f *flat) u16(pos int) int   { return int(binary.LittleEndian.Uint16(f.at(pos, 2))) }
func (f *flat) i32(pos int) int   { return int(int32(binary.LittleEndian.Uint32(f.at(pos, 4)))) }
func (f *flat) u32(pos int) int   { return int(binary.LittleEndian.Uint32(f.at(pos, 4))) }
func (f *flat) i64(pos int) int64 { return int64(binary.LittleEndian.Uint64(f.at(pos, 8))) }

// follow is the position that an offset field points to.
func (f *flat) follow(pos int) int { return pos + f.u32(pos) }

// field is where field number n of a table lies.
func (f *flat) field(table, n int) int {
	vtable := table - f.i32(table)
	slot := 4 + 2*n
	if slot+2 > f.u16(vtable) {
		return 0
	}
	offset := f.u16(vtable + slot)
	if offset == 0 {
		return 0
	}
	return table + offset
}

// structs is a field that is a vector of structs of a size: where the first lies, and how many there are.
func (f *flat) structs(table, n, size int) (first, count int) {
	pos := f.field(table, n)
	if pos == 0 {
		return 0, 0
	}
	vector := f.follow(pos)
	count = f.u32(vector)
	f.at(vector+4, count*size)
	if f.bad {
		return 0, 0
	}
	return vector + 4, count
}

// tables is a field that is a vector of tables: their positions.
func (f *flat) tables(table, n int) []int {
	first, count := f.structs(table, n, 4)
	list := make([]int, count)
	for i := range list {
		list[i] = f.follow(first + 4*i)
	}
	return list
}

// schema walks a schema, so that every vector's length is known to fit into the bytes before anybody allocates for it.
func (f *flat) schema(table int) {
	f.tables(table, 2) // custom metadata
	for _, field := range f.tables(table, 1) {
		f.schemaField(field, 0)
	}
}

func (f *flat) schemaField(field, depth int) {
	const deepest = 16
	if f.bad || depth > deepest {
		f.bad = true
		return
	}
	f.tables(field, 6) // custom metadata
	for _, child := range f.tables(field, 5) {
		f.schemaField(child, depth+1)
	}
}
