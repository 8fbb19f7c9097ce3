// Package tensorboard writes scalar curves as TensorBoard event files.
//
// An event file is a sequence of TFRecords: the length of the data as 8 bytes, the masked CRC-32C of those bytes as
// 4, the data, and its masked CRC-32C, all little-endian. The data is an Event protocol buffer; of its fields only wall
// time, step, file version and scalar summaries are written, encoded here by hand since there are so few.
//
// A Writer belongs to one goroutine.
package tensorboard
