package jobs

import "fmt"

// UsageError marks an error that the caller fixes by asking for something else.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the error itself.
func (e UsageError) Unwrap() error { return e.Err }

// Usagef makes a UsageError as fmt.Errorf makes an error.
func Usagef(format string, args ...any) error {
	return UsageError{fmt.Errorf(format, args...)}
}

// RecordsError says that a job finished and wrote its output, in which some records have an error.
type RecordsError struct {
	Failed, Total int    // records
	Where         string // file or folder that has the reasons
}

func (e RecordsError) Error() string {
	return fmt.Sprintf("finished; %d of %d records failed: see %s", e.Failed, e.Total, e.Where)
}

// RecordsFailed returns nil when failed is 0, and otherwise a RecordsError.
func RecordsFailed(failed, total int, where string) error {
	if failed == 0 {
		return nil
	}
	return RecordsError{Failed: failed, Total: total, Where: where}
}
