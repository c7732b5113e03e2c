// Package taskaction carries out what tasks ask an overlord for: the TaskActions of Druid.
// They reach the locks and the metadata store, and neither the queue nor the workers.
// One goroutine, the overlord's term, does all of it: Druid has one lock over the lockbox
// for the same purpose.
package taskaction
