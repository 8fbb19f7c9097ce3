package main

import (
	"context"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"padapter/pipeline"
	"padapter/pipeline/engine/temporal"
)

// The values of --engine.
const (
	engineLocal    = "local"
	engineTemporal = "temporal"
)

// apiKeyVariable is the environment variable that holds a Temporal server's API key; flags can be read by others.
const apiKeyVariable = "TEMPORAL_API_KEY"

// serverFlags say where a Temporal server is.
type serverFlags struct {
	address, namespace, queue string
	tls                       bool
	ca, cert, key             string
}

func (s *serverFlags) bind(f *pflag.FlagSet) {
	f.StringVar(&s.address, "temporal", "127.0.0.1:7233", "Temporal server, HOST:PORT")
	f.StringVar(&s.namespace, "namespace", "default", "the server's namespace")
	f.StringVar(&s.queue, "queue", "cpu", "task queue: one for each kind of device")
	f.BoolVar(&s.tls, "temporal-tls", false, "speak TLS with the server; an API key is taken from "+apiKeyVariable)
	f.StringVar(&s.ca, "temporal-ca", "", "certificates to trust with --temporal-tls, a PEM file, instead of the system's")
	f.StringVar(&s.cert, "temporal-cert", "", "client certificate for --temporal-tls, a PEM file")
	f.StringVar(&s.key, "temporal-key", "", "key of --temporal-cert, a PEM file")
}

// Check rejects what no server takes.
func (s *serverFlags) Check() error {
	switch {
	case s.queue == "" || s.namespace == "":
		return usageErrorf("--queue %q, --namespace %q: both need a name", s.queue, s.namespace)
	case !strings.Contains(s.address, ":"):
		return usageErrorf("--temporal %q: use HOST:PORT, such as 127.0.0.1:7233", s.address)
	case (s.cert == "") != (s.key == ""):
		return usageErrorf("--temporal-cert %q, --temporal-key %q: give both or none", s.cert, s.key)
	case !s.tls && (s.ca != "" || s.cert != ""):
		return usageErrorf("--temporal-ca, --temporal-cert and --temporal-key are for --temporal-tls")
	}
	return nil
}

func (s *serverFlags) server() temporal.Server {
	server := temporal.Server{Address: s.address, Namespace: s.namespace, TLS: s.tls, CA: s.ca, Cert: s.cert, Key: s.key}
	if s.tls {
		server.APIKey = os.Getenv(apiKeyVariable)
	}
	return server
}

// engineFlags say where a command's units run.
type engineFlags struct {
	engine   string
	server   serverFlags
	attempts int
}

func (e *engineFlags) bind(f *pflag.FlagSet) {
	f.StringVar(&e.engine, "engine", engineLocal, "where units run: local (this process) or temporal (the workers of --queue)")
	f.IntVar(&e.attempts, "attempts", 20, "at a unit, with --engine temporal (0: no limit)")
	e.server.bind(f)
}

// Check rejects values that no engine takes.
func (e *engineFlags) Check() error {
	switch {
	case e.engine != engineLocal && e.engine != engineTemporal:
		return usageErrorf("--engine %q: use %s or %s", e.engine, engineLocal, engineTemporal)
	case e.attempts < 0:
		return usageErrorf("--attempts %d: use 0 or more", e.attempts)
	case e.engine == engineTemporal:
		return e.server.Check()
	}
	return nil
}

// open returns the engine, or nil for this process. close is to be called after its use.
func (e *engineFlags) open(ctx context.Context) (engine pipeline.Engine, close func(), err error) {
	if e.engine != engineTemporal {
		return nil, func() {}, nil
	}
	c, err := temporal.Dial(ctx, e.server.server())
	if err != nil {
		return nil, nil, err
	}
	attempts := e.attempts
	if attempts == 0 {
		attempts = -1
	}
	return temporal.Engine{Client: c, Queue: e.server.queue, Attempts: attempts, Note: observer(ctx).OnNote}, c.Close, nil
}
