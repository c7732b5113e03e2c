//go:build interop

package real

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Versions of Apache Druid that can be fetched.
const (
	Druid014 = "0.14.0-incubating"
	Druid27  = "27.0.0" // the newest with all of the protocols
	Druid33  = "33.0.0" // it still has announcements and tasks
)

// Druid is a fetched version of Apache Druid.
type Druid struct {
	Version string
	Heap    string // of the roles that are launched, as in -Xmx; "" is what each gets through its stories with
	kit     *Kit
	dir     string
}

// Druid fetches a version of Apache Druid, unless it is in the cache.
func (k *Kit) Druid(ctx context.Context, version string) (*Druid, error) {
	dir, err := k.once("druid-"+version, func(dir string) error { return k.assemble(ctx, version, dir) })
	if err != nil {
		return nil, fmt.Errorf("fetch Druid %s: %w", version, err)
	}
	return &Druid{Version: version, kit: k, dir: dir}, nil
}

// assemble fetches the jars of a version: lib is Druid, postgresql its extension of that name.
func (k *Kit) assemble(ctx context.Context, version, dir string) error {
	lib, extension := filepath.Join(dir, "lib"), filepath.Join(dir, "postgresql")
	boms, wanted := druidArtifacts(version)
	if err := fetchJars(ctx, lib, boms, wanted...); err != nil {
		return err
	}
	if version != Druid33 { // it has no extension in the repository
		if err := fetchJars(ctx, extension, nil, postgresArtifacts(version)...); err != nil {
			return err
		}
	}
	if err := writeFile(filepath.Join(dir, "conf", "log4j2.xml"), log4jConfig); err != nil {
		return err
	}
	if version != Druid014 {
		return nil
	}
	return k.makeCompatJar(ctx, lib, filepath.Join(dir, "compat.jar"))
}

// druidArtifacts are what a version consists of. Sigar, a native library for monitors, is not in the Maven repository
// in the version that Druid names.
func druidArtifacts(version string) (boms, wanted []artifact) {
	const group = "org.apache.druid"
	services := artifact{group: group, name: "druid-services", version: version, without: []string{"org.hyperic:sigar"}}
	if version != Druid014 {
		services.without = append(services.without, "org.apache.druid:druid-indexing-hadoop", "org.apache.druid:druid-console", "org.apache.druid:web-console")
		hadoop := artifact{group: group, name: "druid-indexing-hadoop", version: version, without: []string{"*:*"}}
		if version == Druid27 { // its own is not in the repository; Guice and Jackson only need its class names
			hadoop.version = "25.0.0"
		}
		return nil, []artifact{services, hadoop}
	}
	return []artifact{{group: group, name: "druid", version: version}}, []artifact{
		services,
		{group: "org.fusesource", name: "sigar", version: "1.6.4"},
		// What Java 11 removed.
		{group: "javax.xml.bind", name: "jaxb-api", version: "2.3.1"},
		{group: "com.sun.xml.bind", name: "jaxb-impl", version: "2.3.1"},
		{group: "com.sun.xml.bind", name: "jaxb-core", version: "2.3.0.1"},
		{group: "javax.annotation", name: "javax.annotation-api", version: "1.3.2"},
	}
}

// postgresArtifacts are Druid's extension for PostgreSQL and the driver of its time. 27.0.0's extension is not in the
// repository; the previous one works.
func postgresArtifacts(version string) []artifact {
	const group, name = "org.apache.druid.extensions", "postgresql-metadata-storage"
	driver := artifact{group: "org.postgresql", name: "postgresql", version: "9.4.1208.jre7"}
	if version != Druid014 {
		version, driver.version = "25.0.0", "42.4.1"
	}
	return []artifact{{group: group, name: name, version: version, without: []string{"*:*"}}, driver}
}

const log4jConfig = `<Configuration status="WARN">
<Appenders><Console name="out"><PatternLayout pattern="%d{ISO8601} %p [%t] %c{1} - %m%n"/></Console></Appenders>
<Loggers><Root level="info"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
`

// Place is the cluster that a process joins.
type Place struct {
	ZooKeeper      string // host:port[,host:port][/chroot]
	Base           string // druid.zk.paths.base
	Discovery      string // druid.discovery.curator.path, which does not follow the base
	SessionTimeout time.Duration
	Segments       string // the local deep storage's directory
	TaskLogs       string
	Postgres       *Process // the metadata store of coordinator, overlord and realtime node
}

