// Package feedtest makes small clip data sets in memory for tests: real Arrow batches with the schema of package
// batch, drawn instead of decoded.
package feedtest
