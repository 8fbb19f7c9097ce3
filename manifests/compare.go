package manifests

import "maps"

// FieldChange is one column in which two records differ, as text. The empty string is an empty value.
type FieldChange struct {
	Field string `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
}

// Compare returns the columns in which b differs from a, in the order of files, or nil if they are equal.
func Compare(a, b *Record) []FieldChange {
	var changes []FieldChange
	for i := range columns {
		c := &columns[i]
		x, y := c.field(a), c.field(b)
		if !same(x, y) {
			changes = append(changes, FieldChange{c.name, text(x), text(y)})
		}
	}
	return changes
}

// same reports whether two fields of the same type are equal.
func same(a, b any) bool {
	switch x := a.(type) {
	case *string:
		return *x == *b.(*string)
	case *class:
		return *x == *b.(*class)
	case *int32:
		return *x == *b.(*int32)
	case *int64:
		return *x == *b.(*int64)
	case *float64:
		return *x == *b.(*float64)
	case *fields:
		return maps.Equal(*x, *b.(*fields))
	}
	return false
}
