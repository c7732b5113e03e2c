package scenario

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

// playVerbs are no faults: what people and other programs do to a cluster.
var playVerbs = []Verb{
	{Name: "submit", Clauses: []string{"file", "json"}, eitherOr: []string{"file", "json"}, On: OnNothing, Do: playing(submit),
		Does: "submits a task to the leading overlord"},
	{Name: "publish", Clauses: []string{"segments", "rows", "interval"}, On: OnDataSource, Do: playing(publish),
		Does: "puts segments of a few made-up rows into deep storage and the metadata store; each is a day, behind those that are there, or its part of the interval"},
	{Name: "mark_unused", Clauses: []string{"interval"}, On: OnDataSource, Known: true, Do: playing(markUnused),
		Does: "marks the segments of a datasource unused, or those inside of an interval"},
	{Name: "rules", Clauses: []string{"json"}, Needs: []string{"json"}, On: OnDataSource, Known: true, Do: playing(setRules),
		Does: "sets the rules of a datasource: a JSON array, as the coordinator takes it"},
	{Name: "configure", Clauses: []string{"json"}, Needs: []string{"json"}, On: OnNothing, Do: playing(configure),
		Does: "sets keys of the coordinator's dynamic configuration: a JSON object, as the coordinator takes it"},
	{Name: "push", Clauses: []string{"rows", "json"}, eitherOr: []string{"rows", "json"}, On: OnDataSource, Known: true, Do: playing(push),
		Does: "pushes rows to the realtime node that takes them for a datasource: made-up ones of now, or those of a JSON array"},
	{Name: "scale", Clauses: []string{"count"}, Needs: []string{"count"}, On: OnKind, Do: playing(scale),
		Does: "has so many nodes of a kind: starts new ones, or stops the last ones as SIGTERM would"},
}

// Play is what people do to a cluster, as verbs ask for it.
type Play interface {
	// Submit submits a task and returns its id.
	Submit(ctx context.Context, task []byte) (id string, err error)
	// Publish makes segments, and says how many and which.
	Publish(ctx context.Context, p Publication) (made string, err error)
	// MarkUnused marks segments of a datasource unused, and says how many.
	MarkUnused(ctx context.Context, dataSource, interval string) (made string, err error)
	// SetRules sets the rules of a datasource.
	SetRules(ctx context.Context, dataSource string, rules []byte) error
	// Configure sets keys of the coordinator's dynamic configuration.
	Configure(ctx context.Context, config []byte) error
	// Push pushes rows, or as many made-up ones, and says how many.
	Push(ctx context.Context, dataSource string, rows []byte, count int) (made string, err error)
	// Scale has so many nodes of a kind, and says which it started or stopped.
	Scale(ctx context.Context, kind string, count int) (made string, err error)
}

// Publication is segments to be made.
type Publication struct {
	DataSource string
	Segments   int
	Rows       int    // of each
	Interval   string // of all together; "" is behind those that are there, a day each
}

// playLimit bounds how long a play waits for who leads, and for the answer.
const playLimit = 30 * time.Second

// playing carries out a play within its time.
func playing(do func(context.Context, Play, Action) (made string, err error)) Doer {
	return func(ctx context.Context, s Stage, a Action, _ []Actor) (Done, error) {
		ctx, cancel := context.WithTimeout(ctx, playLimit)
		defer cancel()
		made, err := do(ctx, s.Play(), a)
		return Done{Made: made}, err
	}
}

func submit(ctx context.Context, p Play, a Action) (string, error) {
	task := []byte(a.Word("json"))
	if file := a.Word("file"); file != "" {
		var err error
		if task, err = os.ReadFile(file); err != nil {
			return "", err
		}
		if !json.Valid(task) {
			return "", fmt.Errorf("%s is not JSON", file)
		}
	}
	return p.Submit(ctx, task)
}

// Sizes of a publication that does not say.
const (
	publishedSegments = 1
	publishedRows     = 2
)

func publish(ctx context.Context, p Play, a Action) (string, error) {
	return p.Publish(ctx, Publication{
		DataSource: a.Name, Segments: a.Count("segments", publishedSegments), Rows: a.Count("rows", publishedRows), Interval: a.Word("interval"),
	})
}

func markUnused(ctx context.Context, p Play, a Action) (string, error) {
	return p.MarkUnused(ctx, a.Name, a.Word("interval"))
}

func setRules(ctx context.Context, p Play, a Action) (string, error) {
	return "", p.SetRules(ctx, a.Name, []byte(a.Word("json")))
}

func configure(ctx context.Context, p Play, a Action) (string, error) {
	return "", p.Configure(ctx, []byte(a.Word("json")))
}

func push(ctx context.Context, p Play, a Action) (string, error) {
	if a.Has("json") && a.Has("rows") {
		return "", errors.New("push takes rows or json, not both")
	}
	return p.Push(ctx, a.Name, []byte(a.Word("json")), a.Count("rows", 0))
}

func scale(ctx context.Context, p Play, a Action) (string, error) {
	return p.Scale(ctx, a.Name, a.Count("count", 0))
}
