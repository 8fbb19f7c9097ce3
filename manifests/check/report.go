package check

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity is the severity of a finding.
type Severity string

// The severities. An Error makes results wrong; a Warning may be unintended; a Note is information.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// Finding is one result of a check.
type Finding struct {
	Severity Severity `json:"severity"`
	Check    string   `json:"check"` // short name, such as "duplicates"
	Message  string   `json:"message"`
	Count    int      `json:"count"`              // number of affected records, classes or groups
	Examples []string `json:"examples,omitempty"` // some of them
}

// Balance describes the distribution of the found, labelled records of a split over its classes.
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

// Report holds all findings.
type Report struct {
	Records  int       `json:"records"`
	Found    int       `json:"found"`
	Probed   int       `json:"probed"` // records with facts
	Errors   int       `json:"errors"` // findings of that severity
	Warnings int       `json:"warnings"`
	Findings []Finding `json:"findings"` // errors first
	Balance  []Balance `json:"balance"`  // by split
}

// mostExamples limits the examples of a finding.
const mostExamples = 5

// add adds a finding unless about is empty.
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

// order sorts the findings by severity, otherwise in the order of the checks.
func (r *Report) order() {
	rank := map[Severity]int{Error: 0, Warning: 1, Note: 2}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return cmp.Compare(rank[a.Severity], rank[b.Severity]) })
}
