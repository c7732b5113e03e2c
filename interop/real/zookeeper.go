//go:build interop

package real

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ZooKeeperVersion is the version of Apache ZooKeeper that is fetched.
const ZooKeeperVersion = "3.9.5"

// ZooKeeper is a fetched Apache ZooKeeper.
type ZooKeeper struct {
	kit *Kit
	lib string
}

// ZooKeeper fetches Apache ZooKeeper, unless it is in the cache.
func (k *Kit) ZooKeeper(ctx context.Context) (*ZooKeeper, error) {
	lib, err := k.once("zookeeper-"+ZooKeeperVersion+"-with-shell", func(dir string) error {
		return fetchJars(ctx, dir, nil,
			artifact{group: "org.apache.zookeeper", name: "zookeeper", version: ZooKeeperVersion},
			artifact{group: "commons-cli", name: "commons-cli", version: "1.5.0"},
			artifact{group: "io.dropwizard.metrics", name: "metrics-core", version: "4.1.12.1"},
			artifact{group: "org.xerial.snappy", name: "snappy-java", version: "1.1.10.5"},
		)
	})
	if err != nil {
		return nil, fmt.Errorf("fetch ZooKeeper %s: %w", ZooKeeperVersion, err)
	}
	return &ZooKeeper{k, lib}, nil
}

// settings are every server's keys of zoo.cfg. The caller adds more.
var settings = []string{
	"tickTime=500", "minSessionTimeout=1000", "maxSessionTimeout=60000", "initLimit=20", "syncLimit=10",
	"admin.enableServer=false", "maxClientCnxns=0", "4lw.commands.whitelist=*", "extendedTypesEnabled=true",
}

// Start starts a standalone server under dir, and returns once it serves. more are further lines of its zoo.cfg.
func (z *ZooKeeper) Start(ctx context.Context, dir string, more ...string) (*Process, error) {
	port, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	p, err := z.launch("zookeeper", dir, port, more)
	if err != nil {
		return nil, err
	}
	return p, p.Up(ctx)
}

// StartQuorum starts n servers that elect a leader, each in its own directory under dir, and returns once all of them
// serve.
func (z *ZooKeeper) StartQuorum(ctx context.Context, dir string, n int) ([]*Process, error) {
	const each = 3 // client, quorum and election port
	first, err := FreePorts(each * n)
	if err != nil {
		return nil, err
	}
	members := []string{}
	for i := range n {
		members = append(members, fmt.Sprintf("server.%d=127.0.0.1:%d:%d", i+1, first+each*i+1, first+each*i+2))
	}
	var all []*Process
	for i := range n {
		name := "zookeeper-" + strconv.Itoa(i+1)
		mine := filepath.Join(dir, name)
		if err := writeFile(filepath.Join(mine, "data", "myid"), strconv.Itoa(i+1)); err != nil {
			return all, err
		}
		p, err := z.launch(name, mine, first+each*i, members)
		if err != nil {
			return all, err
		}
		all = append(all, p)
	}
	for _, p := range all {
		if err := p.Up(ctx); err != nil {
			return all, err
		}
	}
	return all, nil
}

func (z *ZooKeeper) launch(name, dir string, port int, more []string) (*Process, error) {
	lines := append([]string{"dataDir=" + filepath.Join(dir, "data"), "clientPortAddress=127.0.0.1", "clientPort=" + strconv.Itoa(port)}, settings...)
	cfg := filepath.Join(dir, "zoo.cfg")
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "data"), 0o755), writeFile(cfg, strings.Join(append(lines, more...), "\n")+"\n")); err != nil {
		return nil, err
	}
	p, err := launch(name, dir, nil, z.kit.java, "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dzookeeper.jmx.log4j.disable=true", "-Dznode.container.checkIntervalMs=86400000",
		"-cp", filepath.Join(z.lib, "*"), "org.apache.zookeeper.server.quorum.QuorumPeerMain", cfg)
	if err != nil {
		return nil, err
	}
	p.Version, p.Host, p.up = ZooKeeperVersion, loopback(port), p.serving
	return p, nil
}

// Shell runs zkCli.sh on a server: the commands, one per line, in one session. It returns what the shell printed and
// complained about, with its exit status if that is not 0.
func (z *ZooKeeper) Shell(ctx context.Context, server, commands string) (out, complaints string, err error) {
	cmd := exec.CommandContext(ctx, z.kit.java, "-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
		"-cp", filepath.Join(z.lib, "*"), "org.apache.zookeeper.ZooKeeperMain", "-server", server)
	var stdout, stderr strings.Builder
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(commands), &stdout, &stderr
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && ctx.Err() == nil {
		return stdout.String(), stderr.String() + exit.Error() + "\n", nil
	}
	return stdout.String(), stderr.String(), err
}

// serving asks a ZooKeeper whether it serves: a member of a quorum answers once there is a leader.
func (p *Process) serving(context.Context) error {
	c, err := net.DialTimeout("tcp", p.Host, time.Second)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second)) // always works on a socket
	if _, err := c.Write([]byte("srvr")); err != nil {
		return err
	}
	answer, err := io.ReadAll(c)
	if err == nil && !strings.Contains(string(answer), "Mode: ") {
		err = fmt.Errorf("srvr: %q", answer)
	}
	return err
}
