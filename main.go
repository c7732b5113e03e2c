// Oakmoot runs a whole Druid control plane in one process.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"oakmoot/examples"
	"oakmoot/internal/door/cli"
)

func main() {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx, end := context.WithCancel(context.Background())
	hurry := make(chan struct{})
	go func() {
		<-signals
		end()
		<-signals
		close(hurry)
		signal.Reset(os.Interrupt, syscall.SIGTERM) // a third one ends the process as it stands
	}()
	os.Exit(cli.Run(ctx, hurry, examples.Topologies, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
