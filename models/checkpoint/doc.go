// Package checkpoint stores trained classifiers as folders (docs/reference/formats/checkpoint.md):
//
//	config.json            recipe, classes, metrics, hashes of the other two files
//	backbone.safetensors   weights of the backbone
//	adapter.safetensors    all other weights: tuning, norm before the head, head, running statistics
//
// A folder appears whole: it is written under a temporary name and renamed. Load rejects files whose hashes differ from
// those in config.json. Tensors have the names and layouts of package weights.
package checkpoint
