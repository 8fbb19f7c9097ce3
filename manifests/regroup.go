package manifests

import "iter"

// Parts iterates over records in order, several at a time. The consumer may use and modify a part until it asks for the
// next.
type Parts = iter.Seq2[[]Record, error]

// whole returns all records as one part.
func whole(records []Record) Parts {
	return func(yield func([]Record, error) bool) { yield(records, nil) }
}

// regroup converts parts of any size to parts of n records, except the last. It copies records only if a part is too
// short.
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
