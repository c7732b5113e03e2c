package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"oakmoot/internal/druid"
)

// Clause is a part of an action's text that begins with a word of its own, and a key of
// the same name in a step of a topology: one row.
type Clause struct {
	Word  string
	Takes string // what follows it, for people
	Does  string // one line for people
	// read reads what follows the word: a Selector, a Span, a string, an int or a float64.
	read func(text string) (any, error)
	rest bool // all that follows is its text, whatever it looks like
}

// Clauses is every clause, in the order in which an action is written.
var Clauses = []Clause{
	{Word: "from", Takes: "SELECTOR", Does: "the other end: nodes, or zookeeper; everybody when absent", read: readsSelector},
	{Word: "direction", Takes: "both|to|from", Does: "which way, as the target sees it; both when absent", read: readsOneOf("direction", Directions)},
	{Word: "by", Takes: "SPAN", Does: "how late", read: readsSpan},
	{Word: "jitter", Takes: "SPAN", Does: "up to how much later still, at random", read: readsSpan},
	{Word: "rate", Takes: "SIZE", Does: "how much a second", read: readsRate},
	{Word: "speed", Takes: "FACTOR", Does: "how fast the clock goes: 0.25 is a quarter as fast, so that timers take four times as long; 2 is twice as fast", read: readsFactor},
	{Word: "ahead", Takes: "SPAN", Does: "how far the clock is ahead of the true time", read: readsSpan},
	{Word: "behind", Takes: "SPAN", Does: "how far the clock is behind the true time", read: readsSpan},
	{Word: "op", Takes: "OP", Does: "which ZooKeeper requests: create, set, delete, get, …; write, read or any of them", read: readsOneOf("operation", Operations)},
	{Word: "method", Takes: "GET|POST|…", Does: "which HTTP requests", read: readsOneOf("method", methods)},
	{Word: "path", Takes: "GLOB", Does: "which paths: * is within a part, /** is all below", read: readsGlob},
	{Word: "code", Takes: "CODE", Does: "the error code of ZooKeeper that is answered, such as ConnectionLoss or -101", read: readsCode},
	{Word: "status", Takes: "STATUS", Does: "the HTTP status that is answered", read: readsBetween(400, 599)},
	{Word: "frames", Takes: "N", Does: "after how many requests", read: readsBetween(1, 1e9)},
	{Word: "skip", Takes: "N", Does: "how many that match are left alone first", read: readsBetween(0, 1e9)},
	{Word: "times", Takes: "N", Does: "how many that match are met", read: readsBetween(1, 1e9)},
	{Word: "share", Takes: "SHARE", Does: "which share of those that match is met, at random: 30% or 0.3", read: readsShare},
	{Word: "endpoint", Takes: "N", Does: "which of ZooKeeper's endpoints, from 1; all when absent", read: readsBetween(1, 9)},
	{Word: "count", Takes: "N", Does: "how many there are to be", read: readsBetween(0, 1e6)},
	{Word: "segments", Takes: "N", Does: "how many segments", read: readsBetween(1, 1e6)},
	{Word: "rows", Takes: "N", Does: "how many rows", read: readsBetween(1, 1e6)},
	{Word: "interval", Takes: "INTERVAL", Does: "which time, as ISO 8601 writes an interval", read: readsInterval},
	{Word: "file", Takes: "FILE", Does: "where it is written", read: readsText},
	{Word: "for", Takes: "SPAN", Does: "how long; until it is healed when absent", read: readsSpan},
	{Word: "json", Takes: "JSON", Does: "what is sent; the rest of the text", read: readsJSON, rest: true},
}

// FindClause is the clause of a word.
func FindClause(word string) (Clause, bool) {
	for _, c := range Clauses {
		if c.Word == word {
			return c, true
		}
	}
	return Clause{}, false
}

func isClause(word string) bool { _, is := FindClause(word); return is }

// Directions of traffic, as the target sees them.
var Directions = []string{"both", "to", "from"}

// Operations are what op names: ZooKeeper's requests, as a link sees them, and groups of
// them.
var Operations = []string{
	"any", "write", "read", "create", "set", "delete", "multi", "get", "exists", "children", "sync", "watch", "ping", "connect", "close",
}

var methods = []string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"}

func readsSelector(text string) (any, error) { return ParseSelector(text) }

func readsSpan(text string) (any, error) { return ParseSpan(text) }

func readsText(text string) (any, error) { return text, nil }

