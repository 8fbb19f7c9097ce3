// Package s3test runs a real S3 server for tests: versitygw, which .ci/deps/s3server.sh builds. It was chosen because it
// is one program without cgo that the module proxy serves, and keeps its buckets in a folder.
package s3test

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	user, password = "tester", "tester-secret"
	startsWithin   = 20 * time.Second
)

// Start runs a server with empty buckets of these names until the test ends, and sets the environment such that
// s3://NAME leads there. It skips the test if there is no server.
func Start(t *testing.T, buckets ...string) {
	t.Helper()
	program := os.Getenv("PADAPTER_S3SERVER")
	if program == "" {
		t.Skip("there is no S3 server: run .ci/deps/s3server.sh, or name versitygw's program in PADAPTER_S3SERVER")
	}
	address := freeAddress(t)
	var output bytes.Buffer
	cmd := exec.Command(program, "--access", user, "--secret", password, "--port", address, "--quiet", "posix", "--sidecar", t.TempDir(), t.TempDir())
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", program, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-ended:
		case <-time.After(startsWithin):
			_ = cmd.Process.Kill()
			<-ended
		}
	})
	waitFor(t, address, ended, &output)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_S3": "http://" + address, "AWS_ACCESS_KEY_ID": user, "AWS_SECRET_ACCESS_KEY": password,
		"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	client := client(t)
	for _, name := range buckets {
		if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
			t.Fatalf("create bucket %s: %v", name, err)
		}
	}
}

// client speaks to the server by the vendor's own library.
func client(t *testing.T) *s3.Client {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
}

// Put stores an object.
func Put(t *testing.T, bucket, key string, data []byte) {
	t.Helper()
	if _, err := client(t).PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(data)}); err != nil {
		t.Fatalf("put s3://%s/%s: %v", bucket, key, err)
	}
}

// freeAddress is one at which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// waitFor returns when the server listens.
func waitFor(t *testing.T, address string, ended <-chan error, output *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startsWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if c, err := new(net.Dialer).DialContext(ctx, "tcp", address); err == nil {
			_ = c.Close() // only whether it listens was asked
			return
		}
		select {
		case err := <-ended:
			t.Fatalf("the S3 server ended: %v\n%s", err, output)
		case <-ctx.Done():
			t.Fatalf("the S3 server does not listen after %s", startsWithin)
		case <-tick.C:
		}
	}
}
