package control

import (
	"cmp"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"oakmoot/internal/run/build"
)

// buildInfo is 1, with what the program was built from as its labels.
func buildInfo() prometheus.Collector {
	b := build.This()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "oakmoot_build_info", Help: "Always 1; its labels say what the program was built from.",
		ConstLabels: prometheus.Labels{
			"version": b.Version, "revision": cmp.Or(b.Commit, "unknown"), "modified": strconv.FormatBool(b.Modified), "goversion": b.Go,
		},
	})
	info.Set(1)
	return info
}
