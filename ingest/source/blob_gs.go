package source

import (
	"context"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/gcsblob" // the scheme gs
)

// openGS opens a bucket with the application default credentials.
func openGS(ctx context.Context, name string) (*bucket, error) {
	b, err := blob.OpenBucket(ctx, "gs://"+name)
	if err != nil {
		return nil, err
	}
	return &bucket{Bucket: b}, nil
}
