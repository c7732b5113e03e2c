// Package running is which clusters run on this machine: each process enters itself into a directory of its user, and
// whoever looks there sees those that live and removes what the others have left behind.
package running
