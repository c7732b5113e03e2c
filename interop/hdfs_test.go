//go:build interop

package interop

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"oakmoot/interop/real"
)

func TestHadoopsFailoverControllersLiveOnOurs(t *testing.T) {
	o := newTenants(t)
	hdfs, err := o.kit.HDFS(t.Context(), o.at("hdfs"), o.door.addr(), tenantSession)
	if err != nil {
		unavailable(t, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := hdfs.Format(ctx); err != nil {
		t.Fatal(err)
	}
	machine := func(id string) []*real.Process { // that dies as a whole
		return []*real.Process{
			moved(t)(hdfs.NameNode(o.at("namenode-"+id), id)),
			moved(t)(hdfs.Controller(o.at("controller-"+id), id)),
		}
	}
	const crumb = "/hadoop-ha/ours/ActiveBreadCrumb"
	leads := func(id string) func(string) bool {
		return func(data string) bool { return strings.Contains(data, id) }
	}
	active := machine("nn1")
	o.awaitNode(t, crumb, leads("nn1"))
	machine("nn2")
	makes := func(name string) string {
		t.Helper()
		return ran(t, moved(t)(hdfs.Program("Directories", o.at(name), hdfs.Conf, name)))
	}
	if log := makes("before"); !slices.Contains(strings.Split(log, "\n"), "directory: before") {
		t.Fatalf("got %s, want the directory", log)
	}

	killed := time.Now()
	for _, p := range active {
		p.Kill()
	}
	o.awaitNode(t, crumb, leads("nn2"))
	took := time.Since(killed)
	if log := makes("after"); !slices.Contains(strings.Split(log, "\n"), "directory: before") || !strings.Contains(log, "directory: after") {
		t.Fatalf("got %s, want both directories", log)
	}
	o.tell(t, "Hadoop "+real.HadoopVersion, "two NameNodes, each with its ZKFailoverController", "the active NameNode with its controller: the other becomes active, with all directories", took)
}
