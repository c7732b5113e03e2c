package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/deepstore"
	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/metadata"
	"oakmoot/internal/stage/scenario"
	"oakmoot/topology"
)

// operator is a person at the cluster's controls: what verbs do that are no faults.
type operator struct {
	topo      Topology
	requests  *requests
	segments  metadata.Segments
	submit    func(ctx context.Context, task []byte) (id string, err error)
	host      func(node string) string // where a node is found
	publisher *publisher
	roster    *roster
	intakes   *intakes
}

// newOperator is the person at the controls of this cluster.
func (c *Cluster) newOperator() *operator {
	storage := cmp.Or(c.topo.Defaults.Properties["druid.storage.storageDirectory"], c.dir.file("segments"))
	return &operator{
		topo: c.topo, requests: c.requests, segments: c.store.Segments, submit: c.Submit, roster: c.roster, intakes: c.intakes,
		host: func(name string) string {
			for _, n := range c.roster.all() {
				if n.name == name {
					return n.host()
				}
			}
			return ""
		},
		publisher: &publisher{dir: c.dir.file("input"), storage: deepstore.New(disk.OS{}, storage), segments: c.store.Segments},
	}
}

// Submit implements scenario.Play.
func (o *operator) Submit(ctx context.Context, task []byte) (id string, err error) {
	return o.submit(ctx, task)
}

// Publish implements scenario.Play.
func (o *operator) Publish(ctx context.Context, p scenario.Publication) (made string, err error) {
	o.intakes.publishes(p.DataSource)
	segments, err := o.publisher.publish(ctx, p)
	if err != nil {
		return "", fmt.Errorf("publish %s: %w", p.DataSource, err)
	}
	return fmt.Sprintf("%d segments of %s", len(segments), p.DataSource), nil
}

// MarkUnused implements scenario.Play.
func (o *operator) MarkUnused(ctx context.Context, dataSource, interval string) (made string, err error) {
	within := druid.Eternity
	if interval != "" {
		if within, err = druid.ParseInterval(interval); err != nil {
			return "", err
		}
	}
	used, err := o.segments.Used(ctx)
	if err != nil {
		return "", err
	}
	path := "/druid/coordinator/v1/datasources/" + url.PathEscape(dataSource)
	n := 0
	for _, s := range used {
		if s.DataSource != dataSource || s.Interval.Start < within.Start || s.Interval.End > within.End {
			continue
		}
		n++
		if interval == "" {
			continue
		}
		if _, err := o.requests.insist(ctx, "coordinator", http.MethodDelete, path+"/segments/"+url.PathEscape(s.ID().String()), nil); err != nil {
			return "", err
		}
	}
	if n == 0 {
		return "", fmt.Errorf("%s has no used segment%s", dataSource, map[bool]string{true: " in " + interval}[interval != ""])
	}
	if interval == "" {
		_, err = o.requests.insist(ctx, "coordinator", http.MethodDelete, path, nil)
	}
	return fmt.Sprintf("%d segments of %s", n, dataSource), err
}

// SetRules implements scenario.Play.
func (o *operator) SetRules(ctx context.Context, dataSource string, rules []byte) error {
	_, err := o.requests.post(ctx, "coordinator", "/druid/coordinator/v1/rules/"+url.PathEscape(dataSource), json.RawMessage(rules))
	return err
}

// Configure implements scenario.Play.
func (o *operator) Configure(ctx context.Context, config []byte) error {
	_, err := o.requests.post(ctx, "coordinator", "/druid/coordinator/v1/config", json.RawMessage(config))
	return err
}

// Push implements scenario.Play.
func (o *operator) Push(ctx context.Context, dataSource string, rows []byte, count int) (made string, err error) {
	for _, s := range o.topo.Streams {
		if s.DataSource != dataSource || s.Source != "push" {
			continue
		}
		if len(rows) == 0 {
			if rows, err = madeUpRows(s, count); err != nil {
				return "", err
			}
		}
		host := o.host(s.Node)
		if host == "" {
			return "", fmt.Errorf("nobody is in the seat of %s", s.Node)
		}
		answer, err := o.requests.send(ctx, host, http.MethodPost, "/druid/worker/v1/chat/"+url.PathEscape(dataSource)+"/push-events", rows)
		if err != nil {
			return "", err
		}
		var taken struct{ EventCount int }
		if err := json.Unmarshal(answer, &taken); err != nil {
			return "", fmt.Errorf("answer of %s: %w", s.Node, err)
		}
		return fmt.Sprintf("%d rows of %s", taken.EventCount, dataSource), nil
	}
	return "", fmt.Errorf("no stream of the topology takes pushed rows of %s: it takes source = \"push\"", dataSource)
}

// Scale implements scenario.Play.
func (o *operator) Scale(ctx context.Context, kind string, count int) (made string, err error) {
	return o.roster.scale(ctx, kind, count)
}

// madeUpRows are rows of a stream, of now.
func madeUpRows(s topology.Stream, count int) ([]byte, error) {
	rows := make([]map[string]any, count)
	for i := range rows {
		row := map[string]any{}
		switch s.TimestampFormat {
		case "", "auto", "iso":
			row[s.Timestamp] = druid.At(time.Now()).String()
		case "millis":
			row[s.Timestamp] = time.Now().UnixMilli()
		case "posix":
			row[s.Timestamp] = time.Now().Unix()
		default:
			return nil, errors.New("rows are made up for a timestamp_format of auto, iso, millis or posix: give these as json")
		}
		for _, d := range s.Dimensions {
			row[d] = fmt.Sprintf("%s-%d", d, i+1)
		}
		for _, m := range s.Metrics {
			if m.Field != "" {
				row[m.Field] = i + 1
			}
		}
		rows[i] = row
	}
	return json.Marshal(rows)
}
