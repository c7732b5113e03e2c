package overlord

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/loop"
)

// shutdowns asks workers over HTTP to end tasks, and remembers what it has asked for:
// RemoteTaskRunner.shutdown. That the task has ended is then seen in ZooKeeper.
type shutdowns struct {
	client  *http.Client
	timeout time.Duration
	loop    *loop.Loop
	log     hclog.Logger
	asked   map[place]bool
}

// place is a task at a worker.
type place struct{ host, id string }

func newShutdowns(client *http.Client, timeout time.Duration, l *loop.Loop, log hclog.Logger) *shutdowns {
	return &shutdowns{client: client, timeout: timeout, loop: l, log: log, asked: map[place]bool{}}
}

// ask asks a worker to end a task. If that is not delivered, it counts as not asked.
func (s *shutdowns) ask(ctx context.Context, w *worker, id string) {
	at, uri := place{w.info.Host, id}, w.uri(id)+"/shutdown"
	s.asked[at] = true
	s.loop.Go(func() {
		if err := s.post(ctx, uri); err != nil && ctx.Err() == nil {
			s.log.Warn("shutdown not delivered", "task", id, "worker", at.host, "error", err)
			_ = s.loop.Post(ctx, func() { delete(s.asked, at) }) // a term that is over asks nobody
		}
	})
}

// forget lets every shutdown be asked for again, since a worker may not have carried it
// out.
func (s *shutdowns) forget() { clear(s.asked) }

func (s *shutdowns) post(ctx context.Context, uri string) error {
	ctx, cancel := s.loop.Clock.WithTimeout(ctx, s.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, uri, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", resp.Status)
	}
	return nil
}
