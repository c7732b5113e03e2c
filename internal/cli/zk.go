package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/zkembed"
)

// zkCommand runs the embedded ZooKeeper server alone.
type zkCommand struct {
	Listen   string        `help:"Client address." default:"127.0.0.1:2181" placeholder:"HOST:PORT"`
	Data     string        `help:"Keep log and snapshots under this directory; without it everything is in memory." type:"path" placeholder:"DIR"`
	Tick     time.Duration `help:"The server's unit of time; sessions last 2 to 20 of them." default:"2s"`
	Fsync    string        `help:"When a write is on disk: always (before it is acknowledged), interval, never." enum:"always,interval,never" default:"always"`
	AddrFile string        `help:"Write the address that was bound to this file." type:"path" placeholder:"F"`
	LogLevel string        `help:"Log level: trace, debug, info, warn, error or off." enum:"trace,debug,info,warn,error,off" default:"info"`
}

// Run serves until ctx ends.
func (c *zkCommand) Run(ctx context.Context, s streams) error {
	fsync, err := zkembed.ParseFsyncPolicy(c.Fsync)
	if err != nil {
		return &badInput{err}
	}
	srv := zkembed.New(zkembed.Options{
		Listen: c.Listen, DataDir: c.Data, Tick: c.Tick, Fsync: fsync,
		Log: hclog.New(&hclog.LoggerOptions{Name: "zookeeper", Level: hclog.LevelFromString(c.LogLevel), Output: s.err}),
	})
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	select {
	case err := <-done:
		return &unavailable{err}
	case <-srv.Ready():
	}
	if err := writeAddress(c.AddrFile, srv.Addr()); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "zookeeper at %s, %s\nzookeeper is ready\n", srv.Addr(), c.keeps())
	return <-done
}

// keeps says what becomes of the data, in plain words.
func (c *zkCommand) keeps() string {
	if c.Data == "" {
		return "in memory, gone at the end"
	}
	return fmt.Sprintf("data in %s, fsync %s", c.Data, c.Fsync)
}
