package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/cluster"
	"oakmoot/control"
)

// upCommand runs a topology.
type upCommand struct {
	File string `arg:"" optional:"" complete:"topology" help:"Topology file."`
	upFlags
}

// Run runs the cluster until ctx ends, and prints the verdict.
func (u *upCommand) Run(ctx context.Context, s streams, left *leftovers) error {
	return u.run(ctx, s, left, source{u.File, func() (cluster.Topology, error) {
		if u.File == "" {
			return cluster.Quickstart(), nil
		}
		return loadFirstWord(u.File)
	}})
}

// source is where a topology comes from.
type source struct {
	file string // its name, "" for the built-in one
	load func() (cluster.Topology, error)
}

// upFlags say how a topology is run.
// It is wide because it has a field for each flag.
type upFlags struct {
	RunFor   *time.Duration `help:"End by itself this long after ready." placeholder:"30s"`
	Data     string         `help:"Keep everything under this directory, and continue from it next time." type:"path" placeholder:"DIR"`
	Seed     *int64         `help:"Seed of random choices, instead of the topology's." placeholder:"N"`
	AddrFile string         `help:"Write the addresses as JSON just before the ready line." type:"path" placeholder:"F"`
	Record   string         `help:"Write every protocol step to this file, one JSON object per line." type:"path" placeholder:"F.jsonl"`
	Listen   string         `help:"Control address (default: 127.0.0.1:7070, or the next free port)." placeholder:"HOST:PORT"`
	Token    string         `help:"Token that the control address requires; generated if it is not loopback and none is given." env:"OAKMOOT_TOKEN"`
	Mended   bool           `help:"Run without the bugs that the topology's museum keys turn on."`
	LogLevel string         `help:"Log level: trace, debug, info, warn, error or off (default: the topology's); and others for nodes and kinds: info,historical-1=debug." complete:"levels" placeholder:"LEVEL"`
	LogFile  string         `help:"Write the log to this file as well, whole lines." type:"path" placeholder:"F"`
	JSON     bool           `help:"Log as JSON."`

	Report []string `help:"Write what the run came to when it ends: junit=FILE, json=FILE or html=FILE; may be given more than once." sep:"none" complete:"report" placeholder:"KIND=FILE"`

	from source

	WaitExternal *time.Duration `help:"Give up if external seats are still empty after this long; without it the wait has no limit." placeholder:"60s"`
}

// Validate is kong's hook for checking the flags.
func (u *upFlags) Validate() error {
	if _, err := parseLogLevels(u.LogLevel); err != nil {
		return err
	}
	for _, span := range []struct {
		flag  string
		value *time.Duration
	}{{"--run-for", u.RunFor}, {"--wait-external", u.WaitExternal}} {
		if span.value != nil && *span.value <= 0 {
			return fmt.Errorf("%s %v: the duration must be positive", span.flag, *span.value)
		}
	}
	return nil
}

// run runs the cluster until ctx ends, and prints the verdict.
func (u *upFlags) run(ctx context.Context, s streams, left *leftovers, from source) error {
	u.from = from
	err := u.perform(ctx, s, left)
	if err != nil && u.JSON {
		jsonLine(s.err, "error", err.Error(), map[string]any{"exitCode": exitCode(err)})
		return &toldError{err}
	}
	return err
}

func (u *upFlags) perform(ctx context.Context, s streams, left *leftovers) error {
	topo, err := u.topology()
	if err != nil {
		return err
	}
	if u.Record != "" && topo.ZooKeeper.Mode == "external" {
		return &badInput{fmt.Errorf("--record %s: an external ZooKeeper provides no stream of its transactions, so nothing could be recorded", u.Record)}
	}
	listen, token, err := u.controlAddress()
	if err != nil {
		return err
	}
	if err := canMakeFilesBeside(u.AddrFile); err != nil {
		return err
	}
	log, logs, err := u.log(topo, s)
	if err != nil {
		return err
	}
	defer logs.close()
	reports, err := openReports(u.Report, u.topologyName(topo))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	door := control.Open(listen, control.Options{Token: token, Stop: stop})
	c, err := cluster.New(topo, append(u.options(), door, cluster.Logger(log))...)
	if err != nil {
		reports.discard()
		return err
	}
	p := &performance{upFlags: u, cluster: c, topo: topo, token: token, streams: s, logs: logs, log: log}
	defer p.leave()
	left.add(func() {
		if closed(c.Ready()) {
			p.tellVerdict()
		}
		reports.abandoned()
		p.leave()
		c.Discard()
	})
	err = p.play(ctx)
	return p.end(errors.Join(err, reports.write(c, err)))
}

