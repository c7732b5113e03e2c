package metadata

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"

	"oakmoot/internal/run/loop"
)

// A transaction that met another one, or a server that was not there, is tried
// again: maxTries times in all, as SQLMetadataConnector does, with pauses that
// double from firstPause to longestPause, about three seconds together.
const (
	maxTries     = 10
	firstPause   = 5 * time.Millisecond
	longestPause = time.Second
)

// write runs f in one transaction, which is rolled back when f fails. f runs again
// when the transaction has to be tried again, so it starts from nothing each time.
func (s *Store) write(ctx context.Context, what string, f func(c conn) error) error {
	pause := firstPause
	for try := 1; ; try++ {
		err := s.transact(ctx, f)
		if err == nil {
			return nil
		}
		if try == maxTries || s.dialect.transient == nil || !s.dialect.transient(err) || !sleep(ctx, pause) {
			return fmt.Errorf("%s: %w", what, err)
		}
		pause = min(2*pause, longestPause)
	}
}

func (s *Store) transact(ctx context.Context, f func(c conn) error) error {
	tx, err := s.writer.BeginTx(ctx, &sql.TxOptions{Isolation: s.dialect.isolation})
	if err != nil {
		return err
	}
	if err := f(conn{s.dialect, s.ledger, tx}); err != nil {
		_ = tx.Rollback() // nothing of it was acknowledged
		return err
	}
	return tx.Commit()
}

// sleep pauses for between half of d and all of it, so that two who met do not meet
// again; false when ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	return loop.Sleep(ctx, d/2+rand.N(d/2)) == nil
}
