package temporal

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
)

// greeter answers what a client asks when it connects, and nothing else. Whole servers are in cmd/padapter's tests.
type greeter struct {
	workflowservice.UnimplementedWorkflowServiceServer
}

func (greeter) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{}, nil
}

// A server that is started after the client, as one is that was killed.
func TestDialWaitsForAServer(t *testing.T) {
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := port.Addr().String()
	if err := port.Close(); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	defer cancel()
	if _, err := Dial(short, Server{Address: address}); err == nil || !strings.Contains(err.Error(), address) {
		t.Errorf("nobody is there: %v", err)
	}
	server := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(server, greeter{})
	defer server.Stop()
	refused := make(chan struct{}, 1)
	opt := client.Options{HostPort: address}
	opt.ConnectionOptions.DialOptions = []grpc.DialOption{grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			select {
			case refused <- struct{}{}:
			default:
			}
		}
		return conn, err
	})}
	go func() {
		<-refused
		if listener, err := net.Listen("tcp", address); err != nil {
			t.Error(err)
		} else if err := server.Serve(listener); err != nil {
			t.Error(err)
		}
	}()
	c, err := dial(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}
