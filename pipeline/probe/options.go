package probe

import (
	"runtime"
	"time"

	"padapter/decode"
	"padapter/pipeline"
	"padapter/pipeline/engine/local"
	"padapter/pipeline/isolate"
)

// Options say how to look. Store must be given.
type Options struct {
	Store   *Store          // of outcomes; its Settings say what is looked at
	Engine  pipeline.Engine // that does the units; nil stands for this process
	Root    string          // that the files' paths start from, as other processes understand it
	Unit    int             // files of a unit; 0 stands for 256, or 64 where every frame is decoded
	Workers int             // files looked into at once by a process; 0 stands for the number of processors
	Timeout time.Duration   // for opening one file, and for looking into it; 0 waits for ever
	MaxHeld int64           // files up to this many bytes are read once, into memory; 0 stands for 16 MiB
	Decoder decode.Options  // of each worker
	Isolate isolate.Mode    // whether each decodes in a process of its own

	Progress func(Progress) // called now and then, one at a time; may be nil

	decode bool // Settings.Decode
}

// Progress says how far a run is, in files.
type Progress struct {
	Done, Total int64 // of those in the units under way, including what was kept
	Failed      int64 // of those done
}

func (o Options) withDefaults() Options {
	o.decode = o.Store.settings.Decode
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.MaxHeld == 0 {
		o.MaxHeld = 16 << 20
	}
	if o.Engine == nil {
		o.Engine = local.Engine{Parallel: 2} // so that no decoder waits for the last files of a unit
	}
	return o
}
