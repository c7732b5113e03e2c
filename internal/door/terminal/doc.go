// Package terminal is what commands write to: a person's terminal, or a file or a pipe. It keeps foreign text from
// controlling the terminal, knows how wide that is and whether it has colours, sets tables, shows what changes in place,
// and says on the way what takes long. To a file or a pipe it writes the same words, whole and plain.
package terminal