// DumpSegment has Druid's own tool read the segment in dir, unzipped, and write what it sees to a file in work:
// "rows", one JSON object per line, or "metadata".
func (d *Druid) DumpSegment(ctx context.Context, dir, work, what string) (string, error) {
	out := filepath.Join(work, what+".json")
	if err := writeFile(filepath.Join(work, "tmp", ".keep"), ""); err != nil {
		return "", err
	}
	argv := slices.Concat(d.jvm("128m", work), []string{
		"-XX:MaxDirectMemorySize=512m", // for four buffers of 100 MiB, which no property makes smaller
		"-Ddruid.extensions.loadList=[]", "-Ddruid.startup.logging.logProperties=false",
		"-cp", d.classPath(work), "org.apache.druid.cli.Main", "tools", "dump-segment", "--directory", dir, "--out", out, "--dump", what,
	})
	if log, err := exec.CommandContext(ctx, d.kit.java, argv...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("dump-segment: %w\n%s", err, lastLines(log, 15))
	}
	return out, nil
}

// Launch starts a role, named as on Druid's command line, for example "middleManager", in dir. It does not wait until
// the role is up: Up does. The properties in more override the usual ones.
func (d *Druid) Launch(role, dir string, at Place, more map[string]string) (*Process, error) {
	port, err := FreePorts(1 + peonPorts)
	if err != nil {
		return nil, err
	}
	props := common(role, port, dir, at)
	maps.Copy(props, roleProperties(d, role, port, dir))
	if d.Version != Druid014 {
		maps.Copy(props, spokenOverZooKeeper)
	}
	maps.Copy(props, more)
	if err := writeFile(filepath.Join(dir, "conf", "runtime.properties"), propertyFile(props)); err != nil {
		return nil, err
	}
	if err := writeFile(filepath.Join(dir, "tmp", ".keep"), ""); err != nil {
		return nil, err
	}
	argv := slices.Concat([]string{d.kit.java}, d.jvm(cmp.Or(d.Heap, heaps[role]), dir), []string{
		"-cp", d.classPath(dir), "org.apache.druid.cli.Main", "server", role,
	})
	p, err := launch(filepath.Base(dir), dir, nil, argv...)
	if err != nil {
		return nil, err
	}
	p.Version, p.Host, p.up = d.Version, net.JoinHostPort("127.0.0.1", props["druid.plaintextPort"]), p.healthy
	return p, nil
}

// heaps are heap sizes with which the roles get through these stories.
var heaps = map[string]string{
	"coordinator": "192m", "overlord": "192m", "historical": "192m", "middleManager": "96m", "broker": "192m", "router": "128m", "realtime": "192m",
}

// classPath begins with the process's own properties, which a middleManager's peons inherit along with it.
func (d *Druid) classPath(dir string) string {
	return strings.Join([]string{
		filepath.Join(dir, "conf"), filepath.Join(d.dir, "conf"), filepath.Join(d.dir, "compat.jar"),
		filepath.Join(d.dir, "lib", "*"), filepath.Join(d.dir, "postgresql", "*"),
	}, ":")
}

// jvm are the flags of a Java process: small, quick to start, and opening the modules that Druid looks into.
func (d *Druid) jvm(heap, dir string) []string {
	flags := []string{
		"-server", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xms32m", "-Xmx" + heap, "-XX:MaxDirectMemorySize=128m",
		"-Duser.timezone=UTC", "-Dfile.encoding=UTF-8", "-Djava.io.tmpdir=" + filepath.Join(dir, "tmp"),
		"-Djava.util.logging.manager=org.apache.logging.log4j.jul.LogManager",
	}
	for _, pkg := range []string{"java.lang", "java.lang.reflect", "java.io", "java.util", "java.util.concurrent", "java.net", "java.nio", "sun.nio.ch", "jdk.internal.ref", "jdk.internal.misc"} {
		flags = append(flags, "--add-opens=java.base/"+pkg+"=ALL-UNNAMED")
	}
	return append(flags, "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED", "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
		"--add-opens=jdk.management/com.sun.management.internal=ALL-UNNAMED")
}

// propertyFile is properties in the format that Java reads.
func propertyFile(props map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(props)) {
		fmt.Fprintf(&b, "%s=%s\n", key, strings.ReplaceAll(props[key], `\`, `\\`))
	}
	return b.String()
}

// peonPorts is how many ports a middleManager may give to peons.
const peonPorts = 20
