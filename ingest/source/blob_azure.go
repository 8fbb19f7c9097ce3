package source

import (
	"context"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // the scheme azblob
)

// openAzBlob opens a container with the account of the environment: AZURE_STORAGE_ACCOUNT, and AZURE_STORAGE_KEY,
// AZURE_STORAGE_SAS_TOKEN or what Azure's own tools take.
func openAzBlob(ctx context.Context, name string) (*bucket, error) {
	b, err := blob.OpenBucket(ctx, "azblob://"+name)
	if err != nil {
		return nil, err
	}
	return &bucket{Bucket: b}, nil
}
