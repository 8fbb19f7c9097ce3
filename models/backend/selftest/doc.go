// Package selftest proves an engine before it is used: it runs a small network of every kind of operation that
// padapter's graphs have, forward and backward, and compares the values with those of the pure Go engine.
//
// OpenVINO 2026.4.1 shows why: in float32 it silently computes one of two products wrong when a square constant weight is
// used as it is and transposed, as every projection of a training step does (docs/measurements/openvino.md).
//
// A verdict is kept in the user's cache folder by engine, version, precision and processor, so that a machine pays for the
// test once.
package selftest
