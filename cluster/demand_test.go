package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/run/machine"
)

// there runs clusters on a machine that has no more than this to spare.
func there(s machine.Spare) Option {
	return func(o *options) { o.machine = func() machine.Spare { return s } }
}

var plenty = machine.Spare{Files: 1 << 40, Ports: 1 << 40, Memory: 1 << 50}

func TestRunThatNeedsMoreThanThereIsSaysSoAndStartsNothing(t *testing.T) {
	thousand := Topology{Roles: []Role{{Kind: "coordinator"}, {Kind: "broker"}, {Kind: "historical", Count: 1000}}}
	scaled := Topology{Roles: []Role{{Kind: "historical"}}, Steps: []Step{{At: Span{Duration: time.Second, Set: true}, Do: "scale historical", Count: 600}}}
	for name, tt := range map[string]struct {
		topo  Topology
		there machine.Spare
		opts  []Option
		want  []string // nil when there is enough
	}{
		"files":           {thousand, machine.Spare{Files: 1000, Ports: 9999, Memory: 1 << 40}, nil, []string{"1002 nodes need at least 1026 open files, and there can be 1000 more (ulimit -n)"}},
		"ports":           {thousand, machine.Spare{Files: 9999, Ports: 1000, Memory: 1 << 40}, nil, []string{"1002 ports, and the system gives out 1000"}},
		"memory":          {thousand, machine.Spare{Files: 9999, Ports: 9999, Memory: 1 << 27}, nil, []string{"290 MiB of memory, and there are 128 MiB"}},
		"everything":      {thousand, machine.Spare{}, nil, []string{"open files", "; and 1002 ports", "; and 290 MiB"}},
		"in memory":       {thousand, machine.Spare{}, []Option{InMemory()}, []string{"1002 nodes need at least 290 MiB of memory, and there are 0 MiB"}},
		"what steps want": {scaled, machine.Spare{Files: machine.Unknown, Ports: 500, Memory: machine.Unknown}, nil, []string{"600 nodes need at least 600 ports"}},
		"unknown":         {thousand, machine.Spare{Files: machine.Unknown, Ports: machine.Unknown, Memory: machine.Unknown}, nil, nil},
		"plenty":          {thousand, plenty, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			c, err := New(tt.topo, append([]Option{there(tt.there), DataDir(dir)}, tt.opts...)...)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == nil {
				if err := c.affordable(); err != nil {
					t.Errorf("got %v, want no error", err)
				}
				return
			}
			err = c.Run(t.Context())
			if !errors.Is(err, ErrUnavailable) {
				t.Errorf("got %v, want something unavailable", err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("got %v, want %q in it", err, part)
				}
			}
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the data directory was made: %v", err)
			}
		})
	}
}

func TestRunThatIsScaledBeyondWhatThereIsStaysAsItIs(t *testing.T) {
	r := &roster{topo: Topology{Roles: []Role{{Kind: "broker"}}}, afford: (&site{
		zookeeper: &ensemble{}, opts: options{machine: func() machine.Spare { return machine.Spare{Files: 100, Ports: 100, Memory: 1 << 40} }},
	}).affordMore}
	said, err := r.scale(context.Background(), "broker", 51)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "51 nodes need at least 102 open files") || said != "" {
		t.Errorf("got %q, %v; want it refused", said, err)
	}
	if len(r.all()) != 0 {
		t.Errorf("got %d nodes, want none", len(r.all()))
	}
}
