package cluster

import (
	"context"
	"fmt"
	"strings"

	"oakmoot/internal/stage/answer"
	"oakmoot/internal/stage/scenario"
	"oakmoot/topology"
)

// statement is what an expectation says of the cluster.
type statement interface {
	fmt.Stringer
	// look finds out whether it is true now.
	look(ctx context.Context, o *observer) (look, error)
	// reads is what a look has to read.
	reads() scenario.Source
}

// holding says that a condition holds.
type holding struct{ scenario.Condition }

func (c holding) look(ctx context.Context, o *observer) (look, error) {
	return o.evaluate(ctx, c.Condition)
}

func (c holding) reads() scenario.Source { return c.Condition.Reads() }

// answering says that a broker answers a query with certain rows, and no others.
type answering struct {
	query answer.Query
	rows  answer.Rows
	ask   func(ctx context.Context, query []byte) ([]byte, error)
}

func newAnswering(e topology.Expect, ask func(ctx context.Context, query []byte) ([]byte, error)) (statement, error) {
	query, err := answer.Source{Value: e.Query, File: e.QueryFile}.Query()
	if err != nil {
		return nil, fmt.Errorf("query of an expectation: %w", err)
	}
	rows, err := answer.Source{Value: e.Answer, File: e.AnswerFile}.Rows()
	if err != nil {
		return nil, fmt.Errorf("answer of an expectation: %w", err)
	}
	return &answering{query, rows, ask}, nil
}

func (a *answering) look(ctx context.Context, o *observer) (l look, err error) {
	body, err := a.ask(ctx, a.query.Text)
	if err != nil {
		return l, err
	}
	l = o.now()
	l.seen, err = a.query.Compare(a.rows, body)
	l.holds = l.seen == ""
	return l, err
}

func (a *answering) reads() scenario.Source { return scenario.FromBroker }

// String says what is asked and how much is expected.
func (a *answering) String() string {
	return fmt.Sprintf("%s of %s answers the %s written", a.query.Type, strings.Join(a.query.DataSources, " and "), a.rows.Count())
}
