// Command devserver is a Temporal server for development: every service in one process, with one SQLite file behind
// them. It is a module of its own so that the program itself does not depend on the server's. A production deployment
// runs the server that the Temporal project ships (docs/guides/temporal.md).
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"
)

func main() {
	var opt options
	flag.StringVar(&opt.database, "db", "temporal.sqlite", "SQLite file, made if it is not there; a server started on it again goes on with its workflows")
	flag.StringVar(&opt.host, "host", "127.0.0.1", "address to listen on; there is neither a password nor encryption")
	flag.IntVar(&opt.port, "port", 7233, "port to listen on")
	flag.StringVar(&opt.namespace, "namespace", "default", "namespace to make")
	flag.StringVar(&opt.level, "log-level", "error", "debug, info, warn or error")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, opt); err != nil {
		fmt.Fprintln(os.Stderr, "devserver:", err)
		os.Exit(1)
	}
}

// run serves until the context ends. It says on stdout when clients are served.
func run(ctx context.Context, opt options) error {
	server, err := newServer(opt)
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if err := served(ctx, opt); err != nil {
		return fmt.Errorf("wait for the server to answer: %w", err)
	}
	fmt.Printf("serving %s, namespace %s, database %s\n", opt.address(), opt.namespace, opt.database)
	<-ctx.Done()
	return server.Stop()
}

// served waits until the server answers for its namespace.
func served(ctx context.Context, opt options) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := answers(ctx, opt)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", context.Cause(ctx), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func answers(ctx context.Context, opt options) error {
	c, err := client.DialContext(ctx, client.Options{HostPort: opt.address(), Namespace: opt.namespace, Logger: silent{}})
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.DescribeTaskQueue(ctx, "devserver", 0)
	return err
}

// silent drops what the client says while the server starts.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
