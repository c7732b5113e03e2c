package topology_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"oakmoot/topology"
)

func TestPropertiesWithoutEffectAreReported(t *testing.T) {
	const roles = `
		[[role]]
		kind = "coordinator"
		properties = { "druid.coordinator.period.main" = "PT5S", "druid.coordinator.merge.on" = "true", "druid.coordinator.startDelay" = "PT1S" }
		[[role]]
		kind = "overlord"
		properties = { "druid.indexer.queue.maxSize" = "many", "druid.indexer.auditlog.enabled" = "true", "druid.indexer.runner.workerBlackListCleanupPeriod" = "PT0S" }
		`
	const seat = `
		[[role]]
		kind = "historical"
		external = true
		properties = { "druid.anything" = "1" }
		`
	const defaults = `[defaults.properties]
		"druid.indexer.queue.storageSyncRate" = "5 seconds"
		"druid.sql.enable" = "true"
		`
	ofRoles := []string{
		`role coordinator: no node reads "druid.coordinator.merge.on"`,
		`role coordinator: no node reads "druid.coordinator.period.main"; did you mean "druid.coordinator.period"?`,
		`role overlord: druid.indexer.queue.maxSize takes a whole number, not "many": the default holds`,
		`role overlord: druid.indexer.runner.workerBlackListCleanupPeriod takes a period above zero, not "PT0S": the default holds`,
	}
	ofDefaults := []string{
		`defaults: druid.indexer.queue.storageSyncRate takes a period such as "PT1S", or a number of milliseconds, not "5 seconds": the default holds`,
		`defaults: no node reads "druid.sql.enable"`,
	}
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"without seats": {defaults + roles, append(ofDefaults, ofRoles...)},
		"with a seat":   {defaults + roles + seat, ofRoles},
		"quickstart":    {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			topo := topology.Quickstart()
			if tt.text != "" {
				var err error
				if topo, err = topology.Load(strings.NewReader(tt.text)); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(tt.want, topo.Warnings()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
