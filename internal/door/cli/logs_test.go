package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/go-hclog"

	"oakmoot/cluster"
	"oakmoot/internal/door/terminal"
)

func TestLogLevelsOfNodesAndKinds(t *testing.T) {
	topo := cluster.Topology{Roles: []cluster.Role{{Kind: "coordinator", Count: 2}, {Kind: "historical", Name: []string{"hot"}}}}
	for text, want := range map[string]string{
		"":                                      "info",
		"debug":                                 "debug",
		"warn,coordinator=debug":                "warn coordinator-1=debug coordinator-2=debug",
		"coordinator=trace, hot=off":            "info coordinator-1=trace coordinator-2=trace hot=off",
		"coordinator-1=error,coordinator=debug": "info coordinator-1=error coordinator-2=debug",
		"zookeeper=debug":                       "info zookeeper=debug",
	} {
		levels, err := parseLogLevels(text)
		if err != nil {
			t.Fatal(err)
		}
		byName, err := levels.byName(topo)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{or(levels.base, "info")}
		for _, name := range sortedKeys(byName) {
			if level := byName[name]; name != "coordinator" && name != "historical" {
				got = append(got, name+"="+level.String())
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for text, why := range map[string]string{
		"loud": `"loud" is no level`, "info,warn": "two levels for all", "hot=": `"" is no level`,
	} {
		if _, err := parseLogLevels(text); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: got %v, want %s", text, err, why)
		}
	}
	levels, _ := parseLogLevels("coordinater=debug")
	if _, err := levels.byName(topo); err == nil || !strings.Contains(err.Error(), `did you mean "coordinator"?`) {
		t.Errorf("got %v, want the nearest name", err)
	}
}

func TestNodesLogAtTheirLevel(t *testing.T) {
	var out bytes.Buffer
	root := hclog.New(&hclog.LoggerOptions{Output: &out, Level: hclog.Warn, IndependentLevels: true, DisableTime: true})
	log := leveled{root, map[string]hclog.Level{"hot": hclog.Debug}}
	log.Named("hot").Named("zk").With("a", 1).Debug("heard")
	log.Named("cold").Info("not heard")
	log.Info("nor this")
	if got := strings.TrimSpace(out.String()); got != "[DEBUG] hot.zk: heard: a=1" {
		t.Errorf("got %q", got)
	}
}

func TestLogTakesOneLineOfATerminalAndTheFileIsWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown bytes.Buffer
		file := filepath.Join(t.TempDir(), "log")
		screen := terminal.Screen{Size: func() (int, int) { return 60, 20 }, Moves: true}
		logs, err := openLogs(file, terminal.New(&shown, screen), true, false)
		if err != nil {
			t.Fatal(err)
		}
		log := hclog.New(&hclog.LoggerOptions{Output: logs.to, TimeFn: time.Now}).Named("historical-1")
		const id = "flights_2001-03-01T00:00:00.000Z_2001-04-01T00:00:00.000Z_2026-11-30T17:42:53.343Z"
		say := func() { log.Info("segment loaded", "segment", id, "bytes", 94450) }
		say()
		say()
		logs.screen.ready.Store(true)
		say()
		say() // in place: it has just been said
		time.Sleep(2 * foldFor)
		say()
		log.Error("one\ntwo", "error", strings.Repeat("long ", 20))
		logs.close()
		const line = "00:00:00.000 INFO  historical-1: segment loaded: segment=fl…\n"
		want := line + line + line + line[:58] + "…" +
			"\r\x1b[K00:02:00.000 INFO  historical-1: segment loaded: segment=fl…\n" + line[:58] + "…" +
			"\r\x1b[K00:02:00.000 ERROR historical-1: one two: error=\"" + strings.Repeat("long ", 20) + "\"\n" + line[:58] + "…\r\x1b[K"
		if diff := cmp.Diff(want, shown.String()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		whole, err := os.ReadFile(file)
		if err != nil || strings.Count(string(whole), id) != 5 || !strings.HasPrefix(string(whole), "2000-01-01T") {
			t.Errorf("%v, the file has not each line whole:\n%s", err, whole)
		}
	})
}
