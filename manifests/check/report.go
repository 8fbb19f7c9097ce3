package check

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity says how bad a finding is.
type Severity string

// The severities. With an Error, what is computed from the manifest is wrong; with a Warning it may not be what was
// meant; a Note is something to know.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// Finding is one thing that was found.
type Finding struct {
	Severity Severity `json:"severity"`
	Check    string   `json:"check"` // short name, such as "duplicates"
	Message  string   `json:"message"`
	Count    int      `json:"count"`              // how many records, classes or groups it is about
	Examples []string `json:"examples,omitempty"` // some of these
}

// Balance is how the found, labelled records of a split fall on the classes that it has.
type Balance struct {
	Split    string `json:"split"`
	Found    int    `json:"found"`
	Classes  int    `json:"classes"` // that have records
	Least    int    `json:"least"`   // records of the smallest class
	Median   int    `json:"median"`
	Most     int    `json:"most"`
	Smallest string `json:"smallest"` // names of classes, the first of several
	Largest  string `json:"largest"`
}

// Report is all that was found.
type Report struct {
	Records  int       `json:"records"`
	Found    int       `json:"found"`
	Probed   int       `json:"probed"` // records with facts
	Errors   int       `json:"errors"` // findings of that severity
	Warnings int       `json:"warnings"`
	Findings []Finding `json:"findings"` // errors first
	Balance  []Balance `json:"balance"`  // by split
}

// mostExamples bounds how many examples a finding has.
const mostExamples = 5

// add takes a finding over, unless it is about nothing.
func (r *Report) add(s Severity, check string, about []string, format string, args ...any) {
	if len(about) == 0 {
		return
	}
	r.put(Finding{s, check, fmt.Sprintf(format, args...), len(about), about[:min(len(about), mostExamples)]})
}

func (r *Report) put(f Finding) {
	switch f.Severity {
	case Error:
		r.Errors++
	case Warning:
		r.Warnings++
	}
	r.Findings = append(r.Findings, f)
}

// order puts errors before warnings before notes, otherwise in the order of the checks.
func (r *Report) order() {
	rank := map[Severity]int{Error: 0, Warning: 1, Note: 2}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return cmp.Compare(rank[a.Severity], rank[b.Severity]) })
}
