// Oakmoot runs a whole Druid control plane in one process.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"oakmoot/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Once interrupted, the next interrupt ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(cli.Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
