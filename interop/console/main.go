//go:build interop

// Command console serves Druid's own web consoles, out of its jar, in front of a control address of ours, which answers
// everything that they ask of Druid.
//
//	go run -tags interop ./interop/console [-listen HOST:PORT] CONTROL-ADDRESS
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"oakmoot/interop/real"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8888", "the address to serve at; a router's by default")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: console [-listen HOST:PORT] CONTROL-ADDRESS")
	}
	if err := serve(*listen, flag.Arg(0)); err != nil {
		log.Fatal(err)
	}
}

func serve(listen, control string) error {
	ctx := context.Background()
	kit, err := real.Open(ctx)
	if err != nil {
		return err
	}
	druid, err := kit.Druid(ctx, real.Druid014)
	if err != nil {
		return err
	}
	console, err := druid.Console(control)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("Druid's console: http://%s/unified-console.html\nthe coordinator's: http://%[1]s/\nthe overlord's: http://%[1]s/console.html\n", ln.Addr())
	server := http.Server{Handler: console, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(ln)
}
