// Package jobs has what the program's jobs share: how they report to whoever runs them, which errors they end with, and
// how much one file may cost them. Each job is a package below: it takes an options struct, whose zero values are
// documented, and returns a summary of what it did.
//
// Jobs know neither the command line nor the terminal. Commands turn flags into options, print summaries and map errors
// to exit codes.
package jobs