func readsJSON(text string) (any, error) {
	if !json.Valid([]byte(text)) {
		return nil, fmt.Errorf("%q is not JSON", text)
	}
	return text, nil
}

func readsInterval(text string) (any, error) {
	if _, err := druid.ParseInterval(text); err != nil {
		return nil, fmt.Errorf("%q is not an interval, such as \"2001-01-01/2001-02-01\"", text)
	}
	return text, nil
}

func readsOneOf(what string, known []string) func(string) (any, error) {
	return func(text string) (any, error) {
		if !slices.Contains(known, text) {
			return nil, errors.New(unknownAmong(what, text, known))
		}
		return text, nil
	}
}

func readsBetween(low, high int) func(string) (any, error) {
	return func(text string) (any, error) {
		n, err := strconv.Atoi(text)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%q is not a whole number", text)
		case n < low:
			return nil, fmt.Errorf("%d is too few: %d at least", n, low)
		case n > high:
			return nil, fmt.Errorf("%d is too many: %d at most", n, high)
		}
		return n, nil
	}
}

// ParseShare reads a share of something, as a topology writes it: "30%", or a number
// above 0 and up to 1.
func ParseShare(value any) (float64, error) {
	share, err := readsShare(fmt.Sprint(value))
	if err != nil {
		return 0, err
	}
	return share.(float64), nil
}

func readsShare(text string) (any, error) {
	digits, percent := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share > 0 && share <= 1) {
		return nil, fmt.Errorf("%q is not a share, such as 30%% or 0.3", text)
	}
	return share, nil
}

// Bounds of a factor: what is slower stands still, and what is faster is busy with its timers only.
const (
	leastFactor = 0.001
	mostFactor  = 1000
)

// readsFactor reads how many times as fast something is.
func readsFactor(text string) (any, error) {
	factor, err := strconv.ParseFloat(strings.TrimSuffix(text, "x"), 64)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%q is not a factor, such as 0.25 or 2", text)
	case !(factor >= leastFactor && factor <= mostFactor):
		return nil, fmt.Errorf("%q is out of range: a factor is between %v and %v", text, leastFactor, mostFactor)
	}
	return factor, nil
}

// readsRate reads a number of bytes a second, such as "64KiB".
func readsRate(text string) (any, error) {
	text = strings.TrimSpace(strings.TrimSuffix(text, "/s"))
	bytes, err := ParseSize(text)
	if err != nil || bytes < 1 {
		return nil, fmt.Errorf("%q is not a rate in bytes a second, such as 64KiB", text)
	}
	return int(bytes), nil
}

// readsGlob reads a pattern of paths.
func readsGlob(text string) (any, error) {
	if !strings.HasPrefix(text, "/") {
		return nil, fmt.Errorf("%q is not a pattern of paths: it begins with /", text)
	}
	if _, err := path.Match(text, ""); err != nil {
		return nil, fmt.Errorf("%q is not a pattern of paths", text)
	}
	return text, nil
}

// Codes are the error codes that code names: KeeperException.Code.
var Codes = map[string]int{
	"SystemError": -1, "RuntimeInconsistency": -2, "DataInconsistency": -3, "ConnectionLoss": -4, "MarshallingError": -5,
	"Unimplemented": -6, "OperationTimeout": -7, "BadArguments": -8, "APIError": -100, "NoNode": -101, "NoAuth": -102,
	"BadVersion": -103, "NoChildrenForEphemerals": -108, "NodeExists": -110, "NotEmpty": -111, "SessionExpired": -112,
	"InvalidACL": -114, "AuthFailed": -115, "SessionMoved": -118, "NotReadOnly": -119, "QuotaExceeded": -125,
}

// readsCode reads an error code of ZooKeeper by its name or number.
func readsCode(text string) (any, error) {
	for name, code := range Codes {
		if text == name || text == strconv.Itoa(code) {
			return name, nil
		}
	}
	known := slices.Sorted(maps.Keys(Codes))
	return nil, errors.New(unknownAmong("code", text, known))
}

// MatchPath reports whether a path is meant by a pattern: * is within a part, and /** at
// the end is all below.
func MatchPath(pattern, p string) bool {
	if below, ok := strings.CutSuffix(pattern, "/**"); ok {
		parts := strings.Split(p, "/")
		n := strings.Count(below, "/") + 1
		if len(parts) <= n {
			return false
		}
		pattern, p = below, strings.Join(parts[:n], "/")
	}
	ok, err := path.Match(pattern, p)
	return ok && err == nil
}

// clauseFrom is the clause that names the other end.
var clauseFrom = Clauses[0]