// errInterrupted ends a run that was interrupted before it was ready.
var errInterrupted = errors.New("interrupted before it was ready; nothing was judged")

func closed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}

func (u *upFlags) topology() (cluster.Topology, error) {
	topo, err := u.from.load()
	if err != nil {
		return topo, err
	}
	if u.Seed != nil {
		topo.Seed = u.Seed
	}
	if u.RunFor != nil {
		topo.RunFor = cluster.Span{Duration: *u.RunFor, Set: true}
	}
	if u.Mended {
		topo = topo.Mended()
	}
	return topo, nil
}

// log is the logger of a run, and where its lines go.
func (u *upFlags) log(topo cluster.Topology, s streams) (hclog.Logger, *logs, error) {
	levels, err := parseLogLevels(u.LogLevel)
	if err != nil {
		return nil, nil, &badInput{err}
	}
	byName, err := levels.byName(topo)
	if err != nil {
		return nil, nil, err
	}
	to, err := openLogs(u.LogFile, s.err, u.LogLevel == "", u.JSON)
	if err != nil {
		return nil, nil, err
	}
	level := hclog.LevelFromString(or(levels.base, topo.Defaults.LogLevel))
	log := hclog.New(&hclog.LoggerOptions{Level: level, Output: to.to, JSONFormat: u.JSON, IndependentLevels: true})
	return leveled{log, byName}, to, nil
}

func (u *upFlags) options() (opts []cluster.Option) {
	if u.WaitExternal != nil {
		opts = append(opts, cluster.WaitExternal(*u.WaitExternal))
	}
	if u.Data != "" {
		opts = append(opts, cluster.DataDir(u.Data))
	}
	if u.AddrFile != "" {
		opts = append(opts, cluster.AddressFile(u.AddrFile))
	}
	if u.Record != "" {
		opts = append(opts, cluster.Record(u.Record))
	}
	if len(u.Report) > 0 {
		opts = append(opts, cluster.KeepSteps())
	}
	return opts
}

// defaultControl is where commands look for a cluster's control address first.
const (
	defaultControlPort = 7070
	controlPortsTried  = 100
)

// controlAddress is where to listen, and the token to require there.
func (u *upFlags) controlAddress() (listen, token string, err error) {
	if u.Listen == "" {
		listen, err = freeControlPort()
		return listen, u.Token, err
	}
	host, port, err := net.SplitHostPort(u.Listen)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return "", "", &badInput{fmt.Errorf("--listen %s is not a HOST:PORT such as 127.0.0.1:7070", u.Listen)}
	}
	token = u.Token
	if token == "" && !isLoopback(host) {
		token = randomToken()
	}
	return u.Listen, token, nil
}

// freeControlPort is the default control address, or the next free port after it.
func freeControlPort() (string, error) {
	for port := defaultControlPort; port < defaultControlPort+controlPortsTried; port++ {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		ln, err := net.Listen("tcp", addr)
		if err == nil {
			return addr, ln.Close()
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return "", fmt.Errorf("control address: %w", err)
		}
	}
	return "", fmt.Errorf("control address: ports %d to %d are all taken: %w", defaultControlPort, defaultControlPort+controlPortsTried-1, cluster.ErrUnavailable)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func isConnectionError(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) || errors.Is(err, os.ErrDeadlineExceeded)
}
