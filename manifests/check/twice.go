package check

import (
	"fmt"

	"padapter/manifests"
)

// groups looks for groups that are divided by a split.
func (r *Report) groups(m *manifests.Manifest) {
	type name struct{ dataset, group string }
	first := map[name]*manifests.Record{}
	torn := map[name]bool{}
	var about []string
	for i := range m.Records {
		rec := &m.Records[i]
		if rec.Group == "" {
			continue
		}
		key := name{rec.Dataset, rec.Group}
		other, ok := first[key]
		if !ok {
			first[key] = rec
			continue
		}
		if other.Split != rec.Split && !torn[key] {
			torn[key] = true
			about = append(about, fmt.Sprintf("%s: %s is in %s, %s in %s", rec.Group, other.ID, splitName(other.Split), rec.ID, splitName(rec.Split)))
		}
	}
	r.add(Error, "groups", about, "groups are on both sides of a split: clips of one recording are learned from and measured with")
}

// file identifies a file by its content hash if known, otherwise by its URI.
type file struct{ sha256, uri string }

// part is a time range of a file.
type part struct {
	file       file
	start, end float64
}

// duplicates looks for several records with the same time range of the same file.
func (r *Report) duplicates(m *manifests.Manifest) {
	whole := make(map[file]*manifests.Record, len(m.Records)) // the first record of each file
	first := map[part]*manifests.Record{}                     // of each other part
	across, labels, within, parts := []string(nil), []string(nil), []string(nil), []string(nil)
	for i := range m.Records {
		rec := &m.Records[i]
		if rec.Status != manifests.Found {
			continue
		}
		key := part{file{sha256: rec.Facts.SHA256}, rec.StartSeconds, rec.EndSeconds}
		if key.file.sha256 == "" {
			key.file.uri = rec.URI
		}
		one := whole[key.file]
		if one == nil {
			whole[key.file] = rec
			continue
		}
		other, ok := one, one.StartSeconds == rec.StartSeconds && one.EndSeconds == rec.EndSeconds
		if !ok {
			other, ok = first[key]
		}
		if !ok {
			first[key] = rec
			if one.Split != rec.Split {
				parts = append(parts, pair(one, rec))
			}
			continue
		}
		if other.Split != rec.Split {
			across = append(across, pair(other, rec))
		} else {
			within = append(within, other.ID+" and "+rec.ID)
		}
		if other.Label != rec.Label && other.Label >= 0 && rec.Label >= 0 {
			labels = append(labels, fmt.Sprintf("%s is %s, %s is %s", other.ID, nameOf(m, other.Label), rec.ID, nameOf(m, rec.Label)))
		}
	}
	r.add(Error, "duplicates", across, "clips are in a split although the same clip is in another")
	r.add(Error, "duplicates", labels, "clips have different labels in different records")
	r.add(Warning, "duplicates", within, "clips are in a split twice")
	r.add(Warning, "duplicates", parts, "clips are other parts of a file that is in another split, too")
}

func pair(a, b *manifests.Record) string {
	return fmt.Sprintf("%s in %s and %s in %s", a.ID, splitName(a.Split), b.ID, splitName(b.Split))
}
