// Package export writes classifiers in forms that other programs run.
//
// ONNX is the whole network in one file: frames uint8 [batch, T, H, W, C] RGB in, logits float32 [batch, classes] out,
// any batch size; scaling and normalisation are part of it, and so are all weights. The file's metadata hold the class
// names and the recipe as JSON.
package export
