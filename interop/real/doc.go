//go:build interop

// Package real fetches the software of other people that the matrix is played
// with, and runs it: any role of Apache Druid, Apache ZooKeeper alone or as a
// quorum, PostgreSQL. What it fetches lies in the user's cache directory; what it
// starts is a process group of its own, with a directory that holds its log.
package real
