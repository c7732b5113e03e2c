package main

import "time"

// The real coordinator and ours take turns over the same historicals and segments.
var (
	beside100 = measurement{
		name: "beside-100", what: "A real coordinator 0.14.0 beside ours: 100 of our historicals, one replica", by: "segments",
		wanted: "both serve everything; time, CPU and memory of the coordinator's process alone",
		sizes:  []int{1000, 10_000, 50_000}, limit: 40 * time.Minute, point: beside(100),
	}
	beside500 = measurement{
		name: "beside-500", what: "A real coordinator 0.14.0 beside ours: 500 of our historicals, one replica", by: "segments",
		sizes: []int{1000, 10_000, 50_000}, limit: 40 * time.Minute, point: beside(500),
	}
)
