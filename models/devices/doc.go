// Package devices runs graphs on several devices of an engine at once: data parallelism. Each device holds all weights
// and takes an equal share of the clips of a batch. What spans the batch (the loss, gradients, batch normalisation,
// dropout masks) is computed over the whole batch, so that results differ from those of one device by rounding only.
// The work is divided by the engine, from the way in which a graph's inputs lie on the devices: XLA calls it automatic
// sharding.
//
// A [Group] is a compute.Backend that stands for several devices. Weights are moved to it by [Replicate]; graphs
// that are to run on all of its devices are compiled by [NewExec], which takes other backends, too.
package devices
