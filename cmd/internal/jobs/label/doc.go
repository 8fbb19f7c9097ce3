// Package label labels what a path holds with one or more networks and writes a row for each input or window.
//
// The rows of each unit are kept in a ledger, a folder beside the output, from which the output is put together in the
// end. The same run again goes on from there.
package label
