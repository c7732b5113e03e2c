package cluster

import (
	"context"
	"sync"

	"github.com/hashicorp/go-hclog"

	"oakmoot/internal/run/loop"
)

// versions are the versions of Druid that the processes in the seats report. The maps
// belong to the seat watch's goroutine.
type versions struct {
	request func(ctx context.Context, host string) (string, error)
	log     hclog.Logger

	asked   map[string]int64   // host → session for which its version is asked, or known
	known   map[string]string  // host → version
	answers chan versionAnswer // to be heard by the seat watch
	asking  sync.WaitGroup
}

// versionAnswer is the version that a process reports; "" is no answer.
type versionAnswer struct{ host, version string }

func newVersions(request func(ctx context.Context, host string) (string, error), log hclog.Logger) *versions {
	return &versions{request: request, log: log, asked: map[string]int64{}, known: map[string]string{}, answers: make(chan versionAnswer)}
}

// of is the version of the process at a host with that session; "" until it has answered.
func (v *versions) of(host string, session int64) string {
	if v.asked[host] != session {
		return ""
	}
	return v.known[host]
}

// ask asks a process that has just arrived for its version, in the background.
func (v *versions) ask(ctx context.Context, o *occupant) {
	if o.session == 0 || v.asked[o.host] == o.session {
		return
	}
	v.asked[o.host] = o.session
	delete(v.known, o.host)
	host := o.host
	v.asking.Go(func() {
		version, err := v.request(ctx, host)
		if err != nil {
			v.log.Debug("its version is not known", "host", host, "error", err)
			_ = loop.Sleep(ctx, seatRecheck)
		}
		select {
		case v.answers <- versionAnswer{host, version}:
		case <-ctx.Done():
		}
	})
}

// hear takes an answer; without one, the process is asked again.
func (v *versions) hear(a versionAnswer) {
	if a.version == "" {
		delete(v.asked, a.host)
		return
	}
	v.known[a.host] = a.version
}

// wait returns once nobody is being asked any more.
func (v *versions) wait() { v.asking.Wait() }
