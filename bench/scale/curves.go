package main

import (
	"fmt"
	"image/color"
	"math"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// curves draws how each figure of a measurement grows, on logarithmic axes.
func curves(dir string, m measurement, points []point) (file string, err error) {
	p := plot.New()
	p.Title.Text = m.what
	p.X.Label.Text, p.Y.Label.Text = m.by, "see the lines"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: -1}
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	drawn := 0
	for _, f := range figures {
		line := plotter.XYs{}
		for _, one := range points {
			if v := one.Values[f.name]; v > 0 {
				line = append(line, plotter.XY{X: float64(one.Size), Y: v})
			}
		}
		if len(line) < 2 {
			continue
		}
		l, s, err := plotter.NewLinePoints(line)
		if err != nil {
			return "", err
		}
		l.Color = palette[drawn%len(palette)]
		s.Color = l.Color
		l.Width = vg.Points(1.5)
		p.Add(l, s)
		p.Legend.Add(fmt.Sprintf("%s (%s)", f.name, f.unit), l, s)
		drawn++
	}
	if drawn == 0 {
		return "", nil
	}
	p.X.Max *= 1.6                                    // so that the last number is not cut off
	p.Y.Max *= math.Pow(p.Y.Max/p.Y.Min, room(drawn)) // above the lines, for the legend
	file = strings.ReplaceAll(m.name, " ", "-") + ".svg"
	return file, p.Save(6*vg.Inch, 4*vg.Inch, filepath.Join(dir, file))
}

// room is how much of the lines' height a legend of so many lines takes above them.
func room(lines int) float64 {
	share := min(0.6, 0.07*float64(lines)) // of the whole height
	return share / (1 - share)
}

var palette = []color.Color{
	color.RGBA{0x1f, 0x4e, 0x79, 0xff}, color.RGBA{0xc5, 0x5a, 0x11, 0xff}, color.RGBA{0x37, 0x86, 0x4b, 0xff},
	color.RGBA{0x7a, 0x3b, 0x8f, 0xff}, color.RGBA{0x99, 0x7a, 0x00, 0xff}, color.RGBA{0x44, 0x44, 0x44, 0xff},
	color.RGBA{0xd1, 0x3b, 0x6b, 0xff}, color.RGBA{0x00, 0x96, 0x9e, 0xff}, color.RGBA{0x6b, 0x8e, 0x23, 0xff}, color.RGBA{0x8b, 0x5a, 0x2b, 0xff},
}
