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
// It is wide because it has a field for each flag.
type upCommand struct {
	File     string         `arg:"" optional:"" help:"Topology file."`
	RunFor   *time.Duration `help:"End by itself this long after ready." placeholder:"30s"`
	Data     string         `help:"Keep everything under this directory, and continue from it next time." type:"path" placeholder:"DIR"`
	Seed     *int64         `help:"Seed of random choices, instead of the topology's." placeholder:"N"`
	AddrFile string         `help:"Write the addresses as JSON just before the ready line." type:"path" placeholder:"F"`
	Record   string         `help:"Write every protocol step to this file, one JSON object per line." type:"path" placeholder:"F.jsonl"`
	Listen   string         `help:"Control address (default: 127.0.0.1:7070, or the next free port)." placeholder:"HOST:PORT"`
	Token    string         `help:"Token that the control address requires; generated if it is not loopback and none is given." env:"OAKMOOT_TOKEN"`
	Mended   bool           `help:"Run without the bugs that the topology's museum keys turn on."`
	LogLevel string         `help:"Log level: trace, debug, info, warn, error or off (default: the topology's)." enum:"trace,debug,info,warn,error,off," default:""`
	JSON     bool           `help:"Log as JSON."`

	Report []string `help:"Write what the run came to when it ends: junit=FILE, json=FILE or html=FILE; may be given more than once." sep:"none" placeholder:"KIND=FILE"`

	WaitExternal *time.Duration `help:"Give up if external seats are still empty after this long; without it the wait has no limit." placeholder:"60s"`
}

// Validate is kong's hook for checking the flags.
func (u *upCommand) Validate() error {
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

// Run runs the cluster until ctx ends, and prints the verdict.
func (u *upCommand) Run(ctx context.Context, s streams, left *leftovers) error {
	err := u.run(ctx, s, left)
	if err != nil && u.JSON {
		jsonLine(s.err, "error", err.Error(), map[string]any{"exitCode": exitCode(err)})
		return &toldError{err}
	}
	return err
}

func (u *upCommand) run(ctx context.Context, s streams, left *leftovers) error {
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
	reports, err := openReports(u.Report, u.topologyName(topo))
	if err != nil {
		return err
	}
	c, err := cluster.New(topo, u.options(topo, s, listen, token)...)
	if err != nil {
		reports.discard()
		return err
	}
	left.add(func() {
		if closed(c.Ready()) {
			u.tellVerdict(c, s)
		}
		reports.abandoned()
		c.Discard()
	})
	err = u.play(ctx, c, topo, token, s)
	return errors.Join(err, reports.write(c, err))
}

// play runs the cluster, and says what is to be said of it.
func (u *upCommand) play(ctx context.Context, c *cluster.Cluster, topo cluster.Topology, token string, s streams) error {
	done := make(chan error, 1)
	go func() {
		err := c.Run(ctx)
		if err == nil && !closed(c.Ready()) {
			err = errInterrupted
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-c.Opened():
		u.tellWaiting(c, token, s)
	}
	select {
	case err := <-done:
		return err
	case <-c.Ready():
	}
	u.banner(c, topo, token, s)
	err := <-done
	u.tellVerdict(c, s)
	return err
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

func (u *upCommand) tellVerdict(c *cluster.Cluster, s streams) {
	if u.JSON {
		jsonLine(s.err, "info", "verdict", map[string]any{"verdict": c.Verdict()})
		return
	}
	writeVerdict(s.err, c.Verdict())
}

func (u *upCommand) topology() (cluster.Topology, error) {
	topo := cluster.Quickstart()
	if u.File != "" {
		var err error
		if topo, err = loadTopology(u.File); err != nil {
			return topo, err
		}
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

func (u *upCommand) options(topo cluster.Topology, s streams, listen, token string) []cluster.Option {
	level := topo.Defaults.LogLevel
	if u.LogLevel != "" {
		level = u.LogLevel
	}
	opts := []cluster.Option{
		control.On(listen, token),
		cluster.Logger(hclog.New(&hclog.LoggerOptions{Name: "", Level: hclog.LevelFromString(level), Output: s.err, JSONFormat: u.JSON})),
	}
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
func (u *upCommand) controlAddress() (listen, token string, err error) {
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
