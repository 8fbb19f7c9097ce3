// Command padapter turns video archives into training data, action recognizers and labels.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"padapter/decode"
	"padapter/models/backend"
	"padapter/pipeline/isolate"
)

func main() {
	backend.ServeTrial()
	if len(os.Args) > 1 && os.Args[1] == isolate.Child { // not a command: it must start fast and hear no signals
		os.Exit(isolate.Serve())
	}
	decode.SetupProcess()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
