package label

import "padapter/models/feed"

// merger groups the rows of a pass into inputs or windows.
type merger struct {
	session *Session
	windows bool // every row is a window of its own
	emit    Emit

	open   bool
	row    Row    // of the current input, without scores
	reason string // error of the last unreadable view
	sums   []sum  // by target
	out    []Scored
}

// sum accumulates the views of an input.
type sum struct{ logits, features []float64 }

// add adds one row of the data with the outputs of the networks for its batch.
func (m *merger) add(item feed.Item, seen []outputs) error {
	if !m.open || m.windows || m.row.ID != item.ID {
		if err := m.flush(); err != nil {
			return err
		}
		m.open, m.reason = true, ""
		m.row = Row{ID: item.ID, URI: item.URI}
		m.sums = make([]sum, len(seen))
	}
	if item.Slot < 0 {
		m.reason = item.Error
		return nil
	}
	m.row.Views++
	m.row.PartSeconds = item.PartSeconds
	m.row.Frames = append(m.row.Frames, item.Frames...)
	m.row.Seconds = append(m.row.Seconds, item.Seconds...)
	for i, s := range seen {
		m.sums[i].logits = plus(m.sums[i].logits, s.logits[item.Slot])
		if s.features != nil {
			m.sums[i].features = plus(m.sums[i].features, s.features[item.Slot])
		}
	}
	return nil
}

func plus(total []float64, values []float32) []float64 {
	if total == nil {
		total = make([]float64, len(values))
	}
	for i, v := range values {
		total[i] += float64(v)
	}
	return total
}

func mean(total []float64, n int32) []float32 {
	if total == nil {
		return nil
	}
	out := make([]float32, len(total))
	for i, v := range total {
		out[i] = float32(v / float64(n))
	}
	return out
}

// flush emits the current input.
func (m *merger) flush() error {
	if !m.open {
		return nil
	}
	m.open = false
	m.out = m.out[:0]
	for i, t := range m.session.targets {
		scored := Scored{Row: m.row}
		if m.row.Views == 0 {
			scored.Row.Error = m.reason
		} else {
			scored.Row.Embedding = mean(m.sums[i].features, m.row.Views)
			scored.Probabilities = t.rank(&scored.Row, mean(m.sums[i].logits, m.row.Views))
		}
		m.out = append(m.out, scored)
	}
	return m.emit(m.out)
}
