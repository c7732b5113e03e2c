// Package screen is a browser that looks at the page.
package screen

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Size is a screen.
type Size struct {
	Name          string
	Width, Height int64
	Touch         bool
}

// Sizes are those that the page is looked at in.
var Sizes = []Size{
	{"desktop", 1366, 900, false},
	{"tablet", 820, 1180, true},
	{"phone", 375, 812, true},
}

// Patience is how long something that must come may take.
const Patience = 30 * time.Second

// Browser runs Chromium until it is ended.
func Browser(ctx context.Context) (browser context.Context, end func(), err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, endProcess := chromedp.NewExecAllocator(ctx, options...)
	ctx, endTabs := chromedp.NewContext(ctx)
	end = func() {
		endTabs()
		endProcess()
	}
	return ctx, end, chromedp.Run(ctx) // what runs first ends the process when its context ends
}

// Page is a tab of a browser.
type Page struct {
	ctx      context.Context
	mistakes []string // what the page's scripts threw, or wrote to the console as an error
}

// Open opens a tab in a browser.
func Open(browser context.Context, size Size, dark bool) (p *Page, closeIt func(), err error) {
	ctx, closeIt := chromedp.NewContext(browser)
	p = &Page{ctx: ctx}
	chromedp.ListenTarget(ctx, p.hear)
	if err := chromedp.Run(ctx); err != nil { // what runs first closes the tab when its context ends
		return p, closeIt, err
	}
	return p, closeIt, p.do(
		chromedp.EmulateViewport(size.Width, size.Height, emulated(size)...),
		emulation.SetFocusEmulationEnabled(true), // also while another tab is in front
		prefers(dark),
	)
}

// Dark has the visitor prefer a dark page, or a light one.
func (p *Page) Dark(dark bool) error { return p.do(prefers(dark)) }

func prefers(dark bool) chromedp.Action {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}})
}

func emulated(size Size) []chromedp.EmulateViewportOption {
	if size.Touch {
		return []chromedp.EmulateViewportOption{chromedp.EmulateTouch, chromedp.EmulateMobile}
	}
	return nil
}

func (p *Page) hear(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		p.mistakes = append(p.mistakes, e.ExceptionDetails.Text+" "+exception(e))
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError {
			p.mistakes = append(p.mistakes, fmt.Sprint(e.Args[0].Value))
		}
	}
}

// Mistakes are what the page's scripts threw so far.
func (p *Page) Mistakes() []string { return p.mistakes }

func (p *Page) do(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	return chromedp.Run(ctx, actions...)
}

// Go opens an address.
func (p *Page) Go(url string) error { return p.do(chromedp.Navigate(url)) }

// Until waits for a JavaScript expression to hold, and says what the page shows if it never does.
func (p *Page) Until(expression string) error {
	err := p.do(chromedp.Poll(expression, nil, chromedp.WithPollingInterval(30*time.Millisecond), chromedp.WithPollingTimeout(Patience)))
	if err != nil {
		text, _ := p.Text("body")
		return fmt.Errorf("%s does not hold: %w; the page shows:\n%s", expression, err, text)
	}
	return nil
}

// Eval is the value of a JavaScript expression.
func Eval[T any](p *Page, expression string) (value T, err error) {
	err = p.do(chromedp.Evaluate(expression, &value, func(e *runtime.EvaluateParams) *runtime.EvaluateParams { return e.WithAwaitPromise(true) }))
	return value, err
}

// place finds the middle of an element once it stands still and nothing covers it, and is null until then.
const place = `(async () => {
	const e = document.querySelector(%s);
	if (!e) return null;
	const at = () => { const r = e.getBoundingClientRect(); return { X: r.x + r.width / 2, Y: r.y + r.height / 2 }; };
	if (at().Y < 20 || at().Y > innerHeight - 20 || at().X < 0 || at().X > innerWidth) e.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
	const before = at();
	await new Promise(requestAnimationFrame);
	await new Promise(requestAnimationFrame);
	const now = at(), top = document.elementFromPoint(now.X, now.Y);
	return before.X === now.X && before.Y === now.Y && top && (e.contains(top) || top.contains(e)) ? { ...now, Within: e.contains(top) } : null;
})()`

