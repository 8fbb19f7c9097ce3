// Package change makes manifests from manifests: parts of them, other splits, unions, and what differs between two.
//
// Every function is pure: it leaves its arguments alone, opens no files, and gives the same for the same arguments and
// seed. What it returns may share strings and maps with the arguments, so neither may be changed in place afterwards.
// Nothing here depends on the order of the records, except that outcomes keep it.
package change
