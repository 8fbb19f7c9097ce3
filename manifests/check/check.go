package check

import (
	"fmt"
	"slices"
	"strings"

	"padapter/manifests"
	"padapter/manifests/recipe"
)

// Options select checks beyond the manifest itself.
type Options struct {
	Clip     *recipe.Clip // recipe of the clips; nil disables the checks of lengths and sizes
	Official []Count      // official counts to compare with
}

// Count is an actual count with its official value.
type Count struct {
	What          string
	Got, Official int
}

// Run checks a manifest, which may be invalid.
func Run(m *manifests.Manifest, opt Options) *Report {
	r := &Report{Records: len(m.Records), Findings: []Finding{}, Balance: []Balance{}}
	c := newCensus(m)
	r.Found, r.Probed = c.found, c.probed
	r.validity(m)
	r.status(m, c)
	r.labelBase(m, c)
	r.labelNames(m)
	r.emptyClasses(m, c)
	r.balance(m, c)
	r.splits(m, c)
	r.groups(m)
	r.duplicates(m)
	r.times(m)
	if opt.Clip != nil {
		r.recipe(m, *opt.Clip)
	}
	r.official(opt.Official)
	if rest := c.found - c.probed; rest > 0 {
		r.put(Finding{Severity: Note, Check: "probe", Count: rest,
			Message: "records that are there have not been probed: same content, length and size are not checked for them"})
	}
	r.order()
	return r
}

// census counts records by split and class.
type census struct {
	found, probed int
	splits        []string                      // sorted
	labelled      map[string]map[int32]int      // records by split and class, whatever their status
	usable        map[string]map[int32]int      // found records by split and class
	status        map[manifests.Status][]string // ids
}

func newCensus(m *manifests.Manifest) *census {
	c := &census{labelled: map[string]map[int32]int{}, usable: map[string]map[int32]int{}, status: map[manifests.Status][]string{}}
	for i := range m.Records {
		r := &m.Records[i]
		if c.labelled[r.Split] == nil {
			c.labelled[r.Split], c.usable[r.Split] = map[int32]int{}, map[int32]int{}
			c.splits = append(c.splits, r.Split)
		}
		if r.Label >= 0 {
			c.labelled[r.Split][r.Label]++
		}
		if r.Status != manifests.Found {
			c.status[r.Status] = append(c.status[r.Status], r.ID+": "+r.Reason)
			continue
		}
		c.found++
		if r.Label >= 0 {
			c.usable[r.Split][r.Label]++
		}
		if r.Facts.SHA256 != "" {
			c.probed++
		}
	}
	slices.Sort(c.splits)
	return c
}

// validity reports violations of the manifest's rules.
func (r *Report) validity(m *manifests.Manifest) {
	if err := m.Validate(); err != nil {
		mistakes := strings.Split(err.Error(), "\n")
		r.add(Error, "valid", mistakes, "the manifest breaks its own rules, so that no other command reads it")
	}
}

func (r *Report) status(m *manifests.Manifest, c *census) {
	if len(m.Records) > 0 && c.found == 0 {
		r.put(Finding{Severity: Error, Check: "status", Message: "no record's file is there", Count: len(m.Records)})
	}
	if len(m.Records) == 0 {
		r.put(Finding{Severity: Error, Check: "status", Message: "the manifest has no records"})
	}
	for _, status := range []manifests.Status{manifests.Missing, manifests.Rejected} {
		r.add(Warning, "status", c.status[status], "records are %s: they give no clips", status)
	}
}

// splits reports records without a split if other records have one.
func (r *Report) splits(m *manifests.Manifest, c *census) {
	if len(c.splits) < 2 || c.splits[0] != "" {
		return
	}
	var without []string
	for i := range m.Records {
		if m.Records[i].Split == "" {
			without = append(without, m.Records[i].ID)
		}
	}
	r.add(Warning, "splits", without, "records are in no split, and others are: no command takes them by itself")
}

func (r *Report) official(counts []Count) {
	var differ []string
	for _, c := range counts {
		if c.Got != c.Official {
			differ = append(differ, fmt.Sprintf("%s: %d, officially %d", c.What, c.Got, c.Official))
		}
	}
	if len(counts) > 0 && differ == nil {
		r.put(Finding{Severity: Note, Check: "official", Message: "all numbers are the official ones", Count: len(counts)})
	}
	r.add(Warning, "official", differ, "numbers are not the official ones")
}

// nameOf returns the display name of a class.
func nameOf(m *manifests.Manifest, class int32) string {
	if class >= 0 && int(class) < len(m.Classes) {
		return fmt.Sprintf("%d %s", class, m.Classes[class])
	}
	return fmt.Sprint(class)
}

// splitName returns the display name of a split.
func splitName(name string) string {
	if name == "" {
		return "no split"
	}
	return name
}
