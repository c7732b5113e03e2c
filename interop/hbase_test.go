//go:build interop

package interop

import (
	"slices"
	"strings"
	"testing"
	"time"

	"oakmoot/interop/real"
)

func TestHBaseLivesOnOurs(t *testing.T) {
	o := newTenants(t)
	hbase, err := o.kit.HBase(t.Context(), o.at("hbase"), o.door.addr(), tenantSession)
	if err != nil {
		unavailable(t, err)
	}
	active := moved(t)(hbase.Master(o.at("master-1")))
	moved(t)(hbase.RegionServer(o.at("regions")))
	leads := func(p *real.Process) func(string) bool {
		return func(data string) bool { return strings.Contains(data, "master:"+port(p)) }
	}
	o.awaitNode(t, "/hbase/master", leads(active))
	backup := moved(t)(hbase.Master(o.at("master-2")))
	put := func(table, text string) {
		t.Helper()
		log := ran(t, moved(t)(hbase.Program("Rows", o.at(table), hbase.Conf, table, text)))
		if !slices.Contains(strings.Split(log, "\n"), "row: "+text) {
			t.Fatalf("got %s, want the row %s", log, text)
		}
	}
	put("before", "one")
	o.awaitChildren(t, "/hbase/backup-masters", 1)

	killed := time.Now()
	active.Kill()
	o.awaitNode(t, "/hbase/master", leads(backup))
	took := time.Since(killed)
	put("after", "two")
	o.tell(t, "HBase "+real.HBaseVersion, "two masters, a region server; a table", "the active master: the backup becomes active and makes another table", took)
}
