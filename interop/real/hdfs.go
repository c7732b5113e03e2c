//go:build interop

package real

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// HadoopVersion is the version of Apache Hadoop that is fetched.
const HadoopVersion = "3.4.1"

// HDFS is a fetched Apache Hadoop, with the configuration of a file system that has two NameNodes, nn1 and nn2.
type HDFS struct {
	*Software
	Conf string // the directory of its files
	dir  string
}

const (
	nameNode           = "org.apache.hadoop.hdfs.server.namenode.NameNode"
	failoverController = "org.apache.hadoop.hdfs.tools.DFSZKFailoverController"
)

// HDFS fetches Apache Hadoop, unless it is in the cache, and writes a configuration under dir.
func (k *Kit) HDFS(ctx context.Context, dir, zookeeper string, session time.Duration) (*HDFS, error) {
	const group = "org.apache.hadoop"
	s, err := k.software(ctx, "Hadoop",
		artifact{group: group, name: "hadoop-common", version: HadoopVersion},
		artifact{group: group, name: "hadoop-hdfs", version: HadoopVersion},
		artifact{group: group, name: "hadoop-hdfs-client", version: HadoopVersion},
		artifact{group: "com.fasterxml.jackson.core", name: "jackson-core", version: "2.12.7"}, // Maven would take an older one
	)
	if err != nil {
		return nil, err
	}
	s.opens = []string{"java.lang", "java.lang.reflect", "java.io", "java.nio", "java.util", "java.util.concurrent", "java.net", "sun.nio.ch"}
	first, err := FreePorts(6)
	if err != nil {
		return nil, err
	}
	props := map[string]string{
		"fs.defaultFS":                            "hdfs://ours",
		"ha.zookeeper.quorum":                     zookeeper,
		"ha.zookeeper.session-timeout.ms":         fmt.Sprint(session.Milliseconds()),
		"hadoop.tmp.dir":                          filepath.Join(dir, "tmp"),
		"dfs.nameservices":                        "ours",
		"dfs.ha.namenodes.ours":                   "nn1,nn2",
		"dfs.namenode.shared.edits.dir":           "file://" + filepath.Join(dir, "shared"),
		"dfs.ha.automatic-failover.enabled":       "true",
		"dfs.ha.fencing.methods":                  "shell(/bin/true)",
		"dfs.client.failover.proxy.provider.ours": "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider",
	}
	for i, id := range []string{"nn1", "nn2"} {
		props["dfs.namenode.rpc-address.ours."+id] = loopback(first + 3*i)
		props["dfs.namenode.http-address.ours."+id] = loopback(first + 3*i + 1)
		props["dfs.ha.zkfc.port.ours."+id] = fmt.Sprint(first + 3*i + 2)
		props["dfs.namenode.name.dir.ours."+id] = "file://" + filepath.Join(dir, id)
	}
	h := &HDFS{s, filepath.Join(dir, "conf"), dir}
	for file, text := range map[string]string{
		"core-site.xml":      hadoopFile(props),
		"hdfs-site.xml":      hadoopFile(props),
		"log4j.properties":   log4j1Config,
		"webapps/hdfs/.keep": "", // a NameNode wants a place of pages, which only the distribution has
	} {
		if err := writeFile(filepath.Join(h.Conf, file), text); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// Format makes an empty file system: what each NameNode begins with, and the znode of their election.
func (h *HDFS) Format(ctx context.Context) error {
	if err := h.run(ctx, "format", nameNode, "nn1", "-format", "-nonInteractive"); err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(h.dir, "nn2"), os.DirFS(filepath.Join(h.dir, "nn1"))); err != nil { // -bootstrapStandby does so over the network
		return err
	}
	return h.run(ctx, "format-zk", failoverController, "nn1", "-formatZK")
}

// run runs one of the commands to its end.
func (h *HDFS) run(ctx context.Context, name, class, id string, words ...string) error {
	p, err := h.command(filepath.Join(h.dir, name), class, id, words...)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		p.Destroy()
	case <-p.Done():
	}
	if !p.cmd.ProcessState.Success() {
		return p.ended()
	}
	return nil
}

// NameNode starts a NameNode, which is on standby until its controller makes it active.
func (h *HDFS) NameNode(dir, id string) (*Process, error) { return h.command(dir, nameNode, id) }

// Controller starts the failover controller of a NameNode: it looks after its health and takes part in the election.
func (h *HDFS) Controller(dir, id string) (*Process, error) {
	return h.command(dir, failoverController, id)
}

func (h *HDFS) command(dir, class, id string, words ...string) (*Process, error) {
	return h.launch(filepath.Base(dir), dir, "192m", h.Conf, append([]string{class, "-D", "dfs.ha.namenode.id=" + id}, words...)...)
}
