package fault_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"oakmoot/internal/run/fault"
	"oakmoot/internal/zk/zkwire"
)

func random() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"/a", "/a", true},
		{"/a", "/a/b", false},
		{"/a/*", "/a/b", true},
		{"/a/*", "/a", false},
		{"/a/*", "/a/b/c", false},
		{"/a/**", "/a/b/c", true},
		{"/a/**", "/a", true},
		{"/a/**", "/ab", false},
		{"**", "/a/b", true},
		{"/**/c", "/a/b/c", true},
		{"/**/c", "/c", true},
		{"/**/c/*", "/a/c/b/c/d", true},
		{"/**/c/*", "/a/c/b/d", false},
		{"/druid/*/host-*:80??", "/druid/loadQueue/host-1:8083", true},
		{"/a/**/**/**/b", "/a/x/y/z", false},
		{"/", "/", true},
	} {
		if got := fault.Glob(c.pattern, c.name); got != c.want {
			t.Errorf("Glob(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}

func TestRulesThatAnEffectCannotServeAreRefused(t *testing.T) {
	link := fault.NewLink(nil, random())
	frames, exchanges := &fault.Frames{}, &fault.Exchanges{}
	for _, c := range []struct {
		effect fault.Effect
		rule   fault.Rule
		want   string
	}{
		{fault.Hold{}, fault.Rule{ZK: frames}, "all bytes"},
		{fault.Hold{}, fault.Rule{Share: 0.5}, "all bytes"},
		{fault.Freeze{}, fault.Rule{HTTP: exchanges}, "all bytes"},
		{fault.Bandwidth{}, fault.Rule{}, "want 1 or more"},
		{fault.Bandwidth{Rate: 5}, fault.Rule{ZK: frames}, "all bytes"},
		{fault.Late{By: -time.Second}, fault.Rule{}, "early"},
		{fault.Late{By: time.Second}, fault.Rule{Times: 1}, "all bytes"},
		{fault.Lose{Silence: -time.Second}, fault.Rule{}, "silence"},
		{fault.Lose{}, fault.Rule{Share: 1.5}, "want 0 to 1"},
		{fault.Lose{}, fault.Rule{Skip: -1}, "want 0 or more"},
		{fault.Lose{}, fault.Rule{ZK: &fault.Frames{Ops: []string{"creat"}}}, `unknown ZooKeeper operation "creat"`},
		{fault.Lose{}, fault.Rule{ZK: &fault.Frames{Path: "/a/[b"}}, `pattern "/a/[b"`},
		{fault.Lose{}, fault.Rule{HTTP: &fault.Exchanges{Resource: "/a/[b"}}, `pattern "/a/[b"`},
		{fault.Answer{}, fault.Rule{}, "code or an HTTP status"},
		{fault.Answer{Status: 100}, fault.Rule{}, "want 200 to 599"},
		{fault.Answer{Code: zkwire.NoNode}, fault.Rule{HTTP: exchanges}, "with a status"},
		{fault.Answer{Status: 500}, fault.Rule{ZK: frames}, "with a code"},
		{fault.Answer{Status: 500}, fault.Rule{Part: fault.Reply}, "not replies"},
		{fault.Double{}, fault.Rule{}, "only HTTP"},
		{fault.Double{}, fault.Rule{ZK: frames, HTTP: exchanges}, "only HTTP"},
		{fault.Refuse{}, fault.Rule{Way: fault.To}, "no direction"},
		{fault.Reset{Messages: 1, Bytes: 1}, fault.Rule{}, "some messages or after some bytes"},
	} {
		if _, err := link.Arm(c.effect, c.rule); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%#v with %+v: got %v, want %q", c.effect, c.rule, err, c.want)
		}
	}
}

func TestOperationWordsMeanWhatTheySay(t *testing.T) {
	words := map[string]bool{}
	for _, w := range fault.OpWords() {
		if words[w] {
			t.Errorf("%s is there twice", w)
		}
		words[w] = true
	}
	for _, info := range zkwire.Ops {
		meant := words[info.Name]
		switch info.Op {
		case zkwire.OpCreate2, zkwire.OpCreateContainer, zkwire.OpCreateTTL, zkwire.OpDeleteContainer, zkwire.OpGetChildren2,
			zkwire.OpSetWatches2, zkwire.OpCheckWatches, zkwire.OpSASL: // by the word of their kin
		case zkwire.OpCreateSession: // connect
		case zkwire.OpError: // only in a multi's reply
		default:
			if !meant {
				t.Errorf("no word means %s", info.Name)
			}
		}
	}
}
