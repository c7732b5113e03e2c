package topology

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/ingest"
	"oakmoot/internal/stage/kinds"
	"oakmoot/internal/stage/scenario"
	"oakmoot/internal/stage/tomldoc"
)

// granularities are the names of the granularities that cut time into buckets.
var granularities = []string{
	"SECOND", "MINUTE", "FIVE_MINUTE", "TEN_MINUTE", "FIFTEEN_MINUTE", "THIRTY_MINUTE", "HOUR", "SIX_HOUR", "DAY", "WEEK", "MONTH", "QUARTER", "YEAR",
}

// metricTypes are the aggregators that an index task can use.
var metricTypes = []string{
	"count",
	"longSum", "longMin", "longMax", "longFirst", "longLast",
	"doubleSum", "doubleMin", "doubleMax", "doubleFirst", "doubleLast",
	"floatSum", "floatMin", "floatMax", "floatFirst", "floatLast",
}

func (c *checker) dataSources() {
	taken := map[string]bool{}
	for i, d := range c.topo.DataSources {
		path := func(key string) tomldoc.Path { return at("datasource", i, key) }
		c.dataSourceName(path("name"), d.Name)
		if taken[d.Name] {
			c.add(path("name"), "there is another datasource of the name %q", d.Name)
		}
		taken[d.Name] = true
		c.oneOf(path("segment_granularity"), d.SegmentGranularity, granularities...)
		c.rules(path("rules"), d.Rules)
		if d.Generates() || c.doc.Sets(path("generate")) {
			c.generate(at("datasource", i), d)
			continue
		}
		c.input(path("input"), d.Input)
		c.oneOf(path("format"), d.Format, "json", "csv", "tsv")
		if d.Format == "csv" || d.Format == "tsv" {
			c.required(path("columns"), len(d.Columns) > 0, "rows of format "+d.Format+" have no names in them, so columns are needed")
		} else {
			c.meaningless(path("columns"), len(d.Columns) > 0, "rows of format "+d.Format+" name their columns themselves")
		}
		c.oneOf(path("query_granularity"), d.QueryGranularity, append([]string{"NONE", "ALL"}, granularities...)...)
		c.rows(at("datasource", i), d)
		c.demandKinds(at("datasource", i), func(k kinds.Kind) string { return k.Indexing })
	}
}

// rolesKnown reports whether every role's kind and tier can be relied on. Where one of
// them is wrong already, that it is missing elsewhere only follows from it.
func (c *checker) rolesKnown() bool {
	for i := range c.topo.Roles {
		if c.doc.Has(at("role", i, "kind")) || c.doc.Has(at("role", i, "tier")) {
			return false
		}
	}
	return len(c.topo.Roles) > 0
}

// demandKinds demands that there are nodes of every kind without which something
// would not happen: otherwise says what, and is "" for a kind that is not needed.
func (c *checker) demandKinds(path tomldoc.Path, otherwise func(kinds.Kind) string) {
	if !c.rolesKnown() {
		return
	}
	for _, kind := range kinds.All() {
		missing := !slices.ContainsFunc(c.topo.Roles, func(r Role) bool { return r.Kind == kind.Name })
		if what := otherwise(kind); what != "" && missing {
			c.add(path, "there is no [[role]] of kind %q: %s", kind.Name, what)
		}
	}
}

func (c *checker) dataSourceName(path tomldoc.Path, name string) {
	switch {
	case name == "":
		c.add(path, "a %s is missing: which datasource is it?", path[len(path)-1])
	case strings.ContainsAny(name, "/\\ \t\n") || name[0] == '.':
		c.add(path, "%q is no name of a datasource: it becomes a path in ZooKeeper and in deep storage", name)
	}
}

// input demands that a file of rows is there.
func (c *checker) input(path tomldoc.Path, input string) {
	name, builtin := strings.CutPrefix(input, builtinPrefix)
	if builtin {
		known := slices.Sorted(maps.Keys(builtinRows))
		c.oneOf(path, name, known...)
		return
	}
	if input == "" {
		c.add(path, "an input is missing: a file of rows, or %sflights", builtinPrefix)
		return
	}
	if info, err := os.Stat(input); err != nil {
		c.add(path, "there is no file %s", input)
	} else if info.IsDir() {
		c.add(path, "%s is a directory, not a file", input)
	}
}

