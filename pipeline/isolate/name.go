package isolate

import "context"

type nameKey struct{}

// Naming says in the context what is decoded, for the log of children that end.
func Naming(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, nameKey{}, name)
}

func nameOf(ctx context.Context) string {
	name, _ := ctx.Value(nameKey{}).(string)
	return name
}
