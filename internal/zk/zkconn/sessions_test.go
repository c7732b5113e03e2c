package zkconn_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

// next waits for a connection in another session than the given one.
func next(t *testing.T, zc zkconn.Conn, states <-chan zkconn.State, id int64) {
	t.Helper()
	for s := range states {
		if s == zkconn.Reconnected {
			break
		}
	}
	if zc.SessionID() == id {
		t.Fatalf("still in session 0x%x, want another", id)
	}
	time.Sleep(time.Second) // what goes out late goes out by now
	synctest.Wait()
}

func TestRequestOfASessionThatIsOverIsNotSentInTheNext(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *zkembed.Server, int64){
		"the server expired it":          func(t *testing.T, srv *zkembed.Server, id int64) { expire(t, srv, id) },
		"the client has given it up too": func(*testing.T, *zkembed.Server, int64) { time.Sleep(2 * timeout) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, srv *zkembed.Server) {
				zc, l := open(t, srv, "")
				states, stop := zc.Listen()
				defer stop()
				id := zc.SessionID()
				l.cut()
				<-states
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if _, err := zc.Create(ctx, "/late", nil, zkconn.Ephemeral); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want its own deadline exceeded", err)
				}
				end(t, srv, id)
				l.mend()
				next(t, zc, states, id)
				if stat, err := zc.Exists(t.Context(), "/late"); stat != nil || err != nil {
					t.Errorf("got %+v, %v; want no node: its session is over, and whoever asked for it has given up", stat, err)
				}
			})
		})
	}
}

func expire(t *testing.T, srv *zkembed.Server, id int64) {
	t.Helper()
	if err := srv.Expire(t.Context(), zkembed.SessionID(id)); err != nil {
		t.Fatal(err)
	}
}

func TestContextOfASessionLastsOverACutAndEndsBeforeTheNext(t *testing.T) {
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		zc, l := open(t, srv, "")
		states, stop := zc.Listen()
		defer stop()
		ctx, release := zc.InSession(t.Context())
		defer release()
		l.cut()
		<-states
		l.mend()
		if _, err := zc.Create(ctx, "/in-time", nil, zkconn.Ephemeral); err != nil {
			t.Errorf("after a cut: %v", err)
		}
		id := zc.SessionID()
		l.cut()
		ended := make(chan error, 1)
		go func() {
			_, err := zc.Create(ctx, "/late", nil, zkconn.Ephemeral)
			ended <- err
		}()
		synctest.Wait()
		expire(t, srv, id)
		l.mend()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the request given up with its session", err)
		}
		next(t, zc, states, id)
		if stat, err := zc.Exists(t.Context(), "/late"); stat != nil || err != nil {
			t.Errorf("got %+v, %v; want no node of the next session", stat, err)
		}
	})
}

func TestContextOfASessionEndsWithTheConnectionAndWhenItIsReleased(t *testing.T) {
	bubble(t, func(t *testing.T, srv *zkembed.Server) {
		zc, _ := open(t, srv, "")
		released, release := zc.InSession(t.Context())
		release()
		lasting, end := zc.InSession(t.Context())
		defer end()
		if released.Err() == nil || lasting.Err() != nil {
			t.Errorf("got %v and %v, want the released one ended and the other not", released.Err(), lasting.Err())
		}
		zc.Close()
		after, end := zc.InSession(t.Context())
		defer end()
		if lasting.Err() == nil || after.Err() == nil {
			t.Errorf("after Close: got %v and %v, want both ended", lasting.Err(), after.Err())
		}
	})
}
