// Package networks opens checkpoints together with what they compute on and what they are measured on.
package networks
