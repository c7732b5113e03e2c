package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/hashicorp/go-hclog"

	"oakmoot/zkembed"
)

// zkCommands are the server and the operations on its data directory.
type zkCommands struct {
	Serve   zkCommand        `cmd:"" default:"withargs" help:"Run the server; 'oakmoot zk' alone does that."`
	Inspect zkInspectCommand `cmd:"" help:"Print the log and the snapshot of a data directory, one line per transaction."`
	Import  zkImportCommand  `cmd:"" help:"Make a data directory from one of Apache ZooKeeper 3.8 or 3.9."`
	Export  zkExportCommand  `cmd:"" help:"Make a data directory that Apache ZooKeeper can start with."`
}

// zkCommand runs the embedded ZooKeeper server alone. Its flags are named after the keys
// of zoo.cfg. It is wide because each flag is a field.
type zkCommand struct {
	Listen            string        `help:"Client address." default:"127.0.0.1:2181" placeholder:"HOST:PORT"`
	Data              string        `help:"Keep log and snapshots under this directory; without it everything is in memory." type:"path" placeholder:"DIR"`
	Tick              time.Duration `help:"The server's unit of time; sessions last 2 to 20 of them." default:"2s"`
	MinSessionTimeout time.Duration `help:"Shortest session timeout granted; 2 ticks by default." placeholder:"DURATION"`
	MaxSessionTimeout time.Duration `help:"Longest session timeout granted; 20 ticks by default." placeholder:"DURATION"`
	Fsync             string        `help:"When a write is on disk: always (before it is acknowledged), interval (within a second), never." enum:"always,interval,never" default:"always"`
	SnapRetainCount   int           `help:"Snapshots to keep, with the logs since the oldest of them." default:"3" placeholder:"N"`
	ContainerCheck    time.Duration `help:"How often to look for empty containers and expired TTL nodes." default:"60s"`
	MaxCnxns          int           `help:"Connections that one address may have; 0 means no limit." default:"0" placeholder:"N"`
	JuteMaxbuffer     int           `help:"Longest request, in bytes." default:"1048575" placeholder:"N"`
	SuperDigest       string        `help:"Who may do everything: super: and the digest of super:PASSWORD." placeholder:"super:DIGEST"`
	SkipACL           bool          `name:"skip-acl" help:"Let everybody do everything, whatever the ACLs say." default:"false"`
	EnforceAuth       []string      `help:"Disconnect clients without an identity of one of these schemes: digest, ip, x509." placeholder:"SCHEME"`
	EnforceQuota      bool          `help:"Refuse writes that exceed a hard quota." default:"false"`
	Servers           int           `help:"Addresses that serve the one state, for clients that expect an ensemble; the ports count up from --listen's. One process, nothing is replicated." default:"1" placeholder:"N"`
	Whitelist         []string      `help:"Four-letter words to answer besides srvr; * means all." placeholder:"WORD"`
	ExtendedTypes     bool          `help:"Let clients create TTL nodes." default:"false"`
	TLSCert           string        `name:"tls-cert" help:"Speak TLS too, on the same port, with this certificate." type:"path" placeholder:"PEM"`
	TLSKey            string        `name:"tls-key" help:"The certificate's key." type:"path" placeholder:"PEM"`
	TLSCA             string        `name:"tls-ca" help:"Clients that use TLS must show a certificate signed by one of these; its subject is the x509 identity." type:"path" placeholder:"PEM"`
	SnapCount         int           `help:"Transactions between snapshots." default:"100000" placeholder:"N"`
	Admin             string        `help:"Serve AdminServer's commands as JSON, and /metrics, at this address; off by default." placeholder:"HOST:PORT"`
	Metrics           string        `help:"Serve /metrics alone at this address too." placeholder:"HOST:PORT"`
	SlowRequest       time.Duration `help:"Log requests that take this long or longer, from arrival to answer; at most ten a second." placeholder:"DURATION"`
	Config            string        `help:"Read ZooKeeper's own keys from this zoo.cfg; a flag overrides its key." type:"path" placeholder:"ZOO.CFG"`
	AddrFile          string        `help:"Write the bound addresses to this file, separated by commas." type:"path" placeholder:"F"`
	LogLevel          string        `help:"Log level: trace, debug, info, warn, error or off." enum:"trace,debug,info,warn,error,off" default:"info"`

	dataMustExist bool   // datadir.autocreate is off
	notes         []note // about the configuration file
}

// Validate finds flags that make no sense; kong calls it.
func (c *zkCommand) Validate() error {
	switch {
	case c.Tick <= 0:
		return errors.New("--tick must be positive")
	case c.SnapRetainCount < 1:
		return errors.New("--snap-retain-count must be at least 1")
	case c.ContainerCheck <= 0:
		return errors.New("--container-check must be positive")
	case c.MinSessionTimeout < 0, c.MaxSessionTimeout < 0:
		return errors.New("a session timeout cannot be negative")
	case c.Servers < 1 || c.Servers > mostServers:
		return fmt.Errorf("--servers must be from 1 to %d", mostServers)
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key go together")
	case c.TLSCA != "" && c.TLSCert == "":
		return errors.New("--tls-ca needs --tls-cert and --tls-key")
	case slices.ContainsFunc(c.EnforceAuth, func(scheme string) bool { return !slices.Contains(authSchemes, scheme) }):
		return fmt.Errorf("--enforce-auth=%s: the schemes are %s", strings.Join(c.EnforceAuth, ","), strings.Join(authSchemes, ", "))
	case slices.Contains(c.EnforceAuth, "x509") && c.TLSCA == "":
		return errors.New("--enforce-auth=x509 needs --tls-ca")
	case c.SlowRequest < 0:
		return errors.New("--slow-request cannot be negative")
	case c.MaxCnxns < 0:
		return errors.New("--max-cnxns cannot be negative")
	case c.SnapCount < smallestSnapCount:
		return fmt.Errorf("--snap-count must be at least %d", smallestSnapCount)
	case c.JuteMaxbuffer < smallestMaxbuffer:
		return fmt.Errorf("--jute-maxbuffer must be at least %d", smallestMaxbuffer)
	}
	return c.sessionBounds()
}

