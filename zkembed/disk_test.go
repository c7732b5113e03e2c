package zkembed_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/disk"
	"oakmoot/internal/run/fault/diskfault"
	"oakmoot/internal/zk/zkconn"
	"oakmoot/zkembed"
)

// stored is a server whose data directory lies on a disk with faults.
type stored struct {
	*testing.T
	faults *diskfault.Disk
	net    zkembed.Network
	opts   zkembed.Options
}

// onDisk runs f in a bubble.
func onDisk(t *testing.T, f func(t *testing.T, s *stored)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &stored{T: t, faults: diskfault.New(disk.OS{}, rand.New(rand.NewPCG(1, 2))), net: zkembed.InMemory()}
		gate := s.faults.Gate(t.Context())
		s.opts = zkembed.Options{DataDir: dir, Network: s.net, Disk: func(op, path string, bytes int) (int, error) { return gate(disk.Op(op), path, bytes) }}
		f(t, s)
	})
}

// run runs a server. ended is its error once it has ended; stop ends it and waits.
func (s *stored) run() (zc zkconn.Conn, ended <-chan error, stop func()) {
	s.Helper()
	srv := zkembed.New(s.opts)
	ctx, cancel := context.WithCancel(s.Context())
	over := make(chan error, 1)
	go func() { over <- srv.Run(ctx) }()
	<-srv.Ready()
	zc, err := zkconn.Open(s.Context(), zkconn.Options{Servers: srv.Addrs(), SessionTimeout: 20 * time.Second, Dial: s.net.DialContext, Log: hclog.NewNullLogger()})
	if err != nil {
		s.Fatal(err)
	}
	return zc, over, func() { zc.Close(); cancel(); <-over }
}

func (s *stored) arm(e diskfault.Effect, name string) *diskfault.Armed {
	s.Helper()
	a, err := s.faults.Arm(e, diskfault.Rule{Paths: []string{filepath.ToSlash(s.opts.DataDir) + "/" + name}})
	if err != nil {
		s.Fatal(err)
	}
	return a
}

func (s *stored) create(zc zkconn.Conn, path string) error {
	_, err := zc.Create(s.Context(), path, nil, zkconn.Persistent)
	return err
}

// A server whose log cannot be written ends, and has acknowledged nothing that the next
// one does not know.
func TestServerEndsWithItsLogsDisk(t *testing.T) {
	for name, tt := range map[string]struct {
		effect diskfault.Effect
		want   error
	}{"full": {diskfault.Full{Room: 10}, syscall.ENOSPC}, "read-only": {diskfault.ReadOnly{}, syscall.EROFS}} {
		t.Run(name, func(t *testing.T) {
			onDisk(t, func(t *testing.T, s *stored) {
				zc, ended, _ := s.run()
				if err := s.create(zc, "/before"); err != nil {
					t.Fatal(err)
				}
				a := s.arm(tt.effect, "log.*")
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				if _, err := zc.Create(ctx, "/lost", nil, zkconn.Persistent); err == nil {
					t.Error("a create that was not written has been acknowledged")
				}
				if err := <-ended; !errors.Is(err, tt.want) {
					t.Errorf("the server ended with %v, want %v", err, tt.want)
				}
				zc.Close()
				if a.Touched().Operations == 0 {
					t.Error("the fault touched nothing")
				}
				a.Undo()

				zc, _, stop := s.run()
				defer stop()
				if there, err := zc.Exists(t.Context(), "/before"); err != nil || there == nil {
					t.Errorf("what was acknowledged: got %v, %v", there, err)
				}
				if there, err := zc.Exists(t.Context(), "/lost"); err != nil || there != nil {
					t.Errorf("what was not written: got %v, %v", there, err)
				}
			})
		})
	}
}

func TestSlowSyncMakesEveryWriteLate(t *testing.T) {
	onDisk(t, func(t *testing.T, s *stored) {
		zc, _, stop := s.run()
		defer stop()
		a := s.arm(diskfault.Slow{By: 2 * time.Second, Ops: []disk.Op{disk.OpSync}}, "log.*")
		began := time.Now()
		if err := s.create(zc, "/late"); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("a create took %v, want 2s", took)
		}
		a.Undo()
		began = time.Now()
		if err := s.create(zc, "/soon"); err != nil || time.Since(began) != 0 {
			t.Errorf("a create after that took %v: %v", time.Since(began), err)
		}
	})
}

// A log that cannot be read stops the start: what was acknowledged must not be missing in
// silence.
func TestServerDoesNotStartFromALogThatCannotBeRead(t *testing.T) {
	onDisk(t, func(t *testing.T, s *stored) {
		zc, _, stop := s.run()
		for _, path := range []string{"/a", "/b", "/c"} {
			if err := s.create(zc, path); err != nil {
				t.Fatal(err)
			}
		}
		stop()
		s.arm(diskfault.Unreadable{}, "log.*")
		if err := zkembed.New(s.opts).Run(t.Context()); !errors.Is(err, syscall.EIO) {
			t.Errorf("from a log that cannot be read: got %v, want %v", err, syscall.EIO)
		}
	})
}
