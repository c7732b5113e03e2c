package joda

import "testing"

func FuzzPattern(f *testing.F) {
	f.Add("yyyy/MM/dd HH:mm", "2014/03/09 21:05")
	f.Add("h 'o''clock' a", "9 o'clock pm")
	f.Add("EEE MMM dd HH:mm:ss z yyyy", "Sun Mar 09 21:05:07 CET 2014")
	f.Add("xx-'W'ww-e ZZZ", "09-W53-7 America/New_York")
	f.Fuzz(func(t *testing.T, pattern, value string) {
		for _, format := range []Format{ISO, Auto} {
			_, _ = format.Parse(value) // must not panic; whether it is a time does not matter
		}
		if p, err := Pattern(pattern); err == nil {
			_, _ = p.Parse(value)
		}
	})
}
