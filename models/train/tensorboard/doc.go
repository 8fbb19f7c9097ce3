// Package tensorboard writes scalar curves as TensorBoard event files.
//
// An event file is a sequence of TFRecords: the length of the data (8 bytes), the masked CRC-32C of those bytes (4
// bytes), the data, and its masked CRC-32C, all little-endian. The data is an Event protocol buffer. Only wall time,
// step, file version and scalar summaries are written, so the encoding is done by hand.
//
// A Writer must not be used concurrently.
package tensorboard
