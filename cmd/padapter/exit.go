package main

import (
	"errors"
	"strings"

	"padapter/cmd/internal/jobs"
)

// The exit codes of every command, as the root command's help lists them.
const (
	exitOK      = 0 // all well
	exitFailed  = 1 // the work could not be finished
	exitUsage   = 2 // wrong flags or arguments
	exitRecords = 3 // finished, but some records failed
)

// usageErrorf makes an error that the caller fixes by typing another command line.
func usageErrorf(format string, args ...any) error { return jobs.Usagef(format, args...) }

func exitCode(err error) int {
	var usage jobs.UsageError
	var records jobs.RecordsError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage), isCobraUsage(err):
		return exitUsage
	case errors.As(err, &records):
		return exitRecords
	default:
		return exitFailed
	}
}

// isCobraUsage recognises the errors that cobra makes itself, for which it has no type.
func isCobraUsage(err error) bool {
	msg := err.Error()
	for _, prefix := range []string{"unknown command", "unknown flag", "unknown shorthand", "required flag(s)", "accepts ", "requires at least", "requires at most", "invalid argument"} {
		if strings.HasPrefix(msg, prefix) {
			return true
		}
	}
	return false
}
