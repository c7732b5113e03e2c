package zkembed_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"oakmoot/internal/run/memnet"
	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

var update = flag.Bool("update", false, "rewrite the expected part of testdata/script; commit that only when you can explain it")

// TestScripts plays testdata/script: blocks of commands, a line ----, and what every
// client received. Zxids count from the server's first, sessions go by the name of
// the client that opened them, and time is virtual.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("scripts: got %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { playFile(t, file) })
		})
	}
}

func playFile(t *testing.T, file string) {
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := newPlay(t)
	var got bytes.Buffer
	for _, b := range parseScript(string(want)) {
		fmt.Fprint(&got, b.comment)
		if len(b.commands) > 0 {
			fmt.Fprintf(&got, "%s\n----\n%s\n", strings.Join(b.commands, "\n"), p.run(b.commands))
		}
	}
	p.hangUp()
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// scriptBlock is commands that are sent together, after a comment.
type scriptBlock struct {
	comment  string // lines with #, and empty ones
	commands []string
}

func parseScript(text string) []scriptBlock {
	var blocks []scriptBlock
	var b scriptBlock
	expected := false
	for line := range strings.Lines(text) {
		switch trimmed := strings.TrimSpace(line); {
		case expected:
			if trimmed == "" {
				blocks, b, expected = append(blocks, b), scriptBlock{}, false
			}
		case trimmed == "----":
			expected = true
		case len(b.commands) == 0 && (trimmed == "" || trimmed[0] == '#'):
			b.comment += line
		case trimmed != "":
			b.commands = append(b.commands, trimmed)
		}
	}
	return append(blocks, b)
}

// play is a server and its clients while a script runs.
type play struct {
	t       *testing.T
	opts    zkembed.Options
	srv     *zkembed.Server
	clients map[string]*scriptClient
	order   []*scriptClient
	first   zkwire.Zxid // the server's at the beginning
	told    zkwire.Zxid // the last commit that was printed
	began   time.Time
	owners  map[zkwire.SessionID]string
	undo    func()
}

func newPlay(t *testing.T) *play {
	return &play{
		t: t, opts: zkembed.Options{Network: memnet.New(), SuperDigest: "super:D/InIHSb7yEEbrWz8b9l71RjZJU="},
		clients: map[string]*scriptClient{}, began: time.Now(), owners: map[zkwire.SessionID]string{},
	}
}

// server runs the server when it is first needed, so that options can come before.
func (p *play) server() *zkembed.Server {
	if p.srv == nil {
		p.srv = zkembed.RunT(p.t, p.opts)
		err := p.srv.Walk(p.t.Context(), "/", func(zkembed.Node) error { return nil })
		if err != nil {
			p.t.Fatal(err)
		}
		p.first = zkwire.Zxid(time.Now().Unix() << 32)
	}
	return p.srv
}

// run carries out commands and returns what each client received.
func (p *play) run(commands []string) string {
	var out strings.Builder
	last := ""
	for _, line := range commands {
		fields := strings.Fields(line)
		if who := fields[min(1, len(fields)-1)]; who != last {
			p.settle() // one client's requests go ahead of their answers, but not ahead of another's
			last = who
		}
		if text := p.play(line); text != "" {
			fmt.Fprintln(&out, strings.TrimSuffix(text, "\n"))
		}
	}
	p.settle()
	for _, c := range p.order {
		for _, line := range c.told {
			fmt.Fprintf(&out, "%s: %s\n", c.name, line)
		}
		c.told = nil
	}
	return out.String()
}

// play carries out one command.
func (p *play) play(line string) string {
	fields := strings.Fields(line)
	do, ok := scriptCommands[fields[0]]
	if !ok {
		p.t.Fatalf("no command %q", line)
	}
	return do(p, scriptArgs(fields[1:]))
}

// settle waits until everything is at rest, and collects what each client received.
func (p *play) settle() {
	synctest.Wait()
	for _, c := range p.order {
		c.collect()
	}
}

func (p *play) hangUp() {
	for _, c := range p.order {
		c.net.Close()
	}
	synctest.Wait()
}

func (p *play) zxid(z zkwire.Zxid) string {
	if z < p.first {
		return fmt.Sprint(int64(z))
	}
	return fmt.Sprint(int64(z - p.first))
}

func (p *play) owner(id zkwire.SessionID) string {
	if name, ok := p.owners[id]; ok {
		return name
	}
	return fmt.Sprint(int64(id))
}

// scriptArgs are a command's words: some are key=value, some stand alone.
type scriptArgs []string

// at is the nth word without a key.
func (a scriptArgs) at(n int) string {
	for _, word := range a {
		if strings.Contains(word, "=") && !strings.HasPrefix(word, "/") {
			continue
		}
		if n == 0 {
			return word
		}
		n--
	}
	return ""
}

func (a scriptArgs) has(word string) bool {
	for _, w := range a {
		if w == word {
			return true
		}
	}
	return false
}

// get is the value of a key.
func (a scriptArgs) get(key string) (string, bool) {
	for _, word := range a {
		if value, ok := strings.CutPrefix(word, key+"="); ok {
			return value, true
		}
	}
	return "", false
}