// rows checks what datasources and streams have in common. When that finds nothing,
// the code that will read the rows is tried.
func (c *checker) rows(table tomldoc.Path, d DataSource) {
	path := func(steps ...any) tomldoc.Path { return slices.Concat(table, steps) }
	c.required(path("timestamp"), d.Timestamp != "", "a timestamp is missing: which column is the time?")
	taken := map[string]string{"__time": "the time"}
	claim := func(path tomldoc.Path, name, what string) {
		if other := taken[name]; other != "" && name != "" {
			c.add(path, "%q is %s already", name, other)
		}
		taken[name] = what
	}
	for j, name := range d.Dimensions {
		c.required(path("dimensions", j), name != "", "a dimension has a name")
		claim(path("dimensions", j), name, "a dimension")
	}
	for j, m := range d.Metrics {
		c.required(path("metrics", j, "name"), m.Name != "", "a metric has a name")
		claim(path("metrics", j, "name"), m.Name, "a metric")
		if !c.oneOf(path("metrics", j, "type"), m.Type, metricTypes...) {
			continue
		}
		if m.Type == "count" {
			c.meaningless(path("metrics", j, "field"), m.Field != "", "a count reads no field")
		} else {
			c.required(path("metrics", j, "field"), m.Field != "", m.Type+" needs the field that it reads")
		}
	}
	if c.doc.Has(table) {
		return
	}
	if err := unreadable(d); err != nil {
		key := "timestamp_format"
		var refused *ingest.Exception
		if errors.As(err, &refused) && refused.Err != nil {
			if !strings.Contains(refused.Message, "TimestampSpec") {
				key = "columns"
			}
			err = refused.Err // without what Jackson wraps around it
		}
		c.add(path(key), "%v", err)
	}
}

// unreadable tries whether a parser can be made of a datasource's columns.
func unreadable(d DataSource) error {
	schema, err := json.Marshal(dataSchema(d.Name, parseSpec(d), d.Metrics, object{
		"type": "uniform", "segmentGranularity": d.SegmentGranularity, "queryGranularity": "NONE",
	}))
	if err != nil {
		return err
	}
	s, err := ingest.ParseSchema(schema)
	if err != nil {
		return err
	}
	_, err = s.NewParser()
	return err
}

// ruleKeys are the keys that each type of rule needs, besides its type; those with a
// question mark may be left out.
var ruleKeys = map[string][]string{
	"loadForever":         {"tieredReplicants?"},
	"loadByInterval":      {"interval", "tieredReplicants?"},
	"loadByPeriod":        {"period", "includeFuture?", "tieredReplicants?"},
	"dropForever":         {},
	"dropByInterval":      {"interval"},
	"dropByPeriod":        {"period", "includeFuture?"},
	"dropBeforeByPeriod":  {"period"},
	"broadcastForever":    {},
	"broadcastByInterval": {"interval"},
	"broadcastByPeriod":   {"period", "includeFuture?"},
}

func (c *checker) rules(path tomldoc.Path, rules []LoadRule) {
	for i, r := range rules {
		rule := func(steps ...any) tomldoc.Path { return slices.Concat(path, at(i), steps) }
		if !c.oneOf(rule("type"), r.Type, slices.Sorted(maps.Keys(ruleKeys))...) {
			continue
		}
		given := map[string]bool{
			"interval": r.Interval != "", "period": r.Period != "", "includeFuture": r.IncludeFuture != nil, "tieredReplicants": r.TieredReplicants != nil,
		}
		for _, key := range slices.Sorted(maps.Keys(given)) {
			needed := slices.Contains(ruleKeys[r.Type], key)
			c.unless(needed || slices.Contains(ruleKeys[r.Type], key+"?"), rule(key), given[key], "the rule is "+r.Type)
			c.required(rule(key), given[key] || !needed, fmt.Sprintf("%s needs %q", r.Type, key))
		}
		if _, err := druid.ParseInterval(r.Interval); err != nil && given["interval"] {
			c.add(rule("interval"), "%q is not an interval, such as \"2001-01-01/2001-02-01\"", r.Interval)
		}
		if _, err := druid.ParsePeriod(r.Period); err != nil && given["period"] {
			c.add(rule("period"), "%q is not a period, such as \"P1M\"", r.Period)
		}
		c.replicants(rule("tieredReplicants"), r.TieredReplicants)
	}
}

// replicants demands tiers that somebody belongs to, and counts that make sense.
func (c *checker) replicants(path tomldoc.Path, wanted map[string]int) {
	c.required(path, wanted == nil || len(wanted) > 0, "at least one tier is needed")
	var tiers []string
	for _, r := range c.topo.Roles {
		if kinds.Of(r.Kind).ServerType == druid.TypeHistorical {
			tiers = append(tiers, r.Tier)
		}
	}
	for _, tier := range slices.Sorted(maps.Keys(wanted)) {
		tierPath := slices.Concat(path, at(tier))
		if wanted[tier] < 0 {
			c.add(tierPath, "%d replicas cannot be", wanted[tier])
		}
		if !c.rolesKnown() || slices.Contains(tiers, tier) {
			continue
		}
		message := fmt.Sprintf("no historical is in the tier %q", tier)
		if near := scenario.Nearest(tier, tiers); near != "" {
			message += fmt.Sprintf("; did you mean %q?", near)
		}
		c.doc.AddKey(tierPath, message)
	}
}