// sessionBounds compares the bounds of session timeouts, including the defaults: QuorumPeerConfig.
func (c *zkCommand) sessionBounds() error {
	least, most := cmp.Or(c.MinSessionTimeout, 2*c.Tick), cmp.Or(c.MaxSessionTimeout, 20*c.Tick)
	if least > most {
		return fmt.Errorf("--min-session-timeout, %v, must not be larger than --max-session-timeout, %v; the defaults are 2 and 20 ticks", least, most)
	}
	return nil
}

// authSchemes are those in which a connection can have an identity.
var authSchemes = []string{"digest", "ip", "x509"}

// mostServers is more than any ensemble has voters.
const mostServers = 9

// smallestSnapCount is Apache's own: a log must hold something.
const smallestSnapCount = 2

// smallestMaxbuffer lets a client at least connect, which takes 45 bytes.
const smallestMaxbuffer = 45

func (c *zkCommand) options(s streams) (zkembed.Options, error) {
	to := logsOn(s.err, false, false)
	fsync, err := zkembed.ParseFsyncPolicy(c.Fsync)
	return zkembed.Options{
		Listen: c.Listen, DataDir: c.Data, Fsync: fsync,
		SnapshotEvery: c.SnapCount, Tick: c.Tick, MinSessionTimeout: c.MinSessionTimeout, MaxSessionTimeout: c.MaxSessionTimeout,
		ContainerCheck: c.ContainerCheck, MaxConnections: c.MaxCnxns, MaxFrame: c.JuteMaxbuffer,
		Retain: c.SnapRetainCount, TLSCert: c.TLSCert, TLSKey: c.TLSKey, TLSCA: c.TLSCA, SlowRequest: c.SlowRequest,
		Servers: c.Servers, SuperDigest: c.SuperDigest, EnforceQuota: c.EnforceQuota, SkipACL: c.SkipACL, EnforceAuth: c.EnforceAuth, Words: c.Whitelist,
		ExtendedTypes: c.ExtendedTypes,
		Log:           hclog.New(&hclog.LoggerOptions{Name: "zookeeper", Level: hclog.LevelFromString(c.LogLevel), Output: to.to}),
	}, err
}

// Run serves until ctx ends.
func (c *zkCommand) Run(ctx context.Context, k *kong.Context, s streams) error {
	if err := c.readConfig(k); err != nil {
		return err
	}
	opts, err := c.options(s)
	if err != nil {
		return &badInput{err}
	}
	if _, err := os.Stat(c.Data); c.Data != "" && c.dataMustExist && err != nil {
		return &unavailable{fmt.Errorf("datadir.autocreate is off: %w", err)}
	}
	if err := notApaches(c.Data); err != nil {
		return err
	}
	tell(opts.Log, c.notes)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer keepHeapClose()()
	srv := zkembed.New(opts)
	watch, err := c.watch(srv)
	if err != nil {
		return err
	}
	watch.serve()
	defer watch.end()
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	select {
	case err := <-done:
		return &unavailable{err}
	case <-srv.Ready():
	}
	if err := writeAddress(c.AddrFile, srv.ConnectString()); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "zookeeper at %s, %s\n%szookeeper is ready\n", srv.ConnectString(), c.keeps(), watch.text)
	return <-done
}

// keeps says what happens to the data, in plain words.
func (c *zkCommand) keeps() string {
	text := "in memory, gone at the end"
	if c.Data != "" {
		text = fmt.Sprintf("data in %s, fsync %s", c.Data, c.Fsync)
	}
	if c.TLSCert != "" {
		text += ", TLS and plaintext"
	}
	if c.Servers > 1 {
		text += fmt.Sprintf("; %d addresses of one process and one state, nothing is replicated", c.Servers)
	}
	return text
}

// notApaches refuses a directory that holds data of Apache ZooKeeper and none of ours: a server would start with an
// empty tree beside it.
func notApaches(dir string) error {
	const digits = "????????????????" // of a zxid; Apache's names have no leading zeros
	if dir == "" || found(dir, "log."+digits, "snapshot."+digits) || !found(dir, "version-2/log.*", "version-2/snapshot.*", "log.*", "snapshot.*") {
		return nil
	}
	return &unavailable{fmt.Errorf("%s holds data of Apache ZooKeeper: 'oakmoot zk import %s --data DIR' converts it", dir, dir)}
}

func found(dir string, patterns ...string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		files, _ := filepath.Glob(filepath.Join(dir, pattern)) // the patterns are valid
		return len(files) > 0
	})
}
