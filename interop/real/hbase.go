//go:build interop

package real

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// HBaseVersion is the version of Apache HBase that is fetched.
const HBaseVersion = "2.5.10-hadoop3"

// HBase is a fetched Apache HBase, with its configuration.
type HBase struct {
	*Software
	Conf string // the directory of hbase-site.xml
}

// HBase fetches Apache HBase, unless it is in the cache, and writes a configuration under dir: a cluster whose files are
// on the local disk.
func (k *Kit) HBase(ctx context.Context, dir, zookeeper string, session time.Duration) (*HBase, error) {
	s, err := k.software(ctx, "HBase", artifact{group: "org.apache.hbase", name: "hbase-server", version: HBaseVersion})
	if err != nil {
		return nil, err
	}
	s.opens = []string{"java.lang", "java.lang.reflect", "java.io", "java.nio", "java.util", "java.util.concurrent", "java.net", "sun.nio.ch", "jdk.internal.ref", "jdk.internal.misc"}
	h := &HBase{s, filepath.Join(dir, "conf")}
	err = writeFile(filepath.Join(h.Conf, "hbase-site.xml"), hadoopFile(map[string]string{
		"hbase.cluster.distributed":              "true",
		"hbase.master.hostname":                  "127.0.0.1",
		"hbase.master.info.port":                 "-1",
		"hbase.regionserver.hostname":            "127.0.0.1",
		"hbase.regionserver.info.port":           "-1",
		"hbase.rootdir":                          "file://" + filepath.Join(dir, "root"),
		"hbase.tmp.dir":                          filepath.Join(dir, "tmp"),
		"hbase.unsafe.stream.capability.enforce": "false", // a local file cannot be flushed as one of HDFS can
		"hbase.wal.provider":                     "filesystem",
		"hbase.procedure.store.wal.use.hsync":    "false",
		"hbase.zookeeper.quorum":                 zookeeper,
		"zookeeper.session.timeout":              fmt.Sprint(session.Milliseconds()),
	}))
	if err == nil {
		err = writeFile(filepath.Join(h.Conf, "log4j.properties"), log4j1Config)
	}
	return h, err
}

// Master starts a master: the first one becomes active, others wait.
func (h *HBase) Master(dir string) (*Process, error) {
	return h.server(dir, "hbase.master.port", "org.apache.hadoop.hbase.master.HMaster")
}

// RegionServer starts a server of regions.
func (h *HBase) RegionServer(dir string) (*Process, error) {
	return h.server(dir, "hbase.regionserver.port", "org.apache.hadoop.hbase.regionserver.HRegionServer")
}

func (h *HBase) server(dir, portKey, class string) (*Process, error) {
	port, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	p, err := h.launch(filepath.Base(dir), dir, "256m", h.Conf, class, fmt.Sprintf("-D%s=%d", portKey, port), "start")
	if err != nil {
		return nil, err
	}
	p.Host, p.up = loopback(port), p.listening
	return p, nil
}

// hadoopFile is properties in the form of Hadoop's Configuration.
func hadoopFile(props map[string]string) string {
	var b strings.Builder
	b.WriteString("<configuration>\n")
	for _, key := range slices.Sorted(maps.Keys(props)) {
		fmt.Fprintf(&b, "<property><name>%s</name><value>%s</value></property>\n", key, props[key])
	}
	b.WriteString("</configuration>\n")
	return b.String()
}

// log4j1Config is for software that still logs with log4j 1, or with what replaces it.
const log4j1Config = `log4j.rootLogger=INFO,out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %-5p [%t] %c{2}: %m%n
`
