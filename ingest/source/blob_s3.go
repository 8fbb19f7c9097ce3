package source

import (
	"context"
	"net/http"
	"os"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"gocloud.dev/blob/s3blob"
)

// openS3 opens a bucket with the account, region, certificates and endpoint of the AWS tools' environment and files.
// Another endpoint than Amazon's gets the bucket's name in the path, as such servers want it.
func openS3(ctx context.Context, name string) (*bucket, error) {
	// The configuration puts certificates of AWS_CA_BUNDLE into a client of the library's own kind and no other. Its
	// transport is taken out then, since idle connections can be closed on that alone.
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = 64 })
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(client))
	if err != nil {
		return nil, err
	}
	transport := client.GetTransport()
	if configured, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		transport = configured.GetTransport()
	}
	cfg.HTTPClient = &http.Client{Transport: transport}
	service := s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = os.Getenv("AWS_ENDPOINT_URL_S3") != "" || os.Getenv("AWS_ENDPOINT_URL") != ""
	})
	b, err := s3blob.OpenBucket(ctx, service, name, nil)
	if err != nil {
		return nil, err
	}
	return &bucket{b, transport.CloseIdleConnections}, nil
}
