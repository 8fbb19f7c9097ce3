// Package machine says what this machine offers to the program: cores, vector instructions, memory, and how much of the
// memory the process has used.
package machine
