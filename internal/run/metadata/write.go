package metadata

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"

	"oakmoot/internal/run/loop"
)

// A transaction that met another one, or found no server, is tried again: maxTries in all, as in
// SQLMetadataConnector, with pauses that double from firstPause to longestPause, about three seconds in total.
const (
	maxTries     = 10
	firstPause   = 5 * time.Millisecond
	longestPause = time.Second
)

// write runs f in one transaction, which is rolled back if f fails. f runs again if the transaction has to be
// retried, so it must start from scratch each time.
func (d *database) write(ctx context.Context, what string, f func(c conn) error) error {
	pause := firstPause
	for try := 1; ; try++ {
		err := d.transact(ctx, f)
		if err == nil {
			return nil
		}
		if try == maxTries || d.dialect.transient == nil || !d.dialect.transient(err) || !sleep(ctx, pause) {
			return fmt.Errorf("%s: %w", what, err)
		}
		pause = min(2*pause, longestPause)
	}
}

func (d *database) transact(ctx context.Context, f func(c conn) error) error {
	tx, err := d.writer.BeginTx(ctx, &sql.TxOptions{Isolation: d.dialect.isolation})
	if err != nil {
		return err
	}
	var changed []string
	if err := f(conn{d.dialect, d.ledger, d.clock, &changed, tx}); err != nil {
		_ = tx.Rollback() // none of it was acknowledged
		return err
	}
	if len(changed) > 0 {
		defer d.journal.add(changed) // also if it is not known whether it was committed
	}
	err = tx.Commit()
	d.journal.add(changed) // a commit that failed may have taken effect
	d.writes.Add(1)
	return err
}

// sleep pauses for between half of d and all of it, so that two that met do not meet again; false if ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	return loop.Sleep(ctx, d/2+rand.N(d/2)) == nil
}
