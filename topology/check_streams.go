package topology

import (
	"slices"

	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/stage/tomldoc"
)

func (c *checker) streams() {
	type part struct {
		dataSource string
		partition  int
	}
	taken := map[part]bool{}
	for i, s := range c.topo.Streams {
		path := func(key string) tomldoc.Path { return at("stream", i, key) }
		c.dataSourceName(path("datasource"), s.DataSource)
		c.demandKinds(at("stream", i), func(k kinds.Kind) string { return k.Streaming })
		c.reader(path("node"), s.Node)
		c.source(i, s)
		c.oneOf(path("segment_granularity"), s.SegmentGranularity, granularities...)
		c.oneOf(path("rejection"), s.Rejection, "serverTime", "messageTime", "none")
		c.required(path("window"), s.Window.Duration > 0, "a window is longer than nothing")
		c.required(path("persist"), s.Persist.Duration > 0, "a persist period is longer than nothing")
		c.required(path("partition"), s.Partition >= 0, "partitions count from 0")
		if p := (part{s.DataSource, s.Partition}); taken[p] {
			c.add(path("partition"), "partition %d of %s has another stream", s.Partition, s.DataSource)
		} else {
			taken[p] = true
		}
		c.streamRules(i, s)
		c.rows(at("stream", i), DataSource{
			Name: s.DataSource, Format: "json", Timestamp: s.Timestamp, TimestampFormat: s.TimestampFormat,
			Dimensions: s.Dimensions, Metrics: s.Metrics, SegmentGranularity: s.SegmentGranularity,
		})
	}
}

// streamRules checks the rules of a stream's datasource, which are written once.
func (c *checker) streamRules(i int, s Stream) {
	path := at("stream", i, "rules")
	c.rules(path, s.Rules)
	if len(s.Rules) == 0 {
		return
	}
	for _, d := range c.topo.DataSources {
		if d.Name == s.DataSource && len(d.Rules) > 0 {
			c.add(path, "the [[datasource]] %s has rules already", d.Name)
		}
	}
	for _, other := range c.topo.Streams[:i] {
		if other.DataSource == s.DataSource && len(other.Rules) > 0 {
			c.add(path, "another stream of %s has rules already", s.DataSource)
		}
	}
}

// reader demands a realtime node of ours.
func (c *checker) reader(path tomldoc.Path, name string) {
	var known []string
	for _, p := range c.places {
		if p.kind().ReadsStreams {
			known = append(known, p.Name)
		}
		if p.Name == name && p.Role.External {
			c.add(path, "%q is external: its process has its own druid.realtime.specFile", name)
		}
	}
	if len(known) > 0 && !slices.Contains(known, name) {
		c.add(path, "%s", unknownNode("realtime node", name, known))
	}
}

func unknownNode(what, name string, known []string) string {
	message := "there is no " + what + " \"" + name + "\""
	if near := scenario.Nearest(name, known); near != "" {
		message += "; did you mean \"" + near + "\"?"
	}
	return message
}

// source checks where a stream's rows come from.
func (c *checker) source(i int, s Stream) {
	path := func(key string) tomldoc.Path { return at("stream", i, key) }
	if !c.oneOf(path("source"), s.Source, "replay", "push", "generator") {
		return
	}
	if s.Source == "replay" {
		c.input(path("input"), s.Input)
	} else {
		c.meaningless(path("input"), s.Input != "", "only a replay reads a file")
	}
	if s.Shift != "" {
		c.unless(s.Source == "replay", path("shift"), true, "only the rows of a replay have a time of their own")
		c.oneOf(path("shift"), s.Shift, "now", "arrival")
	}
	if s.Repeat {
		c.unless(s.Source == "replay", path("repeat"), true, "only a replay comes to an end")
		c.required(path("repeat"), s.Source != "replay" || s.Rate > 0, "what is repeated needs a rate, or it would fill the disk as fast as it can")
	}
	switch {
	case s.Source == "push":
		c.meaningless(path("rate"), s.Rate != 0, "whoever pushes sets the rate")
	case s.Rate < 0 || s.Rate > maxRate || s.Rate != s.Rate:
		c.add(path("rate"), "a rate is between 0 and %d rows a second", maxRate)
	case s.Source == "generator" && s.Rate == 0:
		c.add(path("rate"), "a generator needs a rate, in rows a second")
	}
}

// maxRate bounds the rows a second of a stream.
const maxRate = 1_000_000
