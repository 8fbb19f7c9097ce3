package jobs

import "fmt"

// Observer is told how a job goes on. The zero value tells nobody. Its functions may be called from several goroutines.
type Observer struct {
	OnNote  func(text string)                       // one line that a person may want to know
	OnStage func(name string, total int64) Progress // a stage begins; total 0 stands for not known
}

// Progress shows how far a stage is.
type Progress interface {
	Set(done, total int64, detail string) // detail is a short text such as "3 failed"
	Finish()                              // after the last call of Set
}

// Note tells a line of information.
func (o Observer) Note(format string, args ...any) {
	if o.OnNote != nil {
		o.OnNote(fmt.Sprintf(format, args...))
	}
}

// Stage begins a stage.
func (o Observer) Stage(name string, total int64) Progress {
	if o.OnStage == nil {
		return unseen{}
	}
	return o.OnStage(name, total)
}

// unseen is the progress that nobody watches.
type unseen struct{}

func (unseen) Set(int64, int64, string) {}
func (unseen) Finish()                  {}
