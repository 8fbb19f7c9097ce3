package main

import (
	"errors"
	"fmt"
	"strings"
)

// The exit codes of every command, as the root command's help lists them.
const (
	exitOK      = 0 // all well
	exitFailed  = 1 // the work could not be finished
	exitUsage   = 2 // wrong flags or arguments
	exitRecords = 3 // finished, but some records carry errors
)

// usageError marks an error that the caller mends by typing another command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usageErrorf(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// recordsError says that a command finished and wrote its output, in which some records carry errors.
type recordsError struct {
	failed, total int
	where         string // what to look at for the reasons
}

func (e recordsError) Error() string {
	return fmt.Sprintf("finished; %d of %d records carry errors: see %s", e.failed, e.total, e.where)
}

// recordsFailed returns nil when failed is 0 and otherwise the error that makes the process exit with code 3.
func recordsFailed(failed, total int, where string) error {
	if failed == 0 {
		return nil
	}
	return recordsError{failed: failed, total: total, where: where}
}

func exitCode(err error) int {
	var usage usageError
	var records recordsError
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
