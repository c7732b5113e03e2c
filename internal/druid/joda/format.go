package joda

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// Format reads instants: a DateTimeFormatter that parses, in UTC.
type Format struct{ read element }

// Parse returns the instant in milliseconds since the epoch. The whole text must be
// read.
func (f Format) Parse(text string) (int64, error) {
	if f.read == nil {
		return 0, errors.New("Parsing not supported")
	}
	var b bucket
	end := f.read(&b, text, 0)
	if end >= 0 && end < len(text) {
		end = ^end
	}
	if end < 0 {
		return 0, malformed(text, ^end)
	}
	millis, err := b.millis()
	if err != nil {
		return 0, fmt.Errorf("Cannot parse %s: %w", quoted(text), err)
	}
	return millis, nil
}

func quoted(text string) string { return `"` + text + `"` }

// malformed says from where a text could not be read: FormatUtils.
func malformed(text string, at int) error {
	at = utf8.RuneCountInString(text[:min(at, len(text))])
	sample := []rune(text)
	length := len(sample)
	more := ""
	if length > at+32+3 {
		sample, more = sample[:at+32], "..."
	}
	switch {
	case at <= 0:
		return fmt.Errorf("Invalid format: %s", quoted(string(sample)+more))
	case at >= length:
		return fmt.Errorf("Invalid format: %s is too short", quoted(string(sample)+more))
	}
	return fmt.Errorf("Invalid format: %s is malformed at %s", quoted(string(sample)+more), quoted(string(sample[at:])+more))
}
