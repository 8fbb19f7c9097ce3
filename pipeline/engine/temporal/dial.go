package temporal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

// Server says where a Temporal server is and how to be let in.
type Server struct {
	Address   string // host:port
	Namespace string // empty stands for "default"

	TLS       bool   // encrypt; the fields below are for it
	CA        string // file of certificates to trust instead of the system's
	Cert, Key string // files of this client's certificate and key
	APIKey    string // sent with every call; needs TLS
}

// dialTimeout is how long a server that is not there is waited for: one that was killed is started again within seconds.
const dialTimeout = 20 * time.Second

// Dial connects to a server, which may be starting. What the client and workers log goes to the default slog logger.
func Dial(ctx context.Context, s Server) (client.Client, error) {
	opt := client.Options{HostPort: s.Address, Namespace: s.Namespace, Logger: log.NewStructuredLogger(slog.Default())}
	if !s.TLS && (s.CA != "" || s.Cert != "" || s.Key != "" || s.APIKey != "") {
		return nil, errors.New("dial Temporal: certificates and keys are only sent over TLS: turn it on")
	}
	if s.TLS {
		config, err := s.tls()
		if err != nil {
			return nil, fmt.Errorf("dial Temporal: %w", err)
		}
		opt.ConnectionOptions.TLS = config
	}
	if s.APIKey != "" {
		opt.Credentials = client.NewAPIKeyStaticCredentials(s.APIKey)
	}
	c, err := dial(ctx, opt)
	if err != nil {
		return nil, fmt.Errorf("dial Temporal server at %s: %w", s.Address, err)
	}
	return c, nil
}

func dial(ctx context.Context, opt client.Options) (client.Client, error) {
	again := time.NewTicker(dialTimeout / 40)
	defer again.Stop()
	for began := time.Now(); ; {
		c, err := client.DialContext(ctx, opt)
		var away *serviceerror.Unavailable
		if err == nil || !errors.As(err, &away) || time.Since(began) > dialTimeout {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-again.C:
		}
	}
}

func (s Server) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CA != "" {
		text, err := os.ReadFile(s.CA)
		if err != nil {
			return nil, fmt.Errorf("read certificates to trust: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s holds no certificate in PEM form", s.CA)
		}
	}
	if s.Cert != "" || s.Key != "" {
		own, err := tls.LoadX509KeyPair(s.Cert, s.Key)
		if err != nil {
			return nil, fmt.Errorf("load client certificate: %w", err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	return config, nil
}
