//go:build interop

package interop

import (
	"strings"
	"testing"
	"time"

	"oakmoot/interop/real"
)

func TestHelixLivesOnOurs(t *testing.T) {
	o := newTenants(t)
	helix, err := o.kit.Helix(t.Context(), o.door.addr(), tenantSession)
	if err != nil {
		unavailable(t, err)
	}
	const cluster, instance = "ours", "127.0.0.1_1"
	resource := func(name string) *real.Process {
		return moved(t)(helix.Program("Resource", o.at(name), "", o.door.addr(), cluster, instance, name))
	}
	leads := func(name string) func(string) bool {
		return func(data string) bool { return strings.Contains(data, `"`+name+`"`) }
	}
	const leader = "/" + cluster + "/CONTROLLER/LEADER"

	before := resource("before")
	o.awaitNode(t, "/"+cluster+"/IDEALSTATES/before", func(data string) bool { return data != "" })
	moved(t)(helix.Participant(o.at("participant"), cluster, instance))
	active := moved(t)(helix.Controller(o.at("controller-1"), cluster))
	o.awaitNode(t, leader, leads("controller-1"))
	moved(t)(helix.Controller(o.at("controller-2"), cluster))
	placed := func(p *real.Process, name string) {
		t.Helper()
		if log := ran(t, p); !strings.Contains(log, "placed: "+name+" {"+instance+"=MASTER}") {
			t.Fatalf("got %s, want %s placed", log, name)
		}
	}
	placed(before, "before")

	killed := time.Now()
	active.Kill()
	o.awaitNode(t, leader, leads("controller-2"))
	took := time.Since(killed)
	placed(resource("after"), "after")
	o.tell(t, "Helix "+real.HelixVersion, "two controllers, a participant; a resource", "the controller that leads: the other does, and places another resource", took)
}
