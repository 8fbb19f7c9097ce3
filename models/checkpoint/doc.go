// Package checkpoint stores trained classifiers as folders (docs/reference/formats/checkpoint.md):
//
//	config.json            recipe, classes, metrics, hashes of the other two
//	backbone.safetensors   the backbone's weights
//	adapter.safetensors    all else: what the tuning added, the norm before the head, the head, running statistics
//
// A folder appears whole: it is written under a temporary name and renamed, and Load refuses files whose hashes are
// not those that config.json names. Tensors have the names and layouts of package weights.
package checkpoint
