// Package browser looks at the page with a real browser: Chromium, by the DevTools protocol.
package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oakmoot/cluster"
	"oakmoot/control"
	"oakmoot/interop/browser/screen"
)

var (
	chromium context.Context  // that all tests open their tabs in
	running  *cluster.Cluster // that most tests look at; each leaves it whole
)

func TestMain(m *testing.M) {
	code, err := with(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// with starts what the tests share, and ends it.
func with(tests func() int) (code int, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	topo := cluster.Quickstart()
	topo.ZooKeeper.SessionTimeout = cluster.Duration{Duration: 3 * time.Second, Set: true}
	topo.Defaults.LogLevel = "error"
	if running, err = cluster.New(topo, control.On("127.0.0.1:0", "")); err != nil {
		return 0, err
	}
	done := make(chan error, 1)
	go func() { done <- running.Run(ctx) }()
	var end func()
	if chromium, end, err = screen.Browser(ctx); err != nil {
		return 0, fmt.Errorf("chromium: %w", err)
	}
	defer end()
	select {
	case <-running.Ready():
	case err := <-done:
		return 0, err
	}
	code = tests()
	cancel()
	return code, <-done
}

// tab is a page in a test.
type tab struct {
	*testing.T
	page *screen.Page
}

var desktop = screen.Sizes[0]

// open opens the page of the shared cluster.
func open(t *testing.T, size screen.Size) tab {
	t.Helper()
	return openAt(t, "http://"+running.Addresses().Control+"/", size, false)
}

func openAt(t *testing.T, url string, size screen.Size, dark bool) tab {
	t.Helper()
	page, closeIt, err := screen.Open(chromium, size, dark)
	t.Cleanup(closeIt)
	p := tab{t, page}
	p.must(err)
	p.must(page.Go(url))
	t.Cleanup(func() {
		if mistakes := page.Mistakes(); len(mistakes) > 0 {
			t.Errorf("the page's scripts threw: %s", strings.Join(mistakes, "\n"))
		}
	})
	return p
}

func (p tab) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p tab) click(selector string) { p.Helper(); p.must(p.page.Click(selector)) }
func (p tab) press(key string)      { p.Helper(); p.must(p.page.Press(key)) }
func (p tab) until(holds string)    { p.Helper(); p.must(p.page.Until(holds)) }

// shows waits until what a selector finds first shows a text.
func (p tab) shows(selector, text string) {
	p.Helper()
	p.until(fmt.Sprintf("document.querySelector(%q)?.innerText.includes(%q)", selector, text))
}

// has waits until a selector finds something.
func (p tab) has(selector string) {
	p.Helper()
	p.until(fmt.Sprintf("document.querySelector(%q)", selector))
}

func (p tab) text(selector string) string {
	p.Helper()
	text, err := p.page.Text(selector)
	p.must(err)
	return text
}

// free leaves the story.
func (p tab) free() tab {
	p.Helper()
	p.click("nav button:last-child")
	return p
}

func eval[V any](p tab, expression string) V {
	p.Helper()
	v, err := screen.Eval[V](p.page, expression)
	p.must(err)
	return v
}

// whole waits until the shared cluster is as it was at first.
func whole(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), screen.Patience)
	defer cancel()
	if _, err := running.Do(ctx, "heal"); err != nil {
		t.Fatal(err)
	}
	if err := running.WaitFor(ctx, "up(coordinator) == 2 and up(historical) == 2 and leaders(coordinator) == 1 and candidates(coordinator) == 2"); err != nil {
		t.Fatal(err)
	}
}

// shoot writes what the screen shows to where screenshots go.
func (p tab) shoot(name string) {
	p.Helper()
	p.must(p.page.Whole(filepath.Join(screenshots(), name+".png")))
}

func screenshots() string {
	if dir := os.Getenv("OAKMOOT_SCREENSHOTS"); dir != "" {
		return dir
	}
	return "../out"
}
