package broker

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"oakmoot/internal/druid"
	"oakmoot/internal/rows/dataserver"
	"oakmoot/internal/rows/query"
)

// A query whose segments move away faster than they are found is started maxTries times, with growing pauses, of
// which the first is firstPause.
const (
	maxTries   = 6
	firstPause = 20 * time.Millisecond
)

// lostError names pieces that no server had when asked.
type lostError struct{ pieces []piece }

func (e *lostError) Error() string {
	return fmt.Sprintf("No results found for segments[%v]", e.pieces[0].id) + more(len(e.pieces)-1)
}

func more(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

// answer asks the servers of everything visible and merges their answers: CachingClusteredClient and
// RetryQueryRunner. Every piece is read on exactly one server, so a row counts once while its segment moves. Unlike
// in Druid, a query whose pieces cannot be found starts over with what is visible by then, and fails rather than
// leave out rows.
func (b *broker) answer(ctx context.Context, q *query.Query) (dataserver.Answer, error) {
	pause := firstPause
	for try := 1; ; try++ {
		results, err := b.gather(ctx, q)
		if err == nil {
			b.log.Debug("query answered", "type", q.Type, "datasources", q.DataSources, "servers", len(results), "tries", try)
			return dataserver.Answer{Result: q.Merge(results...)}, nil
		}
		var lost *lostError
		if !errors.As(err, &lost) {
			return dataserver.Answer{}, err
		}
		if try == maxTries {
			return dataserver.Answer{}, &query.Error{Code: query.UnknownException, Message: lost.Error(), Class: "org.apache.druid.segment.SegmentMissingException"}
		}
		if err := b.cfg.Clock.Sleep(ctx, pause); err != nil {
			return dataserver.Answer{}, err
		}
		pause *= 2
	}
}

// gather reads every piece of the query once. Pieces that a server no longer has, or whose server does not answer,
// are requested from their other servers.
func (b *broker) gather(ctx context.Context, q *query.Query) ([]query.Result, error) {
	var open []piece
	if err := b.servers.ask(ctx, func(v *view) { open = v.pieces(q.DataSources, q) }); err != nil {
		return nil, err
	}
	var results []query.Result
	avoid := make(map[druid.SegmentID]map[string]bool)
	for len(open) > 0 {
		batches, err := b.assign(open, avoid)
		if err != nil {
			return nil, err
		}
		open = nil
		for _, o := range b.scatter(ctx, q, batches) {
			if o.fatal != nil {
				return nil, o.fatal
			}
			if o.result != nil {
				results = append(results, o.result)
			}
			for _, p := range o.missing {
				if avoid[p.id] == nil {
					avoid[p.id] = make(map[string]bool)
				}
				avoid[p.id][o.server] = true
				open = append(open, p)
			}
		}
		if err := b.refresh(ctx, open); err != nil {
			return nil, err
		}
	}
	if plantedCountsTwice && len(results) > 0 {
		results = append(results, results[0])
	}
	return results, nil
}

// batch is what one server is asked for, in one datasource.
type batch struct {
	server     druid.ServerMetadata
	dataSource string
	pieces     []piece
}

// assign picks a server for each piece.
func (b *broker) assign(open []piece, avoid map[druid.SegmentID]map[string]bool) ([]*batch, error) {
	type key struct{ server, dataSource string }
	byKey := make(map[key]*batch)
	var all []*batch
	lost := &lostError{}
	for _, p := range open {
		s, ok := pick(p.servers, b.better, avoid[p.id], anyOf)
		if !ok {
			lost.pieces = append(lost.pieces, p)
			continue
		}
		k := key{s.Name, p.dataSource}
		if byKey[k] == nil {
			byKey[k] = &batch{server: s, dataSource: p.dataSource}
			all = append(all, byKey[k])
		}
		byKey[k].pieces = append(byKey[k].pieces, p)
	}
	if len(lost.pieces) > 0 {
		return nil, lost
	}
	return all, nil
}

// refresh looks up again who serves the pieces that are still to be read.
func (b *broker) refresh(ctx context.Context, open []piece) error {
	if len(open) == 0 {
		return nil
	}
	return b.servers.ask(ctx, func(v *view) {
		for i := range open {
			open[i].servers = v.serversOf(open[i].id)
		}
	})
}

// outcome is the result of one batch.
type outcome struct {
	server  string
	result  query.Result
	missing []piece
	fatal   error // the query itself failed there
}

// scatter asks all servers at once and waits for all of them.
func (b *broker) scatter(ctx context.Context, q *query.Query, batches []*batch) []outcome {
	outcomes := make([]outcome, len(batches))
	var wait sync.WaitGroup
	for i, one := range batches {
		wait.Go(func() { outcomes[i] = b.askServer(ctx, q, one) })
	}
	wait.Wait()
	return outcomes
}
