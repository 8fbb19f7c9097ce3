package manifests

import "iter"

// Parts are records in order, some at a time. A part's records are its receiver's until it asks for the next.
type Parts = iter.Seq2[[]Record, error]

// whole is all records as one part.
func whole(records []Record) Parts {
	return func(yield func([]Record, error) bool) { yield(records, nil) }
}

// regroup makes of parts of any size such of n records, but for the last. Records are copied only where a part has too few.
func regroup(parts Parts, n int) Parts {
	return func(yield func([]Record, error) bool) {
		var rest []Record // fewer than n
		for part, err := range parts {
			if err != nil {
				yield(nil, err)
				return
			}
			if len(rest) > 0 || len(part) < n {
				if rest == nil {
					rest = make([]Record, 0, n)
				}
				taken := min(n-len(rest), len(part))
				rest = append(rest, part[:taken]...)
				part = part[taken:]
				if len(rest) < n {
					continue
				}
				if !yield(rest, nil) {
					return
				}
				rest = rest[:0]
			}
			for ; len(part) >= n; part = part[n:] {
				if !yield(part[:n:n], nil) {
					return
				}
			}
			if rest = rest[:0]; len(part) > 0 {
				if rest == nil {
					rest = make([]Record, 0, n)
				}
				rest = append(rest, part...)
			}
		}
		if len(rest) > 0 {
			yield(rest, nil)
		}
	}
}