// spot is where an element is, on the screen.
type spot struct {
	X, Y   float64
	Within bool // what is on top there is the element or in it, and not around it
}

// watchPress has the page note whether the next press goes to what a selector finds first, and pressMet is what it has
// noted: true if nothing, as a press may take the page away.
const (
	watchPress = `addEventListener("pointerdown", (e) => { window.pressMet = !!document.querySelector(%s)?.contains(e.target); }, { capture: true, once: true })`
	pressMet   = `(() => { const met = window.pressMet ?? true; delete window.pressMet; return met; })()`
)

// Click clicks on the middle of what a selector finds first, as a visitor would: once it can be seen and stands still. What
// moves away between the look and the press is looked for again; a press that it gets counts, whatever comes of it.
func (p *Page) Click(selector string) error { return p.clicks(selector, 1) }

// DoubleClick clicks twice.
func (p *Page) DoubleClick(selector string) error { return p.clicks(selector, 2) }

func (p *Page) clicks(selector string, times int) error {
	if err := p.Until(fmt.Sprintf("document.querySelector(%s)", quoted(selector))); err != nil {
		return err
	}
	for began := time.Now(); time.Since(began) < Patience; {
		at, err := Eval[*spot](p, fmt.Sprintf(place, quoted(selector)))
		if err != nil {
			return fmt.Errorf("click %s: %w", selector, err)
		}
		if at != nil {
			if err := p.do(chromedp.Evaluate(fmt.Sprintf(watchPress, quoted(selector)), nil)); err != nil {
				return err
			}
			for n := range times {
				if err := p.do(chromedp.MouseClickXY(at.X, at.Y, chromedp.ClickCount(n+1))); err != nil {
					return err
				}
			}
			met, err := Eval[bool](p, pressMet)
			if err != nil {
				return fmt.Errorf("click %s: %w", selector, err)
			}
			if met || !at.Within {
				return nil
			}
		}
	}
	return fmt.Errorf("click %s: it never stood still where it can be clicked", selector)
}

// Type types into what a selector finds first.
func (p *Page) Type(selector, text string) error {
	return p.do(chromedp.SendKeys(selector, text, chromedp.ByQuery))
}

// Press presses a key, such as kb.ArrowDown, where the focus is.
func (p *Page) Press(key string) error { return p.do(chromedp.KeyEvent(key)) }

// Keys that the page knows.
const (
	Escape, Enter, Tab    = kb.Escape, kb.Enter, kb.Tab
	Down, Up, Right, Left = kb.ArrowDown, kb.ArrowUp, kb.ArrowRight, kb.ArrowLeft
)

// Text is the text of what a selector finds first.
func (p *Page) Text(selector string) (string, error) {
	return Eval[string](p, fmt.Sprintf("document.querySelector(%s)?.innerText ?? ''", quoted(selector)))
}

// Count is how much a selector finds.
func (p *Page) Count(selector string) (int, error) {
	return Eval[int](p, fmt.Sprintf("document.querySelectorAll(%s).length", quoted(selector)))
}

// Shot writes what the screen shows to a file.
func (p *Page) Shot(file string) error {
	picture, err := p.Picture()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, picture, 0o644)
}

// Picture is what the screen shows, as PNG.
func (p *Page) Picture() (picture []byte, err error) {
	err = p.do(chromedp.CaptureScreenshot(&picture))
	return picture, err
}

// Whole is the whole page as PNG, also what is below the screen.
func (p *Page) Whole(file string) error {
	var picture []byte
	if err := p.do(chromedp.FullScreenshot(&picture, 100)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, picture, 0o644)
}

func quoted(text string) string {
	b, _ := json.Marshal(text) // a string
	return string(b)
}

func exception(e *runtime.EventExceptionThrown) string {
	if e.ExceptionDetails.Exception == nil {
		return ""
	}
	return e.ExceptionDetails.Exception.Description
}
