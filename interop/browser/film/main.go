// Film makes docs/page.gif from the real page: a leader dies, nobody leads, the other one takes over.
//
//	cd interop/browser && go run ./film ../../docs/page.gif
package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/png"
	"os"
	"slices"
	"time"

	"oakmoot/cluster"
	"oakmoot/control"
	"oakmoot/interop/browser/screen"
)

// pace is the time between two pictures.
const pace = 250 * time.Millisecond

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: film FILE.gif")
		os.Exit(2)
	}
	if err := film(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func film(file string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c, err := cluster.New(cluster.Quickstart(), control.On("127.0.0.1:0", ""))
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	select {
	case <-c.Ready():
	case err := <-done:
		return err
	}
	browser, end, err := screen.Browser(ctx)
	if err != nil {
		return fmt.Errorf("chromium: %w", err)
	}
	defer end()
	page, closeIt, err := screen.Open(browser, screen.Size{Width: 1180, Height: 690}, false)
	if err != nil {
		return err
	}
	defer closeIt()
	pictures, err := act(page, "http://"+c.Addresses().Control+"/")
	if err != nil {
		return err
	}
	cancel()
	if err := <-done; err != nil {
		return err
	}
	return write(file, pictures)
}

// act plays the scene, and takes a picture at each beat.
func act(page *screen.Page, url string) (pictures []image.Image, err error) {
	begin := []error{
		page.Go(url),
		page.Click(`[aria-label^="Chapter 5"]`),
		page.Until(`document.querySelector(".latches")?.innerText.includes("it leads")`),
		page.Until(`document.querySelectorAll(".node.up").length === 10`),
		page.Until(`document.querySelectorAll(".cells, .step").length > 20`),
	}
	for _, err := range begin {
		if err != nil {
			return nil, err
		}
	}
	beat := time.NewTicker(pace)
	defer beat.Stop()
	take := func() error {
		<-beat.C
		shot, err := page.Picture()
		if err != nil {
			return err
		}
		picture, err := png.Decode(bytes.NewReader(shot))
		pictures = append(pictures, picture)
		return err
	}
	for range 4 {
		if err := take(); err != nil {
			return nil, err
		}
	}
	if err := page.Click(".deed .danger"); err != nil {
		return nil, err
	}
	for left := 10; left > 0 && len(pictures) < 80; { // so many pictures after the other one leads
		if err := take(); err != nil {
			return nil, err
		}
		over, err := screen.Eval[bool](page, `Boolean(document.querySelector(".verdict.good"))`)
		if err != nil {
			return nil, err
		}
		if over {
			left--
		}
	}
	return pictures, nil
}

// write writes the pictures as an animation: of each only the part that has changed, in the colours that are most
// frequent in all of them.
func write(file string, pictures []image.Image) error {
	colours := palette(pictures)
	anim := gif.GIF{}
	var before *image.Paletted
	for i, picture := range pictures {
		now := image.NewPaletted(picture.Bounds(), colours)
		draw.Draw(now, now.Bounds(), picture, picture.Bounds().Min, draw.Src)
		frame, changed := now, now.Bounds()
		if before != nil {
			changed = difference(before, now)
			frame = now.SubImage(changed).(*image.Paletted)
		}
		before = now
		if changed.Empty() {
			anim.Delay[len(anim.Delay)-1] += hundredths(pace)
			continue
		}
		anim.Image = append(anim.Image, frame)
		anim.Delay = append(anim.Delay, hundredths(pace))
		anim.Disposal = append(anim.Disposal, gif.DisposalNone)
		if i == len(pictures)-1 {
			anim.Delay[len(anim.Delay)-1] = hundredths(4 * time.Second)
		}
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := gif.EncodeAll(f, &anim); err != nil {
		_ = f.Close() // the first error counts
		return err
	}
	return f.Close()
}

func hundredths(d time.Duration) int { return int(d / (10 * time.Millisecond)) }

// difference is the rectangle outside of which two pictures are the same.
func difference(a, b *image.Paletted) (changed image.Rectangle) {
	for y := a.Rect.Min.Y; y < a.Rect.Max.Y; y++ {
		for x := a.Rect.Min.X; x < a.Rect.Max.X; x++ {
			if a.ColorIndexAt(x, y) != b.ColorIndexAt(x, y) {
				changed = changed.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	return changed
}

// palette are the most frequent colours, rounded a little so that the shades of letters count as one.
func palette(pictures []image.Image) color.Palette {
	counts := map[color.RGBA]int{}
	for i := 0; i < len(pictures); i += 4 {
		b := pictures[i].Bounds()
		for y := b.Min.Y; y < b.Max.Y; y++ {
			for x := b.Min.X; x < b.Max.X; x++ {
				r, g, bl, _ := pictures[i].At(x, y).RGBA()
				counts[color.RGBA{round(r), round(g), round(bl), 255}]++
			}
		}
	}
	all := make([]color.RGBA, 0, len(counts))
	for c := range counts {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b color.RGBA) int { return counts[b] - counts[a] })
	var colours color.Palette
	for _, c := range all[:min(len(all), 128)] {
		colours = append(colours, c)
	}
	return colours
}

func round(v uint32) uint8 { return uint8(min(255, (int(v>>8)+4)/8*8)) }
